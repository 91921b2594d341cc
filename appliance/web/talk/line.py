"""One connection of a browser: frames in, frames out, until either end is gone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import msgspec

from appliance.errors import ApplianceError, Malformed, TooBig
from appliance.tasks import end
from appliance.web.talk import wire
from appliance.web.talk.budget import Budget
from appliance.web.talk.conversation import Conversation

LOG = logging.getLogger(__name__)
HELLO_SECONDS = 5.0
SILENT_SECONDS = 20.0
"""A browser says `ping` every five seconds; one that says nothing for so long is gone."""
SEND_SECONDS = 20.0
NORMAL, MALFORMED, TAKEN_OVER, TOO_MUCH, TOO_BIG, LATER = 1000, 4400, 4409, 4429, 4413, 4503
MAX_REASON_BYTES = 120


class Gone(Exception):
    """The browser hung up, or takes and says nothing any more."""


class Socket(Protocol):
    """What is needed of a WebSocket (litestar's)."""

    receive: Callable[[], Awaitable[Any]]

    async def send_data(self, data: str | bytes, mode: Any = ...) -> None:
        """One frame: "text" or "binary"."""

    async def close(self, code: int = ..., reason: str | None = ...) -> None:
        """Hang up."""


class Line:
    """`open` it with the browser's `hello`, then `carry` a conversation."""

    def __init__(self, socket: Socket, lost: type[Exception]) -> None:
        """`lost` is what the socket raises when the other end is gone, besides OSError."""
        self._socket = socket
        self._lost = (lost, OSError)
        self._news = asyncio.Event()
        self._taken = False

    async def hello(self) -> wire.Hello:
        """The browser's first frame. Raises Gone, Malformed, TooBig."""
        frame = await self._receive(HELLO_SECONDS)
        if not isinstance(frame, wire.Hello):
            raise Malformed("a talk begins with `hello`")
        return frame

    async def carry(self, conversation: Conversation, welcome: dict[str, Any]) -> None:
        """Until one of the three is gone. Raises Gone, Malformed, TooBig."""
        conversation.tell = self._news.set
        await self._send(msgspec.json.encode(welcome).decode())
        hearing = asyncio.create_task(self._hear(conversation), name="hear a browser")
        telling = asyncio.create_task(self._tell(conversation, int(welcome["from"])), name="tell a browser")
        try:
            done, _ = await asyncio.wait({hearing, telling}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await end(hearing, telling)

    def take_over(self) -> None:
        """The browser has a newer connection."""
        self._taken = True
        self._news.set()

    async def refuse(self, error: ApplianceError) -> None:
        """Say why, and hang up."""
        code = MALFORMED if isinstance(error, Malformed) else TOO_BIG if isinstance(error, TooBig) else LATER
        problem = {"type": "problem", "message": error.message, "hint": error.hint}
        try:
            await self._send(msgspec.json.encode(problem).decode())
        except Gone:
            return
        await self.close(code, error.message)

    async def close(self, code: int, reason: str) -> None:
        """Hang up; the other end may have done so already."""
        short = reason.encode()[:MAX_REASON_BYTES].decode(errors="ignore")
        try:
            await self._socket.close(code, short)
        except self._lost:
            LOG.debug("a browser was gone before it was hung up on")
        except RuntimeError:  # uvicorn's word for a WebSocket that is closed already
            LOG.debug("a browser's connection was closed already")

    async def _hear(self, conversation: Conversation) -> None:
        clock = asyncio.get_running_loop().time
        budget = Budget(clock())
        while not conversation.over:
            frame = await self._receive(SILENT_SECONDS)
            if not budget.take(clock()):
                await self.close(TOO_MUCH, "too many frames")
                raise Gone
            if isinstance(frame, wire.Hello):
                raise Malformed("a talk has one `hello`")
            try:
                await conversation.take(frame)
            except (ConnectionError, TimeoutError) as error:
                LOG.info("the appliance is gone: %s", error)
                return

    async def _tell(self, conversation: Conversation, number: int) -> None:
        """All that is new after this frame."""
        while True:
            self._news.clear()
            while (kept := conversation.outbox.after(number)) is not None and not self._taken:
                number = kept[0]
                await self._send(kept[1])
            if self._taken:
                await self.close(TAKEN_OVER, "this talk goes on in another connection")
                raise Gone
            if conversation.over:
                return
            await self._news.wait()

    async def _receive(self, seconds: float) -> wire.Hello | wire.Numbered | wire.Audio:
        try:
            async with asyncio.timeout(seconds):
                message = await self._socket.receive()
        except self._lost as error:  # a TimeoutError is an OSError
            raise Gone from error
        if message["type"] != "websocket.receive":
            raise Gone
        if (text := message.get("text")) is not None:
            return wire.decode_text(text)
        return wire.decode_audio(message.get("bytes") or b"")

    async def _send(self, data: str | bytes) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._socket.send_data(data, "text" if isinstance(data, str) else "binary")
        except self._lost as error:
            raise Gone from error
