"""The own broker: real processes, real files, real refusals."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiomqtt
import msgspec
import pytest

from appliance.errors import HomeError
from appliance.home import broker as broker_module
from appliance.home import machine
from appliance.home.broker import EmbeddedBroker
from appliance.home.mosquitto import Outside
from appliance.mqtt.address import Address
from appliance.mqtt.client import probe
from tests.broker import free_port
from tests.home.harness import QUICK, running, until
from tests.home.outside import Doors, doors
from tests.home.test_simulated import ended

__all__ = ["doors"]


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def own(tmp_path):
    """Runs a test with a started broker and stops it for certain."""

    def run(test, **options):
        async def play():
            broker = EmbeddedBroker(tmp_path, options.get("port", 1883))
            try:
                await test(broker, await broker.start())
            finally:
                await broker.stop()

        asyncio.run(play())

    return run


def test_it_lets_in_whom_it_knows_and_leaves_nothing_running(own):
    pids = []

    async def test(broker, address):
        pids.append(broker.pid)
        assert (await probe(address)).connected
        for stranger in (
            Address(address.host, address.port),
            Address(address.host, address.port, "appliance", "x"),
        ):
            assert "refuses" in (await probe(stranger)).reason
        with pytest.raises(HomeError, match="no user 'demo'"):
            broker.credentials("demo")
        await broker.stop()
        await broker.stop()

    own(test)
    assert not alive(pids[0])


def test_its_files_are_private_and_its_process_is_no_root(own, tmp_path):
    async def test(broker, address):
        await broker.add_user("demo")
        for path in (tmp_path / "mosquitto").rglob("*"):
            assert not stat.S_IMODE(path.lstat().st_mode) & 0o077, path
        command = Path(f"/proc/{broker.pid}/cmdline").read_text()
        environment = Path(f"/proc/{broker.pid}/environ").read_text()
        assert address.password not in command + environment
        for path in (tmp_path / "mosquitto" / "broker").iterdir():
            assert address.password not in path.read_text(errors="replace")
        status = Path(f"/proc/{broker.pid}/status").read_text()
        user = next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1]
        assert int(user) == (os.geteuid() or machine.account()[0]) != 0 or os.geteuid()
        assert "NoNewPrivs:\t1" in status

    own(test)


def test_a_user_of_its_own_may_announce_and_not_listen_to_others(own):
    async def test(broker, address):
        demo = await broker.add_user("demo")
        heard, overheard = [], []
        async with running(address, "appliance") as ours, running(demo, "demo") as theirs:
            ours.subscribe("#", lambda topic, payload, _: heard.append((topic, payload)))
            for topic_filter in ("#", "secret/#", "demo/#"):
                theirs.subscribe(topic_filter, lambda topic, payload, _: overheard.append((topic, payload)))
            assert await ours.wait_connected(5)
            assert await theirs.wait_connected(5)
            await theirs.publish("other/x", "forbidden", 1)
            await theirs.publish("homeassistant/light/x/config", "announced", 1)
            await ours.publish("secret/x", "private", 1)
            await theirs.publish("homeassistant/status", "online", 1)
            await ours.publish("demo/lamp/set", "command", 1)
            await until(lambda: len(heard) == 3 and overheard)
        assert set(overheard) == {("demo/lamp/set", b"command")}
        assert not {"other/x", "homeassistant/status"} & {topic for topic, _ in heard}

    own(test)


@pytest.mark.parametrize("name", ["", "Demo", "a b", "x" * 40, "a:b", "a\nuser appliance", "../x"])
def test_strange_names_are_refused(own, name):
    async def test(broker, address):
        with pytest.raises(HomeError, match="no name for a user"):
            await broker.add_user(name)
        assert (await probe(address)).connected

    own(test)


def test_a_port_in_use_is_left_alone(own):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        async def test(broker, address):
            del broker
            assert address.port != port
            assert (await probe(address)).connected

        own(test, port=port)


def test_a_port_that_is_taken_at_the_last_moment_is_left_alone(own, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        free_port = machine.free_port
        monkeypatch.setattr(machine, "free_port", lambda *wishes: port if any(wishes) else free_port(*wishes))

        async def test(broker, address):
            del broker
            assert address.port != port
            assert (await probe(address)).connected

        own(test, port=port)


def test_it_is_started_again_when_it_dies_and_keeps_its_port(own):
    async def test(broker, address):
        first = broker.pid
        async with running(address) as client:
            assert await client.wait_connected(5)
            os.kill(first, signal.SIGKILL)
            await until(lambda: broker.pid not in {None, first} and not broker.trouble)
            assert await client.wait_connected(10)
            assert (broker.restarts, broker.credentials()) == (1, address)
            await until(lambda: client.connections == 2)

    own(test)


def test_credentials_port_and_retained_messages_survive_a_restart(own):
    seen = []

    async def first(broker, address):
        seen.append((address, await broker.add_user("demo")))
        async with running(address) as client:
            await client.publish("kept", "still here", 1, retain=True)

    async def second(broker, address):
        assert (address, await broker.add_user("demo")) == seen[0]
        heard = []
        async with running(address) as client:
            client.subscribe("kept", lambda _topic, payload, retained: heard.append((payload, retained)))
            await until(lambda: heard == [(b"still here", True)])

    own(first, port=1)
    own(second, port=1)


def test_damaged_credentials_are_made_anew(own, tmp_path):
    (tmp_path / "mosquitto").mkdir()
    (tmp_path / "mosquitto" / "credentials.json").write_text("{")

    async def test(broker, address):
        del broker
        assert (await probe(address)).connected
        assert json.loads((tmp_path / "mosquitto" / "credentials.json").read_text())["passwords"]

    own(test)


def test_it_ends_when_the_appliance_is_killed(tmp_path):
    program = f"""
