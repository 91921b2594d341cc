"""The keeper with a home whose air is a list, a real page, real codes and a browser's requests."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from appliance.firstboot.errors import SetupError
from appliance.firstboot.hotspot import Patience, Phase
from appliance.firstboot.keeper import Keeper, Settings, hotspot_password
from appliance.firstboot.networks import CannotJoin, State
from appliance.firstboot.nmcli import Seen
from appliance.firstboot.ownership import Claim
from appliance.firstboot.phrases import Reason
from appliance.firstboot.wifi import Wifi
from appliance.tasks import end
from tests.firstboot.test_portal import Page

CODE = "24681357"


class Air:
    """One Wi-Fi card, one network with one password, an optional cable."""

    def __init__(self) -> None:
        self.cable = False
        self.joined: Wifi | None = None
        self.hotspot: tuple[str, str] | None = None
        self.broken = False
        self.raised = 0

    async def state(self) -> State:
        if self.broken:
            raise SetupError("NetworkManager has not answered")
        return State(self.cable or self.joined is not None, "wlan0")

    async def scan(self) -> list[Seen]:
        return [Seen("Home", 80, True)]

    async def raise_hotspot(self, card: str, ssid: str, password: str, address: str) -> None:
        assert (card, address) == ("wlan0", "127.0.0.1")
        self.raised += 1
        self.hotspot = (ssid, password)

    async def drop_hotspot(self) -> None:
        self.hotspot = None

    async def join(self, network: Wifi) -> None:
        assert self.hotspot is None, "one card cannot do both"
        if network.password != "correct horse":
            raise CannotJoin("password")
        self.joined = network


class Listener:
    def __init__(self) -> None:
        self.told: list[str] = []
        self.shown: list[tuple[Phase, str]] = []

    def tell(self, what: str, reason: Reason) -> None:
        self.told.append(what if what != "failed" else f"failed {reason}")

    def show(self, phase: Phase, password: str) -> None:
        self.shown.append((phase, password))


class Home:
    def __init__(self, folder: Path) -> None:
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            self.port = sock.getsockname()[1]
        self.air, self.listener = Air(), Listener()
        self.claim = Claim(folder)
        self.claim.renew(CODE)
        settings = Settings(
            "appliance-k3m7", "en", folder / "hotspot", Patience(offline=0.2, lost=0.3),
            "127.0.0.1", self.port, 0.05, 0.05, 0.05, "",
        )  # fmt: skip
        self.keeper = Keeper(settings, self.air, lambda: self.claim, self.listener)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                await asyncio.sleep(0.02)

    async def page(self) -> Page:
        """A browser at the page, once it answers."""
        await self.until(lambda: self.keeper.phase is Phase.OPEN)
        browser = Page.__new__(Page)
        browser.port, browser.authority = self.port, f"127.0.0.1:{self.port}"
        return browser

    async def choose(self, password: str, code: str = CODE) -> str:
        browser = await self.page()
        given = {"token": await browser.token(), "ssid": "Home", "password": password, "code": code}
        return await browser.post(given)


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    found = Home(tmp_path)
    task = asyncio.create_task(found.keeper.run())
    yield found
    await end(task)
    assert found.air.hotspot is None


async def test_from_no_network_to_a_joined_one(home: Home) -> None:
    assert "200 OK" in await home.choose("correct horse")
    await home.until(lambda: home.keeper.phase is Phase.ONLINE)
    assert home.air.joined == Wifi("Home", "correct horse")
    assert home.listener.told == ["no_network", "hotspot", "joining", "ready"]
    assert home.claim.state == "open", "the code is for the owner of the page in the network"


async def test_a_wrong_wifi_password_brings_the_page_back_with_the_reason(home: Home) -> None:
    await home.choose("wrong password")
    await home.until(lambda: home.air.raised == 2)
    browser = await home.page()
    assert "The password seems to be wrong." in await browser.get()
    assert "failed password" in home.listener.told
    await home.choose("correct horse")
    await home.until(lambda: home.keeper.phase is Phase.ONLINE)


async def test_without_the_code_nothing_is_joined(home: Home) -> None:
    for code in ("00000000", "2468135"):
        assert "403" in (await home.choose("correct horse", code))[:20]
        assert "That is not the claim code." in await home.choose("correct horse", code)
    assert home.keeper.phase is Phase.OPEN
    assert home.air.joined is None


async def test_a_network_that_was_not_seen_is_taken_as_hidden(home: Home) -> None:
    browser = await home.page()
    given = {"token": await browser.token(), "other": "Secret", "password": "correct horse", "code": CODE}
    await browser.post(given)
    await home.until(lambda: home.air.joined is not None)
    assert home.air.joined == Wifi("Secret", "correct horse", hidden=True)


async def test_guessing_codes_is_slowed_down(home: Home) -> None:
    answers = [(await home.choose("correct horse", f"0000000{n}"))[:20] for n in range(6)]
    assert "429" in answers[-1]
    assert "429" in (await home.choose("correct horse"))[:20]


async def test_a_cable_ends_the_hotspot(home: Home) -> None:
    await home.page()
    home.air.cable = True
    await home.until(lambda: home.keeper.phase is Phase.ONLINE and home.air.hotspot is None)
    home.air.cable = False
    await home.until(lambda: home.keeper.phase is Phase.OPEN)


async def test_a_page_that_dies_comes_back_with_the_hotspot(home: Home) -> None:
    await home.page()
    process = home.keeper._page._process
    assert process is not None
    process.kill()
    await home.until(lambda: home.keeper.phase is not Phase.OPEN)
    await home.until(lambda: home.air.hotspot is None)


async def test_a_network_manager_that_fails_is_asked_again(home: Home) -> None:
    home.air.broken = True
    await asyncio.sleep(0.2)
    home.air.broken = False
    await home.page()


async def test_the_hotspots_password_stays_until_it_did_its_work(home: Home, tmp_path: Path) -> None:
    await home.page()
    assert home.air.hotspot is not None
    assert home.air.hotspot == ("appliance-k3m7", hotspot_password(tmp_path / "hotspot"))
    assert home.listener.shown[-1] == (Phase.OPEN, home.air.hotspot[1])
    before = home.air.hotspot[1]
    await home.choose("correct horse")
    await home.until(lambda: home.keeper.phase is Phase.ONLINE)
    assert hotspot_password(tmp_path / "hotspot") != before


def test_a_damaged_password_is_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "hotspot"
    file.write_bytes(b"\xff\0 12")
    made = hotspot_password(file)
    assert len(made) == 16
    assert made == hotspot_password(file)
    assert file.stat().st_mode & 0o777 == 0o600
