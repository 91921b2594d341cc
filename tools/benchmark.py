"""Measure the appliance as a whole and print tables; started by tools/bench.

Starts a private appliance (no card, own broker, demonstration home, temporary data) and looks at it from
outside: /proc for CPU and memory, its local socket for what happens when. Nothing is asserted here.
"""

from __future__ import annotations

import argparse
import array
import asyncio
import os
import platform
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench_pauses import bench_barge, bench_pauses

from appliance.audio.pcm import RATE_HZ
from appliance.config.load import load
from appliance.control import ControlClient, Notes, socket_path
from appliance.demonstration import WAKE_SPEECH, chunks, next_turn, speak
from appliance.pipeline.trace import TurnNote

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv" / "bin" / "python"
TICKS = os.sysconf("SC_CLK_TCK")
COMMANDS = (
    "turn on the kitchen light",
    "turn off the kitchen light",
    "turn on the bedroom light",
    "is the back door open",
    "set the living room lamp to forty percent",
)
STAGES = ("sound", "wake", "vad", "stt", "intent", "tts")


def free_port() -> int:
    """For the page: one that nobody listens on."""
    with socket.socket() as probing:
        probing.bind(("127.0.0.1", 0))
        return int(probing.getsockname()[1])


def quantile(values: list[float], part: float) -> float:
    """The value below which this part lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else float("nan")


def table(title: str, head: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    """Print a Markdown table."""
    print(f"\n### {title}\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(str(cell) for cell in row)} |")


def processes() -> dict[int, int]:
    """Parent of every process."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    return parents


def tree(root: int) -> list[int]:
    """This process and all below it."""
    parents = processes()
    found, grew = {root}, True
    while grew:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        found |= more
        grew = bool(more)
    return sorted(found)


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of these processes."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def memory_mb(pids: list[int]) -> tuple[float, float]:
    """Resident and proportional memory."""
    rss = pss = 0
    for pid in pids:
        try:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Rss:"):
                    rss += int(line.split()[1])
                elif line.startswith("Pss:"):
                    pss += int(line.split()[1])
        except OSError:
            continue
    return rss / 1024, pss / 1024


def bench_commands() -> None:
    """How long small commands take."""
    rows = []
    for name, argv in (
        ("appliance --help", [str(ROOT / ".venv/bin/appliance"), "--help"]),
        ("import appliance.daemon", [str(PYTHON), "-c", "import appliance.daemon"]),
        ("python -c pass", [str(PYTHON), "-c", "pass"]),
    ):
        times = []
        for _ in range(11):
            started = time.perf_counter()
            subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
            times.append((time.perf_counter() - started) * 1000)
        rows.append((name, f"{statistics.median(times):.0f}", f"{max(times):.0f}"))
    table("Commands", ("command", "median ms", "max ms"), rows)