import asyncio, pathlib
from appliance.home.broker import EmbeddedBroker
async def main():
    broker = EmbeddedBroker(pathlib.Path({str(tmp_path)!r}), 1)
    await broker.start()
    print(broker.pid, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as appliance:
        pid = int(appliance.stdout.readline())
        descriptor = os.pidfd_open(pid)
        appliance.kill()
        asyncio.run(ended(descriptor))


def test_a_missing_program_is_named_with_its_package(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "SEARCH", str(tmp_path))
    with pytest.raises(HomeError) as caught:
        asyncio.run(EmbeddedBroker(tmp_path, 1883).start())
    assert "mosquitto is not installed" in caught.value.message
    assert caught.value.hint == "sudo apt-get install mosquitto"


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "mosquitto").write_text("a file is in the way")
    with pytest.raises(HomeError, match=r"paths\.data"):
        asyncio.run(EmbeddedBroker(tmp_path, 1883).start())


def test_a_broker_that_cannot_run_says_why_in_its_own_words(tmp_path, monkeypatch):
    monkeypatch.setattr(broker_module.mosquitto, "configuration", lambda *_: "nonsense true\n")
    with pytest.raises(HomeError, match="nonsense"):
        asyncio.run(EmbeddedBroker(tmp_path, 1883).start())


def test_one_that_answers_nobody_is_started_again(own, monkeypatch):
    """As when somebody filled its memory: it runs, but accepts and says nothing."""
    monkeypatch.setattr(broker_module, "WATCH_SECONDS", 0.02)
    monkeypatch.setattr(broker_module, "ANSWER_SECONDS", 0.1)

    async def test(broker, address):
        first = broker.pid
        os.kill(first, signal.SIGSTOP)
        await until(lambda: broker.restarts == 1 and not broker.trouble)
        assert broker.pid != first
        assert (await probe(address)).connected

    own(test)


def test_of_states_that_wait_for_it_only_the_newest_is_sent_and_nothing_is_lost(own):
    async def test(broker, address):
        settings = msgspec.structs.replace(QUICK, max_waiting=3)
        async with running(address, "ours", settings=settings) as client:
            assert await client.wait_connected(5)
            os.kill(broker.pid, signal.SIGKILL)
            await until(lambda: not client.connected)
            for number in range(100):
                client.post("state", str(number), 1, retain=True)
            assert (client.dropped["sent_dropped"], client._outbox.replaced) == (0, 99)
            heard = []
            async with running(address, "other") as other:
                other.subscribe("state", lambda _topic, payload, _retained: heard.append(payload))
                await until(lambda: heard)
            assert heard == [b"99"]

    own(test)


def outside_of(data, outside):
    async def play():
        broker = EmbeddedBroker(data, 0, outside=outside)
        try:
            await broker.start()
        finally:
            await broker.stop()

    asyncio.run(play())


def test_an_outer_port_that_somebody_has_is_named_with_its_setting(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(HomeError, match="in use") as caught:
            outside_of(tmp_path, Outside("127.0.0.1", plain_port=port))
    assert "mqtt.listen_port" in caught.value.hint


@pytest.mark.parametrize("address", ["192.0.2.1", "no-such-host.invalid", "0.0.0.0\nallow_anonymous true"])
def test_an_address_that_is_none_of_this_machine_is_named_with_its_setting(tmp_path, address):
    with pytest.raises(HomeError) as caught:
        outside_of(tmp_path, Outside(address, plain_port=free_port()))
    assert "mqtt.listen" in caught.value.hint


def test_an_authority_that_was_lost_is_not_replaced_in_silence(tmp_path, caplog):
    outside = Outside("127.0.0.1", tls_port=free_port())
    outside_of(tmp_path, outside)
    assert "join again" not in caplog.text
    (tmp_path / "mosquitto" / "tls" / "ca.pem").write_text("damaged")
    outside_of(tmp_path, outside)
    assert "satellites must join again" in caplog.text


# --- doors to the outside ---------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [aiomqtt.ProtocolVersion.V5, aiomqtt.ProtocolVersion.V311])
async def test_nobody_comes_in_without_a_name_by_any_door(doors: Doors, version: Any) -> None:
    """The inner one, the encrypted one and the plain one; also with an empty client id."""
    inner = doors.broker.credentials().port
    for port, trust in (
        (inner, None),
        (doors.outside.tls_port, doors.trust()),
        (doors.outside.plain_port, None),
    ):
        for identifier in ("", "appliance", "x" * 23):
            with pytest.raises(aiomqtt.MqttError):
                async with doors.visitor(
                    "x", port=port, tls_context=trust, username=None, password=None, identifier=identifier,
                    protocol=version,
                ):  # fmt: skip
                    pass


async def test_who_fills_a_door_keeps_the_appliance_from_nothing(doors: Doors) -> None:
    """Hundreds of connections that never say who they are."""
    await doors.admit("kitchen")
    held: list[socket.socket] = []
    try:
        for port in (doors.outside.plain_port, doors.outside.tls_port):
            for _ in range(270):
                held.append(socket.create_connection(("127.0.0.1", port)))
                held[-1].setblocking(False)
        async with doors.appliance() as ours:
            await ours.say("marker")
            await ours.hears("marker")
        await doors.broker.revoke("kitchen")
        assert doors.broker.restarts == 0
    finally:
        for each in held:
            each.close()
    address = msgspec.structs.replace(doors.broker.credentials(), port=doors.outside.plain_port)
    async with asyncio.timeout(20):
        while not (await probe(address)).connected:  # the broker has not noticed yet that they are gone
            await asyncio.sleep(0.05)
