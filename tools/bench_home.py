"""Measures devices that announce themselves on a broker: a real Mosquitto, and another client as the devices.

`tools/bench-home [--devices 1000] [--deeds 200]` prints one table for each shape of announcement. All on
the loopback; the devices run in a process of their own, so that memory and time are the appliance's alone.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import multiprocessing
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from appliance.config.model import Home, Mqtt
from appliance.home.mqtt_devices import MqttDevices
from appliance.mqtt.address import Address
from appliance.mqtt.client import MqttClient
from appliance.wire.messages import Deed

PREFIX = "homeassistant"
PATIENCE_SECONDS = 60.0
MEGABYTE = 1_000_000


def main() -> int:
    """Exit status 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=1_000, help="how many devices are announced")
    parser.add_argument("--deeds", type=int, default=200, help="how many deeds and how many state changes")
    given = parser.parse_args()
    missed = 0
    for shape in ("single", "device"):
        # Each in a process of its own: memory that one run left behind would hide what the other one needs.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            missed += pool.submit(measure, shape, given.devices, given.deeds).result()
    return 1 if missed else 0


# --- the broker and the devices -----------------------------------------------------------------------------


@contextlib.contextmanager
def broker() -> Iterator[int]:
    """A Mosquitto on a free port of the loopback."""
    program = shutil.which("mosquitto", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin")))
    if program is None:
        sys.exit("bench-home: mosquitto is missing: apt-get install mosquitto")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        conf = Path(folder) / "mosquitto.conf"
        conf.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nset_tcp_nodelay true\n"
        )
        with subprocess.Popen([program, "-c", str(conf)], stderr=subprocess.DEVNULL) as process:
            try:
                wait_for_port(port)
                yield port
            finally:
                process.terminate()


def wait_for_port(port: int) -> None:
    """Until somebody listens there."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    sys.exit("bench-home: mosquitto does not listen")


def announcements(shape: str, count: int) -> Iterator[tuple[str, dict[str, Any], dict[str, str]]]:
    """Topic, payload and states of each device: three entities in one payload, or one entity."""
    for number in range(count):
        base = f"bench/d{number}"
        device = {"ids": [f"bench{number}"], "name": f"Device {number}", "sa": f"Room {number % 30}"}
        light = {
            "p": "light", "schema": "json", "uniq_id": f"b{number}l", "name": "Light", "cmd_t": f"{base}/set",
            "stat_t": f"{base}/state", "brightness": True, "sup_clrm": ["xy", "color_temp"],
        }  # fmt: skip
        common = {"avty_t": "bench/status", "dev": device, "o": {"name": "bench"}}
        states = {f"{base}/state": '{"state":"OFF","brightness":120}'}
        if shape == "single":
            yield f"{PREFIX}/light/bench{number}/config", {**light, **common}, states
            continue
        sensors = {
            name: {
                "p": "sensor", "uniq_id": f"b{number}{name}", "dev_cla": name, "unit_of_meas": unit,
                "stat_t": f"{base}/climate", "val_tpl": f"{{{{ value_json.{name} }}}}",
            }
            for name, unit in (("temperature", "°C"), ("humidity", "%"))
        }  # fmt: skip
        states[f"{base}/climate"] = '{"temperature":21.5,"humidity":48}'
        yield f"{PREFIX}/device/bench{number}/config", {**common, "cmps": {"l": light, **sensors}}, states


def devices(port: int, shape: str, count: int, pipe: Any) -> None:
    """The other process: announce everything, then obey and report as asked for."""
    import paho.mqtt.client as paho

    client = paho.Client(paho.CallbackAPIVersion.VERSION2, "bench-devices")
    client.max_queued_messages_set(0)

    def obey(_client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        heard = time.monotonic()
        wish = json.loads(message.payload)
        said = {"state": wish["state"], "brightness": wish.get("brightness", 120), "heard": heard}
        client.publish(message.topic.replace("/set", "/state"), json.dumps(said))

    client.on_message = obey
    client.connect("127.0.0.1", port)
    client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.loop_start()
    client.subscribe("bench/+/set")
    client.publish("bench/status", "online", 1, retain=True)
    last = None
    for topic, payload, states in announcements(shape, count):
        client.publish(topic, json.dumps(payload), 1, retain=True)
        for state_topic, said in states.items():
            last = client.publish(state_topic, said, 1, retain=True)
    assert last is not None
    last.wait_for_publish(PATIENCE_SECONDS)
    pipe.send("ready")
    while (number := pipe.recv()) is not None:
        said = {"state": "OFF", "brightness": 1 + number % 250, "sent": time.monotonic()}
        client.publish(f"bench/d{number % count}/state", json.dumps(said))
    client.loop_stop()
    client.disconnect()


# --- measuring ----------------------------------------------------------------------------------------------


def measure(shape: str, count: int, deeds: int) -> int:
    """One shape of announcement; how many goals were missed."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    with broker() as port:
        other = context.Process(target=devices, args=(port, shape, count, theirs))
        other.start()
        assert ours.recv() == "ready"
        try:
            return asyncio.run(measured(port, shape, count, deeds, ours))
        finally:
            ours.send(None)
            other.join(10)


