"""The appliance's side, with the real root side behind it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from appliance.firstboot import applying, asking, changes, machine
from appliance.firstboot.asking import Asking, Change
from appliance.firstboot.errors import Fault, SetupError
from appliance.tasks import end
from tests.firstboot.test_applying import Root


class Machine:
    """An image with a Wi-Fi card, and a clock that is set by hand."""

    def __init__(self, folder: Path) -> None:
        self.root = Root(folder)
        self.sign = folder / "release"
        self.sign.touch()
        (folder / "net/wlan0/phy80211").mkdir(parents=True)
        self.now = 100.0
        self.cards = folder / "net"
        self.asking = Asking(
            self.root.places, self.root.request, signs=(self.sign,), cards=self.cards, clock=lambda: self.now
        )

    @contextlib.asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """What systemd does: the root side runs whenever a request lies there."""

        async def watch() -> None:
            while True:
                if self.root.request.exists():
                    await applying.apply(self.root.places, self.root.manager.adapter, self.root.request)
                await asyncio.sleep(0.01)

        task = asyncio.create_task(watch())
        try:
            yield
        finally:
            await end(task)

    async def until_over(self, language: str = "en") -> Change:
        async with asyncio.timeout(20):
            while (change := self.asking.change(language)).state == "working":
                await asyncio.sleep(0.01)
        return change


@pytest.fixture
def made(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


async def test_networks_and_joining(made: Machine) -> None:
    async with made.watched():
        (seen,) = await made.asking.networks("en")
        assert seen == {"ssid": "Home", "signal_percent": 70, "secured": True}
        assert made.asking.connected == "Home:5"
        await made.asking.join("Home", "correct horse", "en")
        assert await made.until_over() == Change("done", "Home")
        assert made.asking.connected == "Home"
    assert not made.root.request.exists()


async def test_the_request_is_private_and_whole(made: Machine) -> None:
    await made.asking.join("Home", "correct horse", "en")
    assert made.root.request.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in made.root.request.parent.iterdir()] == [made.root.request.name]


async def test_why_it_failed_is_said_in_the_language_of_the_house(made: Machine) -> None:
    made.root.manager.answers("Error: Connection activation failed: Secrets were required", 4)
    async with made.watched():
        await made.asking.join("Home", "wrong horse", "de")
        assert await made.until_over("de") == Change("failed", "Home", "Das Passwort ist wohl falsch.")


async def test_one_network_at_a_time_and_not_for_ever(made: Machine) -> None:
    await made.asking.join("Home", "correct horse", "en")
    with pytest.raises(SetupError, match="already"):
        await made.asking.join("Other", "correct horse", "en")
    assert await made.asking.networks("en") == ()
    made.now += asking.JOIN_SECONDS + 1
    assert made.asking.change("en").state == "failed"
    await made.asking.join("Other", "correct horse", "en")
    assert made.asking.change("en") == Change("working", "Other")


async def test_a_scan_is_shown_for_a_while(made: Machine) -> None:
    async with made.watched():
        await made.asking.networks("en")
        await made.asking.networks("en")
        asked = made.root.manager.asked.count("rescan yes")
        made.now += asking.FRESH_SECONDS
        await made.asking.networks("en")
    assert (asked, made.root.manager.asked.count("rescan yes")) == (1, 2)


async def test_without_an_answer_the_request_does_not_stay(
    made: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "SCAN_SECONDS", 0.3)
    with pytest.raises(SetupError, match="no answer"):
        await made.asking.networks("en")
    assert not made.root.request.exists()


async def test_a_name(made: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    monkeypatch.setattr(machine, "set_host_name", given.append)
    async with made.watched():
        await made.asking.rename("Kitchen")
        assert given == ["kitchen"]
        with pytest.raises(Fault):
            await made.asking.rename("no name")


async def test_an_answer_to_somebody_else_is_none(made: Machine) -> None:
    await made.asking.join("Home", "correct horse", "en")
    (made.root.places.run / changes.ANSWER).write_bytes(
        changes.encode(changes.Told("0" * 16, "done", connected="Elsewhere"))
    )
    assert made.asking.change("en").state == "working"


async def test_what_is_missing_is_said(made: Machine) -> None:
    assert (made.asking.why_no_name(), made.asking.why_no_wifi()) == ("", "")
    (made.cards / "wlan0/phy80211").rmdir()
    assert (made.asking.why_no_name(), made.asking.why_no_wifi()) == ("", asking.NO_CARD)
    made.sign.unlink()
    assert made.asking.why_no_name() == asking.NAME_ELSEWHERE
    assert made.asking.why_no_wifi() == asking.WIFI_ELSEWHERE
    with pytest.raises(SetupError) as caught:
        await made.asking.rename("kitchen")
    assert caught.value.hint == asking.NAME_ELSEWHERE
    with pytest.raises(SetupError):
        await made.asking.join("Home", "", "en")
    assert not made.root.request.exists()
