"""Machines of both boards."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.updating.machines import Machine
from tests.updating.servers import Key, Server, serving


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A short one, for sockets: their names have at most 107 characters."""
    with tempfile.TemporaryDirectory(prefix="up-") as folder:
        yield Path(folder)


@pytest.fixture(params=["n100", "pi5"])
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    """One that runs its first version, in slot A, and has settled."""
    return Machine(tmp_path / "root", request.param, random.Random(0))


@pytest.fixture
def n100(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "root", "n100", random.Random(0))


@pytest.fixture
def pi5(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "root", "pi5", random.Random(0))


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as each:
        yield each


@pytest.fixture(scope="session")
def key() -> Key:
    return Key()
