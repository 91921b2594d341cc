"""Fetches of models that the running appliance has under way: each a process, one after another."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import sys
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec

from appliance.config.model import Config
from appliance.errors import ControlError
from appliance.ops.fetching import Order
from appliance.tasks import end

LOG = logging.getLogger(__name__)
MAX_WAITING = 8
MAX_REMEMBERED = 20
MAX_LINE_BYTES = 64 * 1024
MEMORY_BYTES = 512 * 1024 * 1024
END_SECONDS = 3.0


class Fetch(msgspec.Struct):
    """One of them, as far as it has come."""

    name: str
    state: Literal["waiting", "running", "done", "failed", "cancelled"] = "waiting"
    done_bytes: int = 0
    total_bytes: int = 0
    error: str = ""
    hint: str = ""

    @property
    def over(self) -> bool:
        """Will it not change any more?"""
        return self.state not in {"waiting", "running"}


class Fetches:
    """`close` at the end. Used in one event loop."""

    def __init__(
        self,
        config: Callable[[], Config],
        on_done: Callable[[str], None] = lambda _name: None,
        argv: Sequence[str] = (sys.executable, "-m", "appliance.ops.fetching"),
    ) -> None:
        """`on_done` hears the name of a model that has arrived."""
        self._config = config
        self._on_done = on_done
        self._argv = tuple(argv)
        self._all: deque[Fetch] = deque(maxlen=MAX_REMEMBERED)
        self._task: asyncio.Task[None] | None = None
        self._cancelled = asyncio.Event()
        self._trusted: set[str] = set()

    def shown(self) -> list[dict[str, Any]]:
        """All that are under way, and the last that were."""
        return [msgspec.to_builtins(each) for each in self._all]

    def start(self, name: str, *, trust_first: bool = False) -> Fetch:
        """Fetch this model when those before it are through. Raises ControlError when too many wait."""
        for each in self._all:
            if each.name == name and not each.over:
                return each
        if sum(1 for each in self._all if not each.over) >= MAX_WAITING:
            raise ControlError(f"{MAX_WAITING} models are being fetched already", "wait for one of them")
        fetch = Fetch(name)
        self._all.append(fetch)
        self._trusted.discard(name)
        if trust_first:
            self._trusted.add(name)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="fetching models")
        return fetch

    def cancel(self, name: str) -> Fetch:
        """Let it be; what has arrived is kept for another try. Raises ControlError when there is none."""
        for each in self._all:
            if each.name == name and not each.over:
                if each.state == "running":
                    self._cancelled.set()
                each.state = "cancelled"
                return each
        raise ControlError(f"{name!r} is not being fetched", "see: appliance models list")

    async def close(self) -> None:
        """End what is under way; may be called twice."""
        await end(self._task)
        self._task = None

    async def _run(self) -> None:
        while (fetch := next((each for each in self._all if each.state == "waiting"), None)) is not None:
            fetch.state = "running"
            self._cancelled.clear()
            await self._one(fetch)

    async def _one(self, fetch: Fetch) -> None:
        order = Order(self._config(), (fetch.name,), trust_first=fetch.name in self._trusted)
        try:
            process = await asyncio.create_subprocess_exec(
                *self._argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=MAX_LINE_BYTES,
            )
        except OSError as error:
            fetch.state, fetch.error = "failed", f"it cannot be started: {error.strerror}"
            return
        try:
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(process.pid, resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
            await self._follow(fetch, process, msgspec.json.encode(order))
        finally:
            await _end(process)
        if fetch.state == "running":
            fetch.state, fetch.error = "failed", fetch.error or "it ended without a word"
        if fetch.state == "done":
            self._on_done(fetch.name)

    async def _follow(self, fetch: Fetch, process: asyncio.subprocess.Process, order: bytes) -> None:
        assert process.stdin is not None
        with contextlib.suppress(ConnectionError):
            process.stdin.write(order)
            await process.stdin.drain()
        process.stdin.close()
        reading = asyncio.create_task(_read(process, fetch))
        cancelled = asyncio.create_task(self._cancelled.wait())
        try:
            await asyncio.wait({reading, cancelled}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end(reading, cancelled)


async def _read(process: asyncio.subprocess.Process, fetch: Fetch) -> None:
    assert process.stdout is not None
    while True:
        try:
            line = await process.stdout.readline()
        except ValueError:  # a line above the limit is none of ours
            return
        if not line:
            return
        take(fetch, line)


def take(fetch: Fetch, line: bytes) -> None:
    """One line of the process. What is no such line is left alone."""
    try:
        said = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        LOG.warning("fetching %s: %s", fetch.name, line[:200].decode("utf-8", "replace").strip())
        return
    if not isinstance(said, dict) or fetch.over:
        return
    if "error" in said:
        fetch.state, fetch.error, fetch.hint = "failed", str(said["error"]), str(said.get("hint", ""))
    elif "fetched" in said:
        fetch.state = "done"
    elif isinstance(said.get("done"), int) and isinstance(said.get("total"), int):
        fetch.done_bytes, fetch.total_bytes = said["done"], said["total"]


async def _end(process: asyncio.subprocess.Process) -> None:
    for number in ("terminate", "kill"):
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            getattr(process, number)()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await process.wait()