class Private:
    """A running appliance of our own."""

    def __init__(self, folder: Path) -> None:
        self.data = folder
        self.house: Any = None
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> float:
        """Start it; seconds until it listens."""
        kept = os.environ.get("APPLIANCE_TEST_MODELS", "")
        models = Path(kept) if kept else Path(load().config.paths.data) / "models"
        if not (models / "hey_jarvis").is_dir():
            sys.exit("tools/bench: the wake word is not here; run: .venv/bin/appliance models fetch")
        (self.data / "models").symlink_to(models)
        environment = {
            **os.environ,
            "APPLIANCE__PATHS__DATA": str(self.data),
            "APPLIANCE__AUDIO__DEVICE": "none",
            "APPLIANCE__MQTT__HOST": "embedded",
            "APPLIANCE__WEB__LISTEN": "loopback",
            "APPLIANCE__WEB__PORT": str(free_port()),
        }
        started = time.perf_counter()
        self.process = await asyncio.create_subprocess_exec(
            str(ROOT / ".venv/bin/appliance"),
            "run",
            "--json",
            "--house",
            str(ROOT / "appliance/home/demo.json"),
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=(self.data / "log").open("wb"),
        )
        while True:
            try:
                async with ControlClient(socket_path(self.data)) as client:
                    if (await client.ask("status"))["listening"]:
                        return time.perf_counter() - started
            except Exception as error:  # noqa: BLE001 - it is not up yet; the deadline decides
                if time.perf_counter() - started > 60:
                    sys.exit(f"the appliance did not start: {error}\n{(self.data / 'log').read_text()}")
            await asyncio.sleep(0.05)

    async def stop(self) -> None:
        """Stop it as systemd would."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            await self.process.wait()


def stage_pids(status: dict[str, Any]) -> dict[str, list[int]]:
    """The processes of each stage."""
    return {stage["name"]: tree(stage["pid"]) for stage in status["stages"] if stage["pid"]}


def room(seconds: float) -> bytes:
    """A quiet room: white noise at -60 dB of full scale. Digital silence flatters the wake word engine."""
    chance = random.Random(1)
    return array.array("h", (round(chance.gauss(0, 33)) for _ in range(int(seconds * RATE_HZ)))).tobytes()


async def bench_idle(client: ControlClient, root: int, seconds: float, *, noise: bool) -> None:
    """CPU and memory while nobody speaks."""
    if noise:
        for chunk in chunks(room(seconds + 2)):
            await client.ask("hear", pcm=chunk)
    status = await client.ask("status")
    groups = stage_pids(status)
    staged = {pid for pids in groups.values() for pid in pids}
    groups = {"supervisor": [root], **groups}
    groups["broker and home"] = [pid for pid in tree(root) if pid != root and pid not in staged]
    before = {name: cpu_seconds(pids) for name, pids in groups.items()}
    await asyncio.sleep(seconds)
    rows, total_cpu, total_pss = [], 0.0, 0.0
    for name, pids in groups.items():
        percent = (cpu_seconds(pids) - before[name]) / seconds * 100
        rss, pss = memory_mb(pids)
        total_cpu += percent
        total_pss += pss
        rows.append((name, f"{percent:.2f}", f"{rss:.0f}", f"{pss:.0f}"))
    rows.append(("**all**", f"{total_cpu:.2f}", "", f"{total_pss:.0f}"))
    table(
        f"Idle and listening, {seconds:.0f} s of {'a quiet room' if noise else 'digital silence'}",
        ("process", "CPU % of a core", "RSS MB", "PSS MB"),
        rows,
    )


async def bench_turns(client: ControlClient, notes: Notes, count: int) -> None:
    """Spoken commands, and what took how long."""
    columns: dict[str, list[float]] = {
        name: [] for name in ("endpoint", "transcript", "intent", "deed", "first audio")
    }
    right = 0
    for number in range(count):
        text = COMMANDS[number % len(COMMANDS)]
        for chunk in chunks(speak(f"{WAKE_SPEECH}, {text}")):
            await client.ask("hear", pcm=chunk)
        turn = await next_turn(notes)
        right += turn.heard == text
        if not turn.first_audio_ms:
            continue
        for name, at_ms in (
            ("endpoint", turn.endpoint_ms),
            ("transcript", turn.transcript_ms),
            ("intent", turn.intent_ms),
            ("deed", turn.deed_ms),
            ("first audio", turn.first_audio_ms),
        ):
            if at_ms:
                columns[name].append(at_ms - turn.speech_end_ms)
    rows = [
        (name, len(values), f"{quantile(values, 0.5):.0f}", f"{quantile(values, 0.95):.0f}")
        for name, values in columns.items()
    ]
    table(
        f"{count} spoken commands, {right} heard exactly",
        ("ms after the end of speech", "n", "p50", "p95"),
        rows,
    )


async def bench_kills(client: ControlClient, notes: Notes, count: int) -> None:
    """How soon a killed stage is back."""
    rows = []
    every: list[float] = []
    for stage in STAGES:
        times = []
        for _ in range(count):
            status = await client.ask("status")
            pid = next(each["pid"] for each in status["stages"] if each["name"] == stage)
            killed = time.perf_counter()
            os.kill(pid, signal.SIGKILL)
            async with asyncio.timeout(60):
                async for raw in notes:
                    note = TurnNote(**raw)
                    if note.kind == "stage" and note.data == {"name": stage, "state": "ready"}:
                        break
            times.append((time.perf_counter() - killed) * 1000)
            await asyncio.sleep(8)  # stay below the intensity limit: this measures a single death
        every += times
        rows.append((stage, len(times), f"{quantile(times, 0.5):.0f}", f"{quantile(times, 0.95):.0f}"))
    rows.append(("**all**", len(every), f"{quantile(every, 0.5):.0f}", f"{quantile(every, 0.95):.0f}"))
    table("SIGKILL → the replacement is ready", ("stage", "n", "p50 ms", "p95 ms"), rows)


async def main() -> None:
    """Everything, in order."""
    parser = argparse.ArgumentParser(prog="tools/bench", description="Measure the appliance.")
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--idle", type=float, default=20.0)
    parser.add_argument("--barge", type=int, default=0, help="interruptions by the wake word")
    parser.add_argument("--pauses", type=int, default=0, help="sentences with pauses, so many times")
    arguments = parser.parse_args()
    cpu = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        "",
    )
    print(f"{platform.platform()} · {cpu} × {os.cpu_count()} · Python {platform.python_version()}")
    bench_commands()
    folder = Path(tempfile.mkdtemp(prefix="appliance-bench-"))
    own = Private(folder)
    try:
        cold = await own.start()
        async with (
            ControlClient(socket_path(folder)) as client,
            ControlClient(socket_path(folder)) as watcher,
        ):
            notes = await watcher.watch()
            print(f"\nstart → listening: {cold:.1f} s")
            for noise in (False, True):
                await bench_idle(client, own.process.pid, arguments.idle, noise=noise)
            await asyncio.sleep(3)
            await bench_turns(client, notes, arguments.turns)
            if arguments.barge:
                await bench_barge(folder, notes, arguments.barge, table)
            if arguments.pauses:
                await bench_pauses(client, notes, arguments.pauses, table)
            await bench_kills(client, notes, arguments.kills)
    finally:
        await own.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    asyncio.run(main())
