"""The running appliance's local socket: one JSON object a line, request and answer.

`<data>/run/control.sock`, mode 0600: whoever may read the data directory may steer the appliance, nobody
else. Requests are `{"do": NAME, …}`; each gets one answer line, `watch` gets a line for every note until the
client goes. An answer with `error` (and `hint`) is a refusal.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Self

import msgspec

from appliance.errors import ApplianceError, ControlError
from appliance.tasks import end

LOG = logging.getLogger(__name__)
MAX_LINE_BYTES = 512 * 1024
MAX_CLIENTS = 16
MAX_SHOWN = 60
ANSWER_SECONDS = 75.0
"""Longer than the longest turn may take."""
WATCH_QUEUE = 1_000
REFUSE_SECONDS = 1.0

Answer = dict[str, Any]
Handler = Callable[[Answer], Awaitable[Answer]]
Subscribe = Callable[[Callable[[Answer], None]], Callable[[], None]]


def socket_path(data: Path) -> Path:
    """Where the socket of the appliance with this data directory lies."""
    return data / "run" / "control.sock"


@contextlib.contextmanager
def short_address(path: Path) -> Iterator[str]:
    """The same file by a name that fits the 108 bytes of a socket address, however deep it lies."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def bound(path: Path) -> socket.socket:
    """A socket for our own user alone, in place of one left behind. Raises ControlError."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path.unlink(missing_ok=True)
        with short_address(path) as address:
            sock.bind(address)
        path.chmod(0o600)
    except OSError as error:
        sock.close()
        raise ControlError(
            f"{path} cannot be made: {error.strerror}", "set paths.data to a folder you own"
        ) from error
    return sock


class NotRunning(ControlError):
    """No appliance holds this data directory."""


class ControlServer:
    """Serves `handlers` by name; `subscribe` feeds watchers."""

    def __init__(self, path: Path, handlers: dict[str, Handler], subscribe: Subscribe) -> None:
        self._path = path
        self._handlers = handlers
        self._subscribe = subscribe
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Bind and serve, in place of a socket left behind: `claim.claim` the data directory first.

        Raises ControlError when the socket cannot be made.
        """
        sock = bound(self._path)
        self._server = await asyncio.start_unix_server(self._accept, sock=sock, limit=MAX_LINE_BYTES)

    async def stop(self) -> None:
        """Close every connection and remove the socket."""
        if self._server is None:
            return
        self._server.close()
        await end(*self._clients)
        self._path.unlink(missing_ok=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._clients) >= MAX_CLIENTS:
            await _refuse(reader, writer)
            return
        self._clients.add(task)
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            LOG.debug("a control client went")
        finally:
            self._clients.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                line = await reader.readuntil(b"\n")
            except asyncio.IncompleteReadError:
                return
            except asyncio.LimitOverrunError:
                writer.write(_line({"error": f"a line above {MAX_LINE_BYTES} bytes", "hint": ""}))
                return
            request = _parse(line)
            if request.get("do") == "watch":
                await self._watch(reader, writer)
                return
            writer.write(_line(await self._answer(request)))
            await writer.drain()

    async def _answer(self, request: Answer) -> Answer:
        handler = self._handlers.get(str(request.get("do")))
        if handler is None:
            known = ", ".join(sorted([*self._handlers, "watch"]))
            asked = repr(request.get("do"))[:MAX_SHOWN]
            return {"error": f"no request {asked}", "hint": f"one of: {known}"}
        try:
            return await handler(request)
        except ApplianceError as error:
            return {"error": error.message, "hint": error.hint}

    async def _watch(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        queue: asyncio.Queue[Answer] = asyncio.Queue(WATCH_QUEUE)

        def put(note: Answer) -> None:
            with contextlib.suppress(asyncio.QueueFull):  # a watcher that sleeps misses notes, nobody waits
                queue.put_nowait(note)

        unsubscribe = self._subscribe(put)
        writer.write(_line({"watching": True}))
        tasks = {asyncio.create_task(_pass_on(queue, writer)), asyncio.create_task(_until_gone(reader))}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            unsubscribe()
            await end(*tasks)


async def _pass_on(queue: asyncio.Queue[Answer], writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(_line(await queue.get()))
        await writer.drain()


async def _until_gone(reader: asyncio.StreamReader) -> None:
    """A watcher has nothing more to say; what it says is dropped until it hangs up."""
    while await reader.read(MAX_LINE_BYTES):
        pass


async def _refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One client too many. Its request is waited for: closing before would cost it the reason."""
    writer.write(_line({"error": "too many clients", "hint": "close another one"}))
    try:
        async with asyncio.timeout(REFUSE_SECONDS):
            await reader.read(MAX_LINE_BYTES)
    except (ConnectionError, TimeoutError):
        LOG.debug("a refused control client did not ask anything")
    finally:
        writer.close()


class ControlClient:
    """A connection to the running appliance."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        sock = _connect(self._path)
        if sock is None:
            raise NotRunning(
                f"no appliance runs with the data directory {self._path.parent.parent}",
                "start one with: tools/run   (or give its --config)",
            )
        self._reader, self._writer = await asyncio.open_unix_connection(sock=sock, limit=MAX_LINE_BYTES)
        return self

    async def __aexit__(self, *exception: object) -> None:
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(ConnectionError):
                await self._writer.wait_closed()

    async def ask(self, do: str, **arguments: Any) -> Answer:
        """One request, its answer. Raises ControlError when it is refused or the appliance goes."""
        assert self._reader is not None
        assert self._writer is not None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                self._writer.write(_line({"do": do, **arguments}))
                await self._writer.drain()
                line = await self._reader.readline()
        except TimeoutError as error:
            raise ControlError(
                f"the appliance has not answered for {ANSWER_SECONDS:.0f} seconds",
                "is it stopped? see its log",
            ) from error
        except ConnectionError:
            line = b""
        except ValueError as error:
            raise ControlError(f"the answer is above {MAX_LINE_BYTES} bytes", "see its log") from error
        if not line.endswith(b"\n"):
            raise ControlError("the appliance went away before it answered", "see its log")
        answer = _parse(line)
        if "error" in answer:
            raise ControlError(str(answer["error"]), str(answer.get("hint", "")))
        return answer

    async def watch(self) -> Notes:
        """Start watching: every note from now on."""
        await self.ask("watch")
        assert self._reader is not None
        return Notes(self._reader)


class Notes:
    """Notes as they come, until the appliance goes. A read that is cancelled loses nothing."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    def __aiter__(self) -> Notes:
        return self

    async def __anext__(self) -> Answer:
        try:
            line = await self._reader.readline()
        except ConnectionError:
            line = b""
        if not line.endswith(b"\n"):
            raise StopAsyncIteration
        return _parse(line)


async def asked(data: Path, do: str, **fields: Any) -> Answer:
    """One answer of the appliance that keeps its things in `data`. Raises ControlError, NotRunning."""
    async with ControlClient(socket_path(data)) as client:
        return await client.ask(do, **fields)


def _connect(path: Path) -> socket.socket | None:
    """A connected socket, or None when nobody listens there. Raises ControlError for someone else's."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with short_address(path) as address:
            sock.connect(address)
    except PermissionError as error:
        sock.close()
        raise ControlError(f"{path} belongs to another user", "ask as that user, or with sudo") from error
    except OSError:
        sock.close()
        return None
    return sock


def _line(answer: Answer) -> bytes:
    return msgspec.json.encode(answer) + b"\n"


def _parse(line: bytes) -> Answer:
    try:
        parsed = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}
