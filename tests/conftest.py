"""Fixtures for every test. Nothing here outlives a test."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# How fast a machine is, is no property of the code.
settings.register_profile("appliance", deadline=None)
settings.load_profile("appliance")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_audio() -> Path:
    """Real recordings, when they lie beside the checkout."""
    folder = SHARED / "audio"
    if not folder.is_dir():
        pytest.skip("recordings are not beside this checkout (../shared/audio)")
    return folder


@pytest.fixture(scope="session")
def shared_models() -> Path:
    """Small models for tests, when they lie beside the checkout."""
    folder = SHARED / "models"
    if not folder.is_dir():
        pytest.skip("test models are not beside this checkout (../shared/models)")
    return folder


@pytest.fixture(scope="session")
def wake_models() -> Path:
    """The folder of fetched models, with the default wake words in it."""
    folder = Path(os.environ.get("APPLIANCE_TEST_MODELS", "none"))
    if not (folder / "hey_jarvis").is_dir():
        pytest.skip("the wake word models are not here; tools/test fetches them")
    return folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 80 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=80m", "tmpfs", str(disk)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("file systems cannot be mounted here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)
