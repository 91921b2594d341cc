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

import pytest

from appliance.errors import HomeError
from appliance.home import broker as broker_module
from appliance.home import machine
from appliance.home.broker import EmbeddedBroker
from appliance.mqtt.address import Address
from appliance.mqtt.client import probe
from tests.home.harness import running, until
from tests.home.test_simulated import ended


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
