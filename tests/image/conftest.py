"""Discs of a Raspberry Pi 5."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.image import pi5_discs


@pytest.fixture(scope="session")
def pi5_disc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all; whoever changes it takes `disc`."""
    return pi5_discs.filled(tmp_path_factory.mktemp("pi5") / "made")


@pytest.fixture
def disc(pi5_disc: Path, tmp_path: Path) -> Path:
    """With both slots filled."""
    copy = tmp_path / "disc.img"
    subprocess.run(("cp", "--sparse=always", pi5_disc, copy), check=True)
    return copy
