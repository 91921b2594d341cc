"""`appliance intercom`: two rooms, or one that hangs up."""

from __future__ import annotations

from pathlib import Path

from tests.controlled import controlled


async def test_two_rooms(tmp_path: Path) -> None:
    async with controlled(tmp_path, connect={"connected": ["hall", "kitchen"]}) as served:
        code, out, _ = await served.command("intercom", "hall", "kitchen")
    assert (code, out) == (0, "connected: hall and kitchen\n")
    assert [(request["one"], request["other"]) for request in served.requests] == [("hall", "kitchen")]


async def test_hanging_up(tmp_path: Path) -> None:
    async with controlled(tmp_path, hang_up={"room": "hall"}) as served:
        code, out, _ = await served.command("intercom", "--end", "hall")
    assert (code, out) == (0, "hall hung up\n")


async def test_one_room_cannot_talk_to_itself(tmp_path: Path) -> None:
    async with controlled(tmp_path) as served:
        code, out, _ = await served.command("intercom", "hall")
    assert code == 2
    assert "two rooms" in out
    assert served.requests == []
