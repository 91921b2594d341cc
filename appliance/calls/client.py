"""A call to the running appliance, from another process of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

from appliance.calls import protocol
from appliance.control import NotRunning, short_address
from appliance.errors import ControlError, PeerGone

OPEN_SECONDS = 5.0


class Call:
    """`async with Call(path, Open("browser-1")) as call`: one place, as long as it lasts."""

    def __init__(self, path: Path, opened: protocol.Open) -> None:
        """`path`: see `server.calls_path`."""
        self._path = path
        self._opened = opened
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        """Raises NotRunning, and ControlError when the appliance lets nobody else in."""
        try:
            with short_address(self._path) as address:
                self._reader, self._writer = await asyncio.open_unix_connection(address)
        except (OSError, ValueError) as error:
            raise NotRunning("no appliance answers here", "start it: appliance run") from error
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                await self.send(self._opened)
                answer = await self.receive()
        except (PeerGone, ConnectionError, TimeoutError) as error:
            await self.close()
            raise ControlError("the appliance does not answer", "see: appliance status") from error
        if isinstance(answer, protocol.Refused):
            await self.close()
            raise ControlError(answer.message, answer.hint)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def send(self, frame: protocol.FromCaller) -> None:
        """Wait until it is on its way. Raises TooBig, ConnectionError when the appliance is gone."""
        assert self._writer is not None
        self._writer.write(protocol.encode(frame))
        await self._writer.drain()

    async def receive(self) -> protocol.ToCaller:
        """The next frame. Raises PeerGone, Malformed, TooBig."""
        assert self._reader is not None
        try:
            size = protocol.length(await self._reader.readexactly(protocol.LENGTH.size))
            return protocol.decode_appliance(await self._reader.readexactly(size))
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise PeerGone("the appliance is gone") from error

    async def frames(self) -> AsyncIterator[protocol.ToCaller]:
        """Everything it says, until it is gone."""
        while True:
            try:
                yield await self.receive()
            except PeerGone:
                return

    async def close(self) -> None:
        """Hang up; may be called twice."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
