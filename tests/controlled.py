"""A control socket whose answers and notes the test chooses, for what reads them: view and commands."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec

from appliance.claim import claim
from appliance.control import ControlServer, socket_path
from appliance.pipeline.trace import TurnNote
from tests.appliances import COMMAND, environment

SECONDS = 20.0
WIDE = {"COLUMNS": "200"}
Table = dict[str, Any]


def stage(name: str, **changes: Any) -> Table:
    """One stage as a status tells it."""
    usual = {
        "name": name,
        "state": "ready",
        "pid": 4711,
        "restarts": 0,
        "memory_mb": 33.4,
        "limits": {"memory_max_mb": 160},
        "engine": "some",
        "detail": f"detail of {name}",
        "last_error": "",
        "hint": "",
    }
    return usual | changes


def status(**changes: Any) -> Table:
    """What an appliance says about itself when all is well."""
    usual = {
        "version": "1.2.3",
        "listening": True,
        "muted": False,
        "stages": [stage("sound"), stage("stt")],
        "absent": {"llm": {"message": "no language model is chosen", "hint": "choose one"}},
        "sandbox": {"level": "limits", "confinement": "namespaces", "reasons": ["no cgroups"], "hint": "x"},
        "mqtt": {
            "host": "127.0.0.1", "port": 1883, "connected": True, "problem": "", "hint": "", "dropped": 0,
        },
        "home": {"entities": 12, "areas": 4, "faults": {}},
        "audio": {"device": "none"},
    }  # fmt: skip
    return usual | changes


class Controlled:
    """`answers` by the name of the request; `note` tells every watcher."""

    def __init__(self, data: Path, answers: dict[str, Table]) -> None:
        self.data = data
        self.path = socket_path(data)
        self.answers = answers
        self.requests: list[Table] = []
        self.watchers: list[Callable[[Table], None]] = []
        handlers = dict.fromkeys(("status", "ask", "hear", *answers), self._answer)
        self.server = ControlServer(self.path, handlers, self._subscribe)

    async def _answer(self, request: Table) -> Table:
        self.requests.append(request)
        return self.answers[request["do"]]

    def _subscribe(self, put: Callable[[Table], None]) -> Callable[[], None]:
        self.watchers.append(put)
        return lambda: self.watchers.remove(put)

    def note(self, turn: int, kind: Any, at_ms: int, site: str = "local", **data: Any) -> None:
        for watcher in self.watchers:
            watcher(msgspec.to_builtins(TurnNote(turn, kind, at_ms, data, site)))

    async def watched(self) -> None:
        """Return when somebody watches."""
        await self.until(lambda: bool(self.watchers))

    async def until(self, wanted: Callable[[], bool]) -> None:
        async with asyncio.timeout(SECONDS):
            while not wanted():
                await asyncio.sleep(0.01)

    async def command(self, *arguments: str) -> tuple[int, str, str]:
        """`appliance …` for this data directory: status, output, errors."""
        variables = environment(self.data) | WIDE
        child = await asyncio.create_subprocess_exec(
            str(COMMAND), *arguments, env=variables, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(SECONDS):
            out, err = await child.communicate()
        assert child.returncode is not None
        return child.returncode, out.decode(), err.decode()

    async def view(self, *flags: str, output: Any = asyncio.subprocess.PIPE) -> asyncio.subprocess.Process:
        """The terminal view as `appliance run` starts it."""
        command = [sys.executable, "-m", "appliance.show", str(self.path), *flags]
        errors = asyncio.subprocess.STDOUT if output == asyncio.subprocess.PIPE else output
        return await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=errors, env=os.environ | WIDE
        )


@contextlib.asynccontextmanager
async def controlled(data: Path, **answers: Table) -> AsyncIterator[Controlled]:
    """A served socket; `answers` by request: status, ask, hear, and whatever else the test names."""
    with claim(data):
        serving = Controlled(data, {"status": status(), "hear": {"bytes": 0}} | answers)
        await serving.server.start()
        try:
            yield serving
        finally:
            await serving.server.stop()
