"""Many satellites stream audio at once into a real appliance; started by tools/bench-satellites.

The satellites are one process with a connection each, over a real Mosquitto, in real time: mostly speech, and
one after the other says the wake word. Printed is what the appliance received, searched, noticed and refused.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiomqtt

from appliance.audio.pcm import BYTES_PER_MS
from appliance.control import ControlClient, socket_path
from appliance.demonstration import WAKE_SPEECH, speak
from appliance.satellites import protocol
from appliance.satellites.protocol_audio import Chunk

ROOT = Path(__file__).resolve().parent.parent
CHUNK_MS = 64
TICKS = os.sysconf("SC_CLK_TCK")
TALK = "the weather will be fine tomorrow and we could go to the lake with the children and the dog"


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as probing:
        probing.bind(("127.0.0.1", 0))
        return int(probing.getsockname()[1])


class Broker:
    """A Mosquitto that trusts everyone on loopback."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        program = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
        if program is None:
            sys.exit("tools/bench-satellites needs mosquitto: apt-get install mosquitto")
        (folder / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
            f"set_tcp_nodelay true\nuser {'root' if os.geteuid() == 0 else 'mosquitto'}\n"
        )
        self.process = subprocess.Popen(
            [program, "-c", str(folder / "mosquitto.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def cpu_seconds(pid: int) -> float:
    """User and system time of one process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def satellite(port: int, name: str, sound: bytes, seconds: float, sent: dict[str, int]) -> None:
    """Streams all the time, in real time; whatever the answer is."""
    async with aiomqtt.Client("127.0.0.1", port, identifier=name) as client:
        able = protocol.Capabilities(protocol=(1,), detects=False)
        for leaf, message in (("capabilities", able), ("availability", protocol.Availability(online=True))):
            packet = protocol.packet("appliance", name, "up", leaf, message)
            await client.publish(packet.topic, packet.payload, packet.qos, packet.retain)
        await asyncio.sleep(1.0)
        begun = time.monotonic()
        piece = CHUNK_MS * BYTES_PER_MS
        for number in range(int(seconds * 1000 / CHUNK_MS)):
            at = number * piece % len(sound)
            pcm = (sound + sound)[at : at + piece]
            chunk = Chunk(0, number, number * CHUNK_MS, pcm, first=number == 0)
            packet = protocol.packet("appliance", name, "up", "stream", chunk)
            await client.publish(packet.topic, packet.payload, 0)
            sent[name] = number + 1
            await asyncio.sleep(max(0.0, begun + (number + 1) * CHUNK_MS / 1000 - time.monotonic()))


def satellites(port: int, count: int, seconds: float, words: int, result: Any) -> None:
    """All of them, in one process."""

    async def run() -> dict[str, int]:
        talk, word = speak(TALK), speak(WAKE_SPEECH) + bytes(1_000 * BYTES_PER_MS)
        sent: dict[str, int] = {}
        whole = int(seconds * 1000) * BYTES_PER_MS
        sounds = []
        for number in range(count):
            # Each says the word at a time of its own: within the window only one of them would answer.
            at_ms = 4_000 + number * int((seconds - 8) * 1000 / max(1, words)) if number < words else None
            sound = (talk * (whole // len(talk) + 1))[:whole]
            if at_ms is not None:
                at = at_ms * BYTES_PER_MS
                quiet = bytes(500 * BYTES_PER_MS)
                sound = (sound[:at] + quiet + word + sound[at:])[:whole]
            sounds.append(sound)
        await asyncio.gather(
            *(satellite(port, f"room{n}", sound, seconds, sent) for n, sound in enumerate(sounds))
        )
        return sent

    result.put(asyncio.run(run()))


async def bench(count: int, seconds: float, engine: str) -> tuple[object, ...]:
    """One row of the table."""
    with tempfile.TemporaryDirectory(prefix="appliance-bench-") as folder:
        data = Path(folder) / "data"
        data.mkdir(mode=0o700)
        (data / "models").symlink_to(os.environ["APPLIANCE_TEST_MODELS"])
        broker = Broker(Path(folder))
        settings = {
            "PATHS__DATA": str(data), "AUDIO__DEVICE": "none", "MQTT__HOST": "127.0.0.1",
            "MQTT__PORT": str(broker.port), "WAKE__ENGINE": engine, "LOG__LEVEL": "warning",
            "WEB__ENABLED": "false", "TURN__LISTEN_SECONDS": "1", "TURN__SPEECH_SECONDS": "1",
        }  # fmt: skip
        environment = {**os.environ, **{f"APPLIANCE__{name}": value for name, value in settings.items()}}
        appliance = await asyncio.create_subprocess_exec(
            str(ROOT / ".venv/bin/appliance"), "run", "--json",
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            return await _measured(data, broker, appliance.pid, count, seconds)
        finally:
            appliance.terminate()
            await appliance.wait()
            broker.process.terminate()
            broker.process.wait()


async def _until_listening(data: Path) -> ControlClient:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            client = ControlClient(socket_path(data))
            await client.__aenter__()
            if (await client.ask("status"))["listening"]:
                return client
            await client.__aexit__(None, None, None)
        except Exception:  # noqa: BLE001 - it is not up yet; the deadline decides
            pass
        await asyncio.sleep(0.1)
    sys.exit("the appliance did not start")


async def _measured(data: Path, broker: Broker, pid: int, count: int, seconds: float) -> tuple[object, ...]:
    words = min(count, int((seconds - 8) / 1.5))
    client = await _until_listening(data)
    woken: set[str] = set()
    async with ControlClient(socket_path(data)) as watching:
        notes = await watching.watch()

        async def watch() -> None:
            async for note in notes:
                if note["kind"] == "wake":
                    woken.add(note["site"])

        watcher = asyncio.create_task(watch())
        stages = {each["name"]: each["pid"] for each in (await client.ask("status"))["stages"]}
        before = {name: cpu_seconds(each) for name, each in (("supervisor", pid), ("wake", stages["wake"]))}
        result: Any = multiprocessing.Queue()
        process = multiprocessing.Process(
            target=satellites, args=(broker.port, count, seconds, words, result)
        )
        process.start()
        begun = time.monotonic()
        while process.is_alive() and result.empty():
            await asyncio.sleep(1)
        sent = result.get()
        took = time.monotonic() - begun
        process.join()
        await asyncio.sleep(0.5)
        status = await client.ask("status")
        watcher.cancel()
    used = {
        "supervisor": (cpu_seconds(pid) - before["supervisor"]) / took,
        "wake": (cpu_seconds(stages["wake"]) - before["wake"]) / took,
    }
    known = status["satellites"]["satellites"]
    heard = sum(int(each["counters"]["received"]) for each in known)
    lost = sum(int(each["counters"]["lost_chunks"]) for each in known)
    rate_dropped = sum(int(each["counters"]["rate_dropped"]) for each in known)
    refused = sum(1 for room in status["rooms"] if room["not_searched"])
    memory = next(each["memory_mb"] for each in status["stages"] if each["name"] == "wake")
    searched = count - refused
    expected = {f"room{number}" for number in range(words)} - {
        room["name"] for room in status["rooms"] if room["not_searched"]
    }
    await client.__aexit__(None, None, None)
    return (
        count, sum(sent.values()), heard, lost + rate_dropped, searched, refused,
        f"{len(expected & woken)} of {len(expected)}", f"{used['supervisor'] * 100:.0f}",
        f"{used['wake'] * 100:.0f}", f"{memory:.0f}",
    )  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", default="1,10,20,30,50", help="numbers of satellites")
    parser.add_argument("--seconds", type=float, default=40.0, help="of streaming for each number")
    parser.add_argument("--engines", default="openwakeword,microwakeword")
    arguments = parser.parse_args()
    print(f"{platform.platform()} · {os.cpu_count()} cores · Python {platform.python_version()}")
    head = (
        "satellites", "chunks sent", "messages received", "lost", "searched", "refused", "words noticed",
        "supervisor %", "wake %", "wake MB",
    )  # fmt: skip
    for engine in arguments.engines.split(","):
        print(f"\n### {engine}, {arguments.seconds:.0f} s of speech in every room")
        print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
        for count in map(int, arguments.counts.split(",")):
            row = asyncio.run(bench(count, arguments.seconds, engine))
            print(f"| {' | '.join(map(str, row))} |", flush=True)


if __name__ == "__main__":
    main()
