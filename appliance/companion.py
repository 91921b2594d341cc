"""Another process of ours that is kept running beside the stages: started, watched, replaced, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import resource
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Sequence

from appliance.supervision.lines import LinePump
from appliance.tasks import begin, end, ended

LOG = logging.getLogger(__name__)
AFTER_SECONDS = 120.0
"""So long it leaves the processor to what comes first, on the slowest machine."""
SETTLED_SECONDS = 1.0
"""Who ran for so long has found what it needs; until then the trouble of the last one stands."""
STEADY_SECONDS = 30.0
"""Who ran for so long begins with a clean record."""
BACKOFF_MIN_SECONDS, BACKOFF_MAX_SECONDS = 0.2, 60.0
STOP_SECONDS = 5.0


class Companion:
    """`start`, then `stop`. It never fails: what is wrong stands in `trouble` and in the log."""

    def __init__(
        self, name: str, argv: Sequence[str], told: Callable[[], bytes], memory_bytes: int, *, log_level: int
    ) -> None:
        """`told` makes what each new process reads from its standard input; its output is logged."""
        self.name = name
        self._argv = list(argv)
        self._told = told
        self._memory_bytes = memory_bytes
        self._log_level = log_level
        self._process: subprocess.Popen[bytes] | None = None
        self._task: asyncio.Task[None] | None = None
        self._lines: LinePump | None = None
        self._last = ""
        """Line of the process that ended."""
        self.restarts = 0
        self.trouble = ""
        """Why it does not run; "" while it does, and before it was started."""

    @property
    def pid(self) -> int | None:
        """Of the process that runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    async def start(self, after: Callable[[], Awaitable[None]] | None = None) -> None:
        """From now on it is kept running; for the first time when `after` has returned, or took too long."""
        self._task = begin(self._keep_running(after), self.name)

    async def stop(self) -> None:
        """Ask, then kill; may be called twice."""
        await end(self._task)
        self._task = None
        await self.again()
        self._hang_up()
        self._process = None

    async def again(self) -> None:
        """End the process so that the next one reads anew what it is told."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.pid is None:
                return
            os.kill(self.pid, number)
            if await self._ended(STOP_SECONDS):
                return

    async def _keep_running(self, after: Callable[[], Awaitable[None]] | None) -> None:
        if after is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AFTER_SECONDS):
                    await after()
        failures = 0
        while True:
            started = time.monotonic()
            self._launch()
            if not await self._ended(SETTLED_SECONDS):
                self.trouble = ""
                await self._ended(None)
            self._hang_up()
            failures = 1 if time.monotonic() - started > STEADY_SECONDS else failures + 1
            if self._process is not None and self._process.returncode == -signal.SIGTERM:
                failures = 0  # it was asked to
            else:
                self.trouble = self._last or "it ended without a word"
                LOG.warning("%s ended: %s", self.name, self.trouble)
            wait = min(BACKOFF_MAX_SECONDS, BACKOFF_MIN_SECONDS * 2.0 ** min(failures, 10))
            await asyncio.sleep(wait * (0.5 + random.random() / 2))  # noqa: S311
            self.restarts += 1

    def _launch(self) -> None:
        self._last = ""
        try:
            process = subprocess.Popen(
                self._argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
        except OSError as error:
            self._last = f"it cannot be started: {error.strerror}"
            self._process = None
            return
        self._process = process
        resource.prlimit(process.pid, resource.RLIMIT_DATA, (self._memory_bytes, self._memory_bytes))
        assert process.stdin is not None
        try:
            with process.stdin as pipe:
                pipe.write(self._told())  # below the size of a pipe: it never waits
        except BrokenPipeError:
            LOG.debug("%s ended before it was told anything", self.name)
        assert process.stdout is not None
        self._lines = LinePump(os.dup(process.stdout.fileno()), self._heard)
        process.stdout.close()
        self._lines.start()

    def _hang_up(self) -> None:
        """Take what it still says, and let go of its pipe."""
        if self._lines is not None:
            self._lines.close()
            self._last = self._lines.last[-1] if self._lines.last else ""
            self._lines = None

    def _heard(self, line: str) -> None:
        LOG.log(self._log_level, "%s: %s", self.name, line)

    async def _ended(self, within_seconds: float | None) -> bool:
        """Wait for the end of the process; False when it did not come in time."""
        try:
            async with asyncio.timeout(within_seconds):
                if self._process is not None:
                    await ended(self._process)
        except TimeoutError:
            return False
        return True
