"""The local door: `<data>/run/calls.sock`, mode 0600. Each connection is one place."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

from appliance.calls import protocol
from appliance.calls.caller import Caller
from appliance.control import bound
from appliance.errors import ApplianceError, Malformed, PeerGone, TooBig
from appliance.pipeline.places import Places
from appliance.tasks import end

LOG = logging.getLogger(__name__)
MAX_CALLS = 40
OPEN_SECONDS = 5.0
MAX_UNSENT_BYTES = 4 * 1024 * 1024
"""About half a minute of speech; a caller that takes no more is hung up on."""


def calls_path(data: Path) -> Path:
    """Where the door of the appliance with this data directory is."""
    return data / "run" / "calls.sock"


class CallServer:
    """`start`, then `stop`."""

    def __init__(self, path: Path, places: Places) -> None:
        self._path = path
        self._places = places
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Open the door, in place of one left behind. Raises ControlError when that cannot be."""
        sock = bound(self._path)
        self._server = await asyncio.start_unix_server(self._accept, sock=sock)

    async def stop(self) -> None:
        """Hang up on everybody, and close the door; may be called twice."""
        if self._server is None:
            return
        self._server.close()
        await end(*self._tasks)
        self._path.unlink(missing_ok=True)
        self._server = None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._tasks) >= MAX_CALLS:
            async with asyncio.timeout(OPEN_SECONDS):
                await reader.read(protocol.LENGTH.size)  # closing before it was read would cost it the reason
            await _refuse(writer, f"{MAX_CALLS} conversations are under way already", "end one of them")
            return
        self._tasks.add(task)
        try:
            await self._call(reader, writer)
        except (PeerGone, ConnectionError, asyncio.CancelledError):
            LOG.debug("a caller went")
        except (Malformed, TooBig, TimeoutError) as error:
            LOG.warning("a caller was hung up on: %s", str(error) or "it said nothing")
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(OPEN_SECONDS):
            opened = protocol.decode_caller(await _read(reader))
        if not isinstance(opened, protocol.Open):
            raise Malformed("a caller must say `Open` first")
        line = _Line(writer)
        caller = Caller(opened, line.send, time.monotonic)
        try:
            caller.place = self._places.add_place(opened.name, caller, opened.area)
        except ApplianceError as error:
            await _refuse(writer, error.message, error.hint)
            return
        try:
            if opened.speed is not None:
                caller.place.pace(opened.speed)
            line.send(protocol.Opened())
            while not line.broken:
                caller.receive(protocol.decode_caller(await _read(reader)))
        finally:
            caller.place = None
            self._places.remove_place(opened.name)


class _Line:
    """To one caller. What it does not take in time ends the call, never the appliance's memory."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.broken = False

    def send(self, frame: protocol.ToCaller) -> None:
        """Now, or never."""
        if self.broken or self._writer.is_closing():
            return
        try:
            data = protocol.encode(frame)
        except TooBig as error:
            LOG.warning("a caller missed something: %s", error)
            return
        if self._writer.transport.get_write_buffer_size() + len(data) > MAX_UNSENT_BYTES:
            LOG.warning("a caller takes nothing any more and is hung up on")
            self.broken = True
            self._writer.transport.abort()
            return
        self._writer.write(data)


async def _read(reader: asyncio.StreamReader) -> bytes:
    """The next frame's body. Raises PeerGone, TooBig."""
    try:
        size = protocol.length(await reader.readexactly(protocol.LENGTH.size))
        return await reader.readexactly(size)
    except asyncio.IncompleteReadError as error:
        raise PeerGone("the caller is gone") from error


async def _refuse(writer: asyncio.StreamWriter, message: str, hint: str) -> None:
    writer.write(protocol.encode(protocol.Refused(message, hint)))
    try:
        async with asyncio.timeout(1.0):
            await writer.drain()
    except (ConnectionError, TimeoutError):
        LOG.debug("a refused caller did not wait for the reason")
    writer.close()
