"""The house's set-up, asked without a web: what is kept, what is refused, and what is taken back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from appliance.config.chosen_store import ChosenStore
from appliance.config.model import Config, HomeAssistant, Timers
from appliance.errors import ConfigError, ControlError
from appliance.firstboot import naming
from appliance.firstboot.asking import NAME_ELSEWHERE, WIFI_ELSEWHERE
from appliance.setup_requests import HouseRequests, keep_secret, system_zone
from tests.firstboot.test_asking import Machine
from tests.home.hass.fake import TOKEN as RIGHT
from tests.home.hass.fake import Fake


class House:
    """An appliance whose configuration is what its store holds."""

    def __init__(self, folder: Path, machine: Machine | None = None) -> None:
        """`machine`: it is an image."""
        self.config = Config()
        self.store = ChosenStore(folder / "chosen.toml")
        self.connected: dict[str, Any] | None = None
        self.refuses = False
        self.begun_anew = asyncio.Event()
        self.renamed = asyncio.Event()
        asking = machine.asking if machine is not None else None
        self.table = HouseRequests(self, folder, self.reload, asking, self.renamed.set).handlers()

    def status(self) -> dict[str, Any]:
        return {"home_assistant": self.connected}

    def begin_anew(self) -> None:
        self.begun_anew.set()

    async def reload(self) -> None:
        if self.refuses:
            raise ConfigError("that does not go together", "choose another")
        values = self.store.values
        self.config = msgspec.structs.replace(
            self.config,
            language=str(values.get("language", "en")),
            timers=Timers(zone=str(values.get("timers.zone", ""))),
            home_assistant=HomeAssistant(
                url=str(values.get("home_assistant.url", "")),
                token_file=str(values.get("home_assistant.token_file", "")),
            ),
        )

    async def ask(self, do: str, **fields: Any) -> Any:
        return await self.table[do]({"do": do, **fields})


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path)
    yield made
    await made.store.close()


@pytest.fixture
async def fake() -> AsyncIterator[Fake]:
    made = Fake()
    async with made.serving():
        yield made


async def test_zone_and_language_are_kept(house: House) -> None:
    assert (await house.ask("setup_zone", zone="Europe/Berlin"))["zone"] == "Europe/Berlin"
    assert (await house.ask("setup_language", language="de"))["language"] == "de"
    assert house.store.values == {"timers.zone": "Europe/Berlin", "language": "de"}
    assert (await house.ask("setup_zone", zone=""))["zone"] == system_zone()


async def test_what_the_configuration_refuses_is_taken_back(house: House) -> None:
    house.refuses = True
    with pytest.raises(ConfigError):
        await house.ask("setup_language", language="de")
    assert house.store.values == {"language": "en"}


@pytest.mark.parametrize(
    ("do", "fields"),
    [
        ("setup_zone", {"zone": "../../etc/passwd"}),
        ("setup_zone", {"zone": 5}),
        ("setup_language", {}),
        ("setup_language", {"language": "xx"}),
        ("setup_language", {"language": "d\ne"}),
        ("setup_home_assistant", {"url": ["x"]}),
        ("setup_home_assistant", {"url": "http://x", "token": "x" * 5_000}),
        ("setup_name", {"name": "kitchen"}),
        ("setup_wifi", {"ssid": "Home"}),
    ],
)
async def test_what_is_refused(house: House, do: str, fields: dict[str, Any]) -> None:
    with pytest.raises(ControlError):
        await house.ask(do, **fields)
    assert house.store.values == {}


async def test_elsewhere_than_on_the_image_name_and_networks_are_the_system_s(house: House) -> None:
    told = await house.ask("setup")
    assert (told["name_why"], told["wifi"]["why"]) == (NAME_ELSEWHERE, WIFI_ELSEWHERE)
    with pytest.raises(ControlError) as refused:
        await house.ask("setup_name", name="kitchen")
    assert refused.value.hint == NAME_ELSEWHERE
    told = await house.ask("setup_wifi")
    assert (told["offered"], told["why"], told["networks"]) == (False, WIFI_ELSEWHERE, [])
    assert not house.renamed.is_set()


async def test_on_the_image_the_machine_is_renamed_and_everybody_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[str] = []
    monkeypatch.setattr(naming.machine, "set_host_name", given.append)
    image = Machine(tmp_path)
    house = House(tmp_path, image)
    async with image.watched(), asyncio.timeout(20):
        assert (await house.ask("setup"))["name_why"] == ""
        await house.ask("setup_name", name="Kitchen")
        await house.renamed.wait()
        with pytest.raises(ControlError, match="letters"):
            await house.ask("setup_name", name="no name")
    assert given == ["kitchen"]


async def test_on_the_image_a_network_is_joined_and_its_password_is_told_to_nobody(tmp_path: Path) -> None:
    image = Machine(tmp_path)
    house = House(tmp_path, image)
    async with image.watched():
        told = await house.ask("setup_wifi")
        assert told["networks"] == [{"ssid": "Home", "signal_percent": 70, "secured": True}]
        assert (told["connected"], told["change"]["state"]) == ("Home:5", "none")
        begun = await house.ask("setup_wifi", ssid="Home", passphrase="correct horse")
        assert begun["change"] == {"state": "working", "ssid": "Home", "reason": ""}
        await image.until_over()
        over = await house.ask("setup")
    assert over["wifi"] == {"offered": True, "why": "", "connected": "Home",
                            "change": {"state": "done", "ssid": "Home", "reason": ""}}  # fmt: skip
    assert "correct horse" not in str((told, begun, over))
    with pytest.raises(ControlError, match="Wi-Fi password"):
        await house.ask("setup_wifi", ssid="Home", passphrase="short")


async def test_nothing_is_chosen_where_nothing_can_be(tmp_path: Path) -> None:
    house = House(tmp_path)
    table = HouseRequests(house, tmp_path, None).handlers()
    assert (await table["setup"]({}))["zone_why"]
    with pytest.raises(ControlError, match="nothing can be chosen"):
        await table["setup_zone"]({"zone": ""})


async def test_home_assistant_from_none_to_connected_and_back(
    house: House, fake: Fake, tmp_path: Path
) -> None:
    with pytest.raises(ControlError, match="token"):
        await house.ask("setup_home_assistant", url=fake.url)
    with pytest.raises(ControlError, match="does not accept"):
        await house.ask("setup_home_assistant", url=fake.url, token="wrong")
    assert not (tmp_path / "secrets").exists()
    house.connected = {"connected": True}
    told = await house.ask("setup_home_assistant", url=fake.url, token=RIGHT)
    assert told["home_assistant"] == {"url": fake.url, "token": True, "state": "connected", "reason": ""}
    assert RIGHT not in str(told)
    (kept,) = (tmp_path / "secrets").iterdir()
    assert kept.read_text() == RIGHT
    await house.ask("setup_home_assistant", url=fake.url, token=RIGHT)
    (other,) = (tmp_path / "secrets").iterdir()
    assert other.name != kept.name, "another token is another setting"
    for connected, state in (({"connected": True}, "connected"), ({"problem": "it is gone"}, "failed")):
        house.connected = connected
        assert (await house.ask("setup"))["home_assistant"]["state"] == state
    assert (await house.ask("setup"))["home_assistant"]["reason"] == "it is gone"
    house.connected = {"connected": True}
    await house.ask("setup_home_assistant", url=fake.url)
    with pytest.raises(ControlError, match="token"):
        await house.ask("setup_home_assistant", url=f"http://localhost:{fake.port}")
    told = await house.ask("setup_home_assistant", url="")
    assert (told["home_assistant"]["url"], told["home_assistant"]["token"]) == ("", False)
    assert list((tmp_path / "secrets").iterdir()) == []


async def test_who_asked_for_a_restart_is_answered_before_it(house: House) -> None:
    assert await house.ask("restart") == {"restarting": True}
    assert not house.begun_anew.is_set()
    async with asyncio.timeout(10):
        await house.begun_anew.wait()


def test_a_secret_is_private_and_replaced_as_a_whole(tmp_path: Path) -> None:
    for secret in ("one", "another"):
        file = keep_secret(tmp_path / "secrets", "x.token", secret)
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("another", 0o600)
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert [each.name for each in file.parent.iterdir()] == ["x.token"]


def test_a_secret_that_cannot_be_kept(tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text("a file")
    with pytest.raises(ControlError, match="cannot be written"):
        keep_secret(tmp_path / "secrets", "x.token", "one")


@pytest.mark.parametrize(
    ("link", "text", "zone"),
    [
        ("/usr/share/zoneinfo/Europe/Berlin", "", "Europe/Berlin"),
        ("", "Asia/Tokyo\n", "Asia/Tokyo"),
        ("", "", "UTC"),
    ],
)
def test_the_system_s_own_zone(tmp_path: Path, link: str, text: str, zone: str) -> None:
    if link:
        (tmp_path / "localtime").symlink_to(link)
    if text:
        (tmp_path / "timezone").write_text(text)
    assert system_zone(tmp_path / "localtime", tmp_path / "timezone") == zone
