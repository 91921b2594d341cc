"""A real appliance in a process of its own: no card, own broker, demonstration home, temporary data."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec

from appliance.config.model import Web
from appliance.control import ControlClient, Notes, socket_path
from appliance.demonstration import chunks
from appliance.errors import ControlError
from appliance.pipeline.trace import TurnNote

NO_WEB = Web(enabled=False)
"""Its usual port belongs to everybody on the machine; who wants the page names a port of its own."""
COMMAND = Path(sys.prefix) / "bin" / "appliance"
START_SECONDS = 60.0
TURN_SECONDS = 30.0


def environment(data: Path, **overrides: str | None) -> dict[str, str]:
    """Variables for a private appliance; `mqtt__port="1884"` is APPLIANCE__MQTT__PORT, None leaves it out."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("APPLIANCE__")}
    own = {"PATHS__DATA": str(data), "AUDIO__DEVICE": "none", "MQTT__HOST": "embedded", "LOG__LEVEL": "debug"}
    own["WEB__ENABLED"] = str(NO_WEB.enabled).lower()
    settings = own | {name.upper(): value for name, value in overrides.items()}
    given = {name: value for name, value in settings.items() if value is not None}
    return kept | {f"APPLIANCE__{name}": value for name, value in given.items()}


def with_models(data: Path, models: Path) -> Path:
    """A data directory that shares the test models."""
    data.mkdir(mode=0o700, exist_ok=True)
    (data / "models").symlink_to(models)
    return data


class Running:
    """One `appliance run`."""

    def __init__(self, data: Path, *arguments: str, **overrides: str | None) -> None:
        self.data = data
        self._log = (data.parent / f"{data.name}.log").open("w+b")
        self.process = subprocess.Popen(
            [str(COMMAND), "run", "--json", *arguments],
            env=environment(data, **overrides),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    def log(self) -> str:
        """Everything it wrote so far."""
        return Path(self._log.name).read_text(errors="replace")

    def client(self) -> ControlClient:
        return ControlClient(socket_path(self.data))

    async def status(self) -> dict[str, Any]:
        async with self.client() as client:
            return await client.ask("status")

    async def until(
        self, wanted: Callable[[dict[str, Any]], bool], seconds: float = START_SECONDS
    ) -> dict[str, Any]:
        """The first status that is as wanted."""
        deadline = time.monotonic() + seconds
        status: dict[str, Any] = {}
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(ControlError):  # it is not up yet: the deadline decides
                status = await self.status()
                if wanted(status):
                    return status
            await asyncio.sleep(0.05)
        raise AssertionError(f"it never came to that: {status}\n{self.log()[-4000:]}")

    async def listening(self) -> dict[str, Any]:
        return await self.until(lambda status: status["listening"])

    def asked(self, do: str, **fields: Any) -> dict[str, Any]:
        """One answer of its control socket, for tests that run no event loop."""

        async def answer() -> dict[str, Any]:
            async with self.client() as client:
                return await client.ask(do, **fields)

        return asyncio.run(answer())

    async def ask(self, text: str) -> dict[str, Any]:
        async with self.client() as client:
            return await client.ask("ask", text=text)

    async def hear(self, speech: bytes) -> None:
        async with self.client() as client:
            for chunk in chunks(speech):
                await client.ask("hear", pcm=chunk)

    @contextlib.asynccontextmanager
    async def notes(self) -> AsyncIterator[Notes]:
        async with self.client() as client:
            yield await client.watch()

    def close(self, number: int = signal.SIGTERM) -> int:
        """Stop it; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(20)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
            self._log.close()


def stage(status: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in status["stages"] if each["name"] == name)


async def next_note(notes: Notes, *kinds: str, seconds: float = TURN_SECONDS) -> TurnNote:
    """The next note of one of these kinds."""
    async with asyncio.timeout(seconds):
        async for raw in notes:
            note = msgspec.convert(raw, TurnNote)
            if note.kind in kinds:
                return note
    raise AssertionError("the appliance went away")


def descendants(root: int) -> set[int]:
    """All processes below this one."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):  # it ended while we looked
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found, grew = {root}, True
    while grew:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        found |= more
        grew = bool(more)
    return found - {root}


def alive(pids: set[int]) -> list[int]:
    """Those that still run; a zombie that nobody has buried yet does not."""
    running = []
    for pid in pids:
        with contextlib.suppress(OSError):  # it is gone
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            if state != "Z":
                running.append(pid)
    return running