async def measured(port: int, shape: str, count: int, deeds: int, pipe: Any) -> int:
    """Connect, and print the table."""
    entities = count if shape == "single" else 3 * count
    async with connected(port) as client:
        home = Home(announce=False, max_entities=max(5_000, entities), deed_deadline_seconds=5)
        found = MqttDevices(client, home, on_change=lambda: None)
        found.house()
        warm_up()
        before, started = resident(), time.perf_counter()
        found.start()
        await until(lambda: len(found) == entities and known(found))
        seconds = time.perf_counter() - started
        gc.collect()
        grown = (resident() - before) / MEGABYTE
        changes = await state_changes(client, found, count, deeds, pipe)
        commands = await deeds_done(client, found, count, deeds)
        rows = [
            (f"{entities} entities known", seconds, "s", 3.0),
            ("memory grown by", grown, "MB", 15.0),
            ("state change → known, p50", quantile(changes, 50), "ms", 20.0),
            ("state change → known, p95", quantile(changes, 95), "ms", 20.0),
            ("deed → command at the device, p50", quantile(commands, 50), "ms", 10.0),
            ("deed → command at the device, p95", quantile(commands, 95), "ms", 10.0),
            ("house() without a change", spent(found, changed=False), "ms", 1.0),
            ("house() after one change", spent(found, changed=True), "ms", 1.0),
        ]
    print(f"\n{count} devices, {'three entities in one payload' if shape == 'device' else 'one entity each'}")
    for name, value, unit, goal in rows:
        print(f"  {name:36} {value:8.2f} {unit:3} goal {goal:g}{'' if value <= goal else '  MISSED'}")
    return sum(value > goal for _, value, _, goal in rows)


def warm_up() -> None:
    """What is loaded once, whatever is announced, is not the devices' memory."""
    from appliance.home import templates

    templates.compiled("{{ value_json.a }}")('{"a": 1}')
    gc.collect()


@contextlib.asynccontextmanager
async def connected(port: int) -> AsyncIterator[MqttClient]:
    """A client with its connection made."""
    client = MqttClient(Mqtt(), Address("127.0.0.1", port), "bench-home")
    task = asyncio.create_task(client.run())
    assert await client.wait_connected(10)
    try:
        yield client
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Any) -> None:
    """Wait until it is true."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            sys.exit("bench-home: it took more than a minute")
        await asyncio.sleep(0.02)


def known(found: MqttDevices) -> bool:
    """Does every entity have a state?"""
    return not {entity.state for entity in found.house().entities} & {"unknown", "unavailable"}


async def state_changes(
    client: MqttClient, found: MqttDevices, count: int, times: int, pipe: Any
) -> list[float]:
    """Milliseconds from the device's publish until the house shows it."""
    taken: list[float] = []
    heard = asyncio.Event()

    def look(topic: str, payload: bytes, retained: bool) -> None:
        said = json.loads(payload)
        if retained or "sent" not in said:
            return
        number = topic.split("/")[1].removeprefix("d")
        assert found.house().entity(light(found, int(number))) is not None
        taken.append((time.monotonic() - said["sent"]) * 1_000)
        heard.set()

    for number in range(min(count, times)):
        client.subscribe(f"bench/d{number}/state", look)
    await asyncio.sleep(0.5)
    for number in range(times):
        heard.clear()
        pipe.send(number % min(count, times))
        await asyncio.wait_for(heard.wait(), 10)
    return taken


async def deeds_done(client: MqttClient, found: MqttDevices, count: int, times: int) -> list[float]:
    """Milliseconds from the call until the device has the command; each deed is confirmed as well."""
    taken: list[float] = []
    started = 0.0

    def look(_topic: str, payload: bytes, retained: bool) -> None:
        said = json.loads(payload)
        if not retained and "heard" in said:
            taken.append((said["heard"] - started) * 1_000)

    for number in range(min(count, times)):
        client.subscribe(f"bench/d{number}/state", look)
    await asyncio.sleep(0.5)
    for number in range(times):
        wish = {"brightness": 10 + number % 200}
        deed = Deed("light", "turn_on", (light(found, number % min(count, times)),), wish)
        started = time.monotonic()
        (result,) = await found.perform(deed)
        assert result.confirmed, result
    await until(lambda: len(taken) >= times)
    return taken


def light(found: MqttDevices, number: int) -> str:
    """The id of a device's light."""
    del found
    return f"light.device_{number}_light"


def spent(found: MqttDevices, *, changed: bool) -> float:
    """Milliseconds for `house()`."""
    taken = []
    for _ in range(50):
        if changed:
            found._view.changed(next(iter(found._live)))  # noqa: SLF001
            found._view._house = None  # noqa: SLF001
        began = time.perf_counter()
        found.house()
        taken.append((time.perf_counter() - began) * 1_000)
    return statistics.median(taken)


def quantile(values: list[float], percent: int) -> float:
    """Of these."""
    return statistics.quantiles(values, n=100)[percent - 1]


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    sys.exit(main())
