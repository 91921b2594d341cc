"""Everything together: an appliance without network, with and without an owner; page, voice and screen."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path

import pytest

from appliance.firstboot import keeper, keeping, prepare
from appliance.firstboot.hotspot import Phase
from appliance.firstboot.ownership import Claim
from appliance.firstboot.places import Places
from appliance.tasks import end
from tests.firstboot.test_keeper import Air
from tests.firstboot.test_speaking import Appliance, until


@pytest.fixture
def places(tmp_path: Path) -> Places:
    found = Places(tmp_path / "config", tmp_path / "run", tmp_path / "dnssd")
    prepare.prepare(found)
    (found.config / "appliance.toml").write_text("[setup]\noffline_seconds = 0.1\n")
    (found.run / "prepared.json").write_text('{"name": "appliance-k3m7", "taken": true, "faulty": true}')
    return found


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        number: int = sock.getsockname()[1]
    make = keeping.Settings
    monkeypatch.setattr(
        keeping, "Settings",
        lambda *given: make(*given, "127.0.0.1", number, 0.05, 0.05, 0.05, ""),
    )  # fmt: skip
    return number


def phase(places: Places) -> str:
    return str(json.loads(places.hotspot_state.read_text())["phase"]) if places.hotspot_state.exists() else ""


async def test_what_happens_is_said_shown_and_written_down(places: Places, port: int, tmp_path: Path) -> None:
    assert port != keeper.PORT
    prepare.renew_code(places)
    code = places.code.read_text()
    appliance = Appliance(tmp_path / "run.sock")
    await appliance.server.start()
    air = Air()
    task = asyncio.create_task(keeping.keep(places, tmp_path / "run.sock", air))
    await until(lambda: phase(places) == Phase.OPEN.value)
    assert code[:4] in places.screen.read_text()
    assert air.hotspot is not None
    digits = ", ".join(air.hotspot[1][:4])
    await until(lambda: any(digits in text for text in appliance.heard))
    await until(lambda: any(", ".join(code[:4]) in text for text in appliance.heard))
    assert appliance.heard[0] == "I am starting."
    assert any("taken over your settings" in text for text in appliance.heard)
    assert any("read the report" in text for text in appliance.heard)
    air.cable = True
    await until(lambda: phase(places) == Phase.ONLINE.value)
    await until(lambda: any("My name is appliance K, 3, M, 7" in text for text in appliance.heard))
    await end(task)
    await appliance.server.stop()


async def test_an_owned_appliance_asks_for_a_code_of_the_moment(
    places: Places, port: int, tmp_path: Path
) -> None:
    assert port
    prepare.renew_code(places)
    Claim(places.claim).verify(places.code.read_text())
    prepare.renew_code(places)
    air = Air()
    task = asyncio.create_task(keeping.keep(places, tmp_path / "run.sock", air))
    await until(lambda: phase(places) == Phase.OPEN.value)
    assert places.code.read_text()[:4] in places.screen.read_text()
    air.cable = True
    await until(lambda: phase(places) == Phase.ONLINE.value)
    assert not places.code.exists()
    await end(task)
