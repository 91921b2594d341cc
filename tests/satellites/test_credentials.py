"""Adding, listing and revoking: over the socket of a running broker, and in the files of one that rests."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiomqtt
import msgspec
import pytest
from msgspec.structs import replace

from appliance.claim import claim
from appliance.config.model import Config, Mqtt, Paths
from appliance.control import ControlClient, ControlServer, socket_path
from appliance.errors import ApplianceError, ControlError, HomeError
from appliance.home import admission, dynsec, machine_names
from appliance.home.accounts import Account, Realm
from appliance.home.broker import EmbeddedBroker
from appliance.home.mosquitto import Outside
from appliance.mqtt.address import Address, satellite_id
from appliance.mqtt.client import MqttClient, command, probe
from appliance.satellites import unit_join
from appliance.satellites.credentials import Credentials
from tests.broker import free_port
from tests.home.harness import running, until
from tests.home.outside import Doors, doors

__all__ = ["doors"]


def config_of(data: Path, outside: Outside | None = None, **mqtt: Any) -> Config:
    listening = {"listen": outside.address, "listen_port": outside.tls_port} if outside else {}
    return Config(paths=Paths(data=str(data)), mqtt=Mqtt(**(listening | mqtt)))


class Hub:
    """A broker that listens outside, and a socket to ask for credentials; what a running appliance has."""

    def __init__(self, data: Path, broker: EmbeddedBroker, client: MqttClient, config: Config) -> None:
        self.data, self.broker, self.client, self.config = data, broker, client, config
        self.credentials = Credentials(data, config, broker, client)

    async def ask(self, do: str, **fields: Any) -> dict[str, Any]:
        async with ControlClient(socket_path(self.data)) as client:
            return await client.ask(do, **fields)

    async def add(self, name: str, kind: str = "satellite", **fields: Any) -> dict[str, Any]:
        return await self.ask("account_add", name=name, kind=kind, host="localhost", **fields)

    def address(self, told: dict[str, Any], authority: Path) -> Address:
        authority.write_text(told["authority"])
        return Address("localhost", told["port"], told["name"], told["password"], told["tls"], str(authority))


@contextlib.asynccontextmanager
async def hub_of(data: Path, plain_port: int = 0) -> AsyncIterator[Hub]:
    outside = Outside("127.0.0.1", free_port(), plain_port)
    config = config_of(data, outside, listen_plain_port=plain_port)
    with claim(data):
        broker = EmbeddedBroker(data, 0, outside=outside)
        try:
            address = await broker.start()
            async with running(address, "hub") as client:
                hub = Hub(data, broker, client, config)
                server = ControlServer(socket_path(data), hub.credentials.handlers(), lambda _: lambda: None)
                await server.start()
                assert await client.wait_connected(10)
                yield hub
                await server.stop()
        finally:
            await broker.stop()


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with hub_of(tmp_path / "data") as made:
        yield made


async def test_the_told_line_makes_a_satellite(hub: Hub, tmp_path: Path) -> None:
    told = await hub.add("kitchen", area="Küche")
    unit_join.save(tmp_path / "unit", unit_join.parse(told["uri"]))
    way = unit_join.way(Config(paths=Paths(data=str(tmp_path / "unit"))))
    assert (way.name, way.prefix, way.address.port) == ("kitchen", "appliance", told["port"])
    assert way.address.password == told["password"]
    async with running(way.address, satellite_id("kitchen", told["password"])) as client:
        assert await client.wait_connected(10)
    listed = await hub.ask("account_list")
    assert listed == {"accounts": [{"name": "kitchen", "kind": "satellite", "area": "Küche", "topics": []}]}


async def test_a_password_is_told_once_and_kept_by_nobody(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = await hub.add("kitchen")
    secret = told["password"]
    kept = [path for path in hub.data.rglob("*") if path.is_file()]
    assert len(kept) > 5
    for path in kept:
        assert secret.encode() not in path.read_bytes(), path
        assert not path.stat().st_mode & 0o077, path
    assert secret not in caplog.text + str(await hub.ask("account_list"))
    assert hub.broker.credentials().password not in caplog.text


async def test_revoking_takes_away_what_a_satellite_left(hub: Hub) -> None:
    await hub.add("kitchen")
    topics = [f"appliance/satellites/kitchen/{leaf}" for leaf in ("up/mute", "up/availability", "down/hub")]
    for topic in topics:
        await hub.client.publish(topic, "{}", 1, retain=True)
    assert await hub.ask("account_revoke", name="kitchen") == {"revoked": "kitchen"}
    left: list[str] = []

    async def look() -> bool:
        left.clear()
        async with running(hub.broker.credentials(), "looking") as client:
            client.subscribe("appliance/satellites/#", lambda topic, *_: left.append(topic))
            client.subscribe("end", lambda *_: left.append("end"))
            assert await client.wait_connected(10)
            await client.publish("end", "", 1)
            await until(lambda: "end" in left)
        return left == ["end"]

    async with asyncio.timeout(10):
        while not await look():
            await asyncio.sleep(0.02)


async def test_accounts_survive_a_restart_of_everything(tmp_path: Path) -> None:
    async with hub_of(tmp_path / "data") as first:
        kitchen, lamp = await first.add("kitchen"), await first.add("lamp", "device")
        await first.ask("account_revoke", name="kitchen")
        hall = await first.add("hall")
        authority = first.broker.authority
    async with hub_of(tmp_path / "data") as second:
        assert second.broker.authority == authority
        assert set(second.broker.accounts()) == {"hall", "lamp"}
        for told, works in ((lamp, True), (kitchen, False)):
            address = replace(second.address(told, tmp_path / "ca.pem"), port=second.config.mqtt.listen_port)
            assert (await probe(address)).connected == works
            address = replace(second.address(hall, tmp_path / "ca.pem"), port=second.config.mqtt.listen_port)
        async with running(address, satellite_id("hall", hall["password"])) as client:
            assert await client.wait_connected(10)


async def test_with_damaged_credentials_the_copy_serves_and_with_none_nobody_comes_in(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = tmp_path / "data"
    async with hub_of(data) as first:
        told = await first.add("lamp", "device")
    files = [data / "mosquitto" / name for name in ("credentials.json", "credentials.json.copy")]
    for number, damaged in enumerate((files[:1], files)):
        for path in damaged:
            path.write_bytes(b'{"accounts": {"lamp"')
        async with hub_of(data) as again:
            address = replace(again.address(told, tmp_path / "ca.pem"), port=again.config.mqtt.listen_port)
            assert (await probe(address)).connected == (number == 0)
            assert not (await probe(replace(address, username="", password=""))).connected
    assert (data / "mosquitto" / "credentials.json.damaged").read_bytes() == b'{"accounts": {"lamp"'
    assert "credentials.json is damaged" in caplog.text
    assert "appliance satellite add" in caplog.text


async def test_a_broker_whose_own_files_are_damaged_is_given_them_anew(hub: Hub, tmp_path: Path) -> None:
    """They are made from ours at each start: an empty one must not be an open door."""
    told = await hub.add("lamp", "device")
    address = hub.address(told, tmp_path / "ca.pem")
    for name in ("dynamic-security.json", "mosquitto.conf", "server.pem"):
        (hub.data / "mosquitto" / "broker" / name).write_text("")
        process = hub.broker._process
        assert process is not None
        before = hub.broker.restarts
        process.kill()
        await until(lambda before=before: hub.broker.restarts > before and not hub.broker.trouble)
        assert (await probe(address)).connected
        assert not (await probe(replace(address, username="", password=""))).connected


async def test_a_full_disk_lets_nobody_in_and_nobody_stay(hub: Hub, tmp_path: Path) -> None:
    lamp = await hub.add("lamp", "device")
    address = hub.address(lamp, tmp_path / "ca.pem")
    folder = hub.data / "mosquitto" / ".credentials.json.new"
    folder.mkdir()  # what cannot be made away with stops every write
    for do, fields in (
        ("account_add", {"name": "hall", "kind": "device"}),
        ("account_revoke", {"name": "lamp"}),
    ):
        with pytest.raises(ControlError, match="directory") as caught:
            await hub.ask(do, **fields)
        assert "paths.data" in caught.value.hint
    assert "hall" not in hub.broker.accounts()
    assert not (await probe(address)).connected
    folder.rmdir()
    assert (await hub.add("hall", "device"))["password"]


# --- without a running appliance --------------------------------------------------------------------------


async def test_a_resting_broker_takes_it_over_when_it_starts(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    resting = Credentials(data, config_of(data, Outside("0.0.0.0", 8883)), None)
    told = await resting.add({"name": "lamp", "kind": "device", "host": "localhost"})
    assert told["authority"] == ""
    await resting.add({"name": "hall", "kind": "satellite"})
    await resting.revoke({"name": "hall"})
    assert [each["name"] for each in (await resting.list({}))["accounts"]] == ["lamp"]
    async with hub_of(data) as hub:
        told = told | {"authority": hub.broker.authority, "port": hub.config.mqtt.listen_port}
        assert (await probe(hub.address(told, tmp_path / "ca.pem"))).connected
    told = await resting.add({"name": "later", "kind": "device", "host": "localhost"})
    assert "BEGIN CERTIFICATE" in told["authority"]


async def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "mosquitto" / "credentials.json").mkdir(parents=True)
    resting = Credentials(tmp_path, config_of(tmp_path), None)
    for request in (
        resting.list({}),
        resting.add({"name": "x", "kind": "device", "host": "localhost"}),
        resting.revoke({"name": "x"}),
    ):
        with pytest.raises(HomeError, match=r"credentials\.json") as caught:
            await request
        assert caught.value.hint


async def test_a_file_in_the_way_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "mosquitto").write_text("")
    resting = Credentials(tmp_path, config_of(tmp_path), None)
    with pytest.raises(HomeError) as caught:
        await resting.add({"name": "x", "kind": "device", "host": "localhost"})
    assert str(tmp_path) in caught.value.message


async def test_with_somebody_elses_broker_it_is_told_what_to_set_up_there(tmp_path: Path) -> None:
    theirs = Credentials(tmp_path, config_of(tmp_path, host="broker.lan", prefix="voice"), None)
    told = await theirs.add({"name": "kitchen", "kind": "satellite"})
    assert told["external"] == "broker.lan:1883"
    assert told["read"] == ["voice/satellites/kitchen/down/#"]
    assert "voice/satellites/kitchen/up/audio" in told["write"]
    assert "password" not in told
    assert await theirs.list({}) == {"accounts": []}
    with pytest.raises(HomeError, match=r"broker\.lan decides itself"):
        await theirs.revoke({"name": "kitchen"})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"name": "x"},
        {"name": 1, "kind": "device"},
        {"name": "x", "kind": "appliance"},
        {"name": "x", "kind": "program"},
        {"name": "x", "kind": ["device"]},
        {"name": "x", "kind": "device", "topics": "a"},
        {"name": "x", "kind": "device", "topics": [1]},
        {"name": "x", "kind": "device", "topics": ["a"] * 17},
        {"name": "x", "kind": "device", "topics": ["#"]},
        {"name": "x", "kind": "device", "topics": ["$CONTROL"]},
        {"name": "x", "kind": "device", "topics": ["homeassistant"]},
        {"name": "x", "kind": "device", "topics": ["me"]},
        {"name": "me", "kind": "device"},
        {"name": "me", "kind": "hermes"},
        {"name": "x", "kind": "satellite", "area": "a\nb"},
        {"name": "x", "kind": "satellite", "area": "a" * 300},
        {"name": "x", "kind": "satellite", "host": "a b"},
        {"name": "x", "kind": "satellite", "host": "a'; rm -rf ~"},
        {"name": "x", "kind": "satellite", "host": 7},
        {"name": "x", "kind": "satellite", "host": "other.lan"},
        {"name": "+", "kind": "satellite"},
        {"name": "a/../b", "kind": "satellite"},
        {"name": "%u", "kind": "satellite"},
        {"name": "x" * 65, "kind": "satellite"},
        {"name": "kü", "kind": "satellite"},
        {"name": "local", "kind": "satellite"},
        {"name": "", "kind": "satellite"},
    ],
)
async def test_what_cannot_be_is_refused_in_a_sentence_and_nothing_is_kept(
    tmp_path: Path, request_: dict[str, Any]
) -> None:
    resting = Credentials(tmp_path, config_of(tmp_path, client_id="me/here"), None)
    with pytest.raises(ApplianceError) as caught:
        await resting.add(request_)
    assert "\n" not in caught.value.message
    assert (await resting.list({})) == {"accounts": []}


async def test_a_host_that_the_certificate_does_not_hold_is_refused_with_those_that_it_does(
    tmp_path: Path,
) -> None:
    resting = Credentials(tmp_path, config_of(tmp_path), None)
    with pytest.raises(HomeError, match=r"'other\.lan'") as caught:
        await resting.add({"name": "x", "kind": "satellite", "host": "other.lan"})
    assert machine_names.local_name() in caught.value.hint
    plain = Credentials(tmp_path, config_of(tmp_path, listen="0.0.0.0", listen_plain_port=1884), None)
    told = await plain.add({"name": "x", "kind": "device", "host": "other.lan"})
    assert (told["host"], told["port"], told["tls"]) == ("other.lan", 1884, False)


async def test_there_is_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "MAX_ACCOUNTS", 2)
    resting = Credentials(tmp_path, config_of(tmp_path), None)
    for name in ("a", "b"):
        await resting.add({"name": name, "kind": "satellite"})
    with pytest.raises(HomeError, match="known already") as caught:
        await resting.add({"name": "c", "kind": "satellite"})
    assert caught.value.hint == "revoke one"


async def test_a_broker_that_refuses_a_change_is_started_again_from_the_files(doors: Doors) -> None:
    """An account that only the broker knows, as after a change that was cut off."""
    stray = dynsec.creation(Account("kitchen", "device"), "left over", Realm())
    await command(
        doors.broker.credentials(), dynsec.TOPIC, msgspec.json.encode({"commands": stray}), dynsec.ANSWERS, 5
    )
    await doors.admit("kitchen")
    await until(lambda: doors.broker.restarts == 1 and not doors.broker.trouble)
    async with doors.visitor("kitchen"):
        pass
    with pytest.raises(aiomqtt.MqttError):
        async with doors.visitor("kitchen", password="left over", identifier="x"):
            pass
