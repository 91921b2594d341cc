"""Real sandboxes, real stages; each test leaves neither process nor descriptor behind."""

from __future__ import annotations

import os
from collections.abc import Iterator

import msgspec
import pytest

from appliance.config.model import Config
from appliance.errors import SandboxError
from appliance.supervision import ladder as rungs
from appliance.supervision import launch, usage
from appliance.supervision.ladder import Ladder


@pytest.fixture(scope="session")
def ladder() -> Ladder:
    """What this machine can do. Stages need at least one kind of wall here."""
    found = rungs.probe(Config())
    if found.confinement not in {"namespaces", "landlock"}:
        pytest.skip(f"no walls on this machine: {'; '.join(found.reasons)}")
    return msgspec.structs.replace(found, subtree=None, level="limits")


@pytest.fixture(params=["namespaces", "landlock"])
def walls(request: pytest.FixtureRequest) -> Ladder:
    """Each kind of wall in turn."""
    try:
        launch.try_out(request.param)
    except SandboxError as error:
        pytest.skip(str(error))
    return Ladder("limits", request.param)


@pytest.fixture(autouse=True)
def no_process_left() -> Iterator[None]:
    """Every child of a test is gone after it; what others of this test run share goes on."""
    before = {os.getpid(), *usage.descendants(os.getpid())}
    yield
    children = [pid for pid in usage.descendants(os.getpid()) if pid not in before]
    assert children == [], f"left behind: {children}"
