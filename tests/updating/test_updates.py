"""Updates as the running appliance sees them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from appliance.config.model import Update
from appliance.errors import ApplianceError
from appliance.tasks import end
from appliance.updating import here, state, updates
from appliance.updating.channel import Latest
from appliance.updating.errors import UpdateError
from appliance.updating.places import Places
from appliance.updating.state import State
from appliance.updating.updates import Updates, View, view_of
from tests.updating.machines import Machine
from tests.updating.servers import Key, Server, trust
from tests.updating.test_helper import Rig, rig, serving

__all__ = ["rig", "serving"]

SETTLED = State(running="A", committed="A")
LATEST = Latest(
    format=1, channel="stable", board="n100", serial=7, version="2.0.0", epoch=1, url="https://x/y",
    size=250_000_001, sha256="0" * 64, notes="Better.", released="2026-12-01",
)  # fmt: skip


@pytest.mark.parametrize(
    ("now", "latest", "problem", "expected"),
    [
        (SETTLED, None, None, View("1.0.0", "1.0.0")),
        (
            SETTLED,
            LATEST,
            None,
            View("1.0.0", "2.0.0", notes="Better.", released="2026-12-01", size_mb=251),
        ),
        (State("installing", 40, doing="x"), None, None, View("1.0.0", "1.0.0", True, 40, "x")),
        (State("restarting", 100, doing="x"), None, None, View("1.0.0", "1.0.0", True, None, "x")),
        (
            State("failed", problem="p", hint="h"),
            None,
            UpdateError("q"),
            View("1.0.0", "1.0.0", problem="p", hint="h"),
        ),
        (SETTLED, None, UpdateError("q", "r"), View("1.0.0", "1.0.0", problem="q", hint="r")),
        (State(running="B", committed="A"), None, None, View("1.0.0", "1.0.0", trying=True)),
        (
            State(undone="2.0.0", undone_why="deaf"),
            None,
            None,
            View("1.0.0", "1.0.0", undone="2.0.0", undone_why="deaf"),
        ),
    ],
)
def test_what_is_shown(
    now: State, latest: Latest | None, problem: ApplianceError | None, expected: View
) -> None:
    assert view_of("1.0.0", now, latest, problem) == expected


def test_an_older_offer_is_none() -> None:
    assert view_of("2.0.1", SETTLED, LATEST).latest == "2.0.1"


def test_home_assistants_entity() -> None:
    shown = view_of("1.0.0", State("installing", 40), LATEST).entity()
    assert shown == {
        "installed_version": "1.0.0",
        "latest_version": "2.0.0",
        "title": "Voice appliance",
        "release_summary": "Better.",
        "in_progress": True,
        "update_percentage": 40,
    }
    assert view_of("1.0.0", SETTLED, None).entity()["update_percentage"] is None


async def test_elsewhere_nothing_is_available() -> None:
    found = Updates(Update(), Places())
    if not (Places().root / "usr/lib/appliance/release").exists():
        assert not found.available
        assert await found.look() == View()


async def test_a_check_finds_the_newest(n100: Machine, server: Server, key: Key) -> None:
    trust(n100.root, key)
    server.publish(key)
    here.publish(n100.places)
    found = Updates(Update(url=server.url), n100.places)
    assert (await found.check()).latest == "2.0.0"
    server.files.clear()
    with pytest.raises(UpdateError, match="404"):
        await found.check()
    assert found.view.latest == "2.0.0", "what was known stays known"
    assert "404" in found.view.problem


async def test_an_older_channel_file_is_not_believed(n100: Machine, server: Server, key: Key) -> None:
    trust(n100.root, key)
    server.publish(key)
    state.write(n100.places.state, State(running="A", committed="A", serial=8))
    with pytest.raises(UpdateError, match="older channel file"):
        await Updates(Update(url=server.url), n100.places).check()


@contextlib.asynccontextmanager
async def running(found: Updates) -> AsyncIterator[None]:
    task = asyncio.create_task(found.run())
    try:
        yield
    finally:
        await end(task)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)


async def test_an_installation_is_asked_for_and_followed(rig: Rig) -> None:
    found = Updates(Update(), rig.machine.places)
    assert found.available
    changes: list[View] = []
    stop = found.watch(lambda: changes.append(found.view))
    async with running(found):
        rig.goes_on.clear()
        await found.install()
        await until(lambda: found.view.in_progress)
        with pytest.raises(UpdateError, match="under way"):
            await found.install()
        rig.goes_on.set()
        await until(lambda: found.view.doing.startswith("restarting"))
    stop()
    assert changes
    assert updates.BUSY_SECONDS < 2


async def test_a_refusal_is_told_at_once(rig: Rig) -> None:
    found = Updates(Update(), rig.machine.places)
    with pytest.raises(UpdateError, match="whole path"):
        await found.install("relative.raucb")
    with pytest.raises(UpdateError, match="nothing is known"):
        await found.roll_back()
