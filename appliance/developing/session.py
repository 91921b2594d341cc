"""One appliance as a child: its lines shown and kept, begun anew with its code, ended by one Ctrl+C."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from appliance.developing import showing, watching
from appliance.developing.watching import Changes
from appliance.errors import ApplianceError
from appliance.observe import entries
from appliance.observe.entries import Entry
from appliance.observe.journal import Lines
from appliance.tasks import end

LOOK_SECONDS = 0.25
STOP_SECONDS = 20.0
CHUNK_BYTES = 65_536
KEPT_FILES = 10


class Output:
    """The terminal and the file, line by line."""

    def __init__(self, terminal: TextIO, file: TextIO, *, colours: bool) -> None:
        self._terminal = terminal
        self._file = file
        self._colours = colours

    def show(self, entry: Entry) -> None:
        """On both."""
        plain = showing.plain(entry)
        print(showing.coloured(entry) if self._colours else plain, file=self._terminal, flush=True)
        print(plain, file=self._file, flush=True)

    def say(self, words: str, level: str = "info") -> None:
        """Something of our own."""
        self.show(Entry(words, at=datetime.now(UTC).timestamp(), level=level, component="dev"))


class Session:
    """`run` once. `must_restart` says whether a changed configuration needs a new process."""

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        output: Output,
        look: Callable[[], watching.Seen],
        must_restart: Callable[[], bool],
    ) -> None:
        self._command = command
        self._environ = environ
        self._output = output
        self._look = look
        self._must_restart = must_restart
        self._stop = asyncio.Event()
        self._hurry = False
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None

    async def run(self) -> int:
        """Until Ctrl+C or SIGTERM; the exit status."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._asked_to_stop)
        changes = Changes(await asyncio.to_thread(self._look))
        try:
            await self._start()
            while not self._stop.is_set():
                await self._look_once(changes)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._stop.wait()
        finally:
            await self._end()
        return 0

    def _asked_to_stop(self) -> None:
        """The second time it is not waited for."""
        self._hurry = self._stop.is_set()
        self._stop.set()
        if self._hurry:
            self._kill()

    async def _look_once(self, changes: Changes) -> None:
        if self._process is not None and self._process.returncode is not None:
            status = self._process.returncode
            await self._end()
            self._output.say(f"it ended with {status}; it begins anew with the next change", "error")
        changed = changes.take(await asyncio.to_thread(self._look), time.monotonic())
        if not changed:
            return
        names = sorted(Path(name).name for name in changed)
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        if self._process is None or "code" in changed.values() or await self._needs_restart():
            self._output.say(f"changed: {shown}; beginning anew")
            await self._end()
            await self._start()
        else:
            self._output.say(f"changed: {shown}; taking it over")
            self._process.send_signal(signal.SIGHUP)

    async def _needs_restart(self) -> bool:
        try:
            return await asyncio.to_thread(self._must_restart)
        except ApplianceError as error:
            # The appliance says the same when it is told to read it, and stays as it was.
            self._output.say(error.message, "error")
            return False

    async def _start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self._command, env=dict(self._environ), stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, process_group=0,
        )  # fmt: skip
        self._reader = asyncio.create_task(self._read(self._process), name="lines")

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        lines = Lines()
        while data := await process.stdout.read(CHUNK_BYTES):
            for line in lines.feed(data):
                self._output.show(entries.from_line(line))
        for line in lines.end():
            self._output.show(entries.from_line(line))

    async def _end(self) -> None:
        """Ask, wait, kill; then what it said last."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        try:
            async with asyncio.timeout(0.0 if self._hurry else STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            _kill_group(process)
            await process.wait()
        if self._reader is not None:
            await asyncio.wait({self._reader}, timeout=1.0)
            await end(self._reader)

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            _kill_group(self._process)


def _kill_group(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def new_file(folder: Path, now: datetime) -> Path:
    """`dev-<time>.log` in `folder`; of former ones the newest are kept. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in sorted(folder.glob("dev-*.log"))[: 1 - KEPT_FILES or None]:
        old.unlink(missing_ok=True)
    return folder / f"dev-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.log"
