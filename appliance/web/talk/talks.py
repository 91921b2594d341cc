"""All conversations with browsers of this process: begun, gone on with, and ended when nobody comes back."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections import deque
from weakref import WeakKeyDictionary

from appliance.calls import protocol
from appliance.control import NotRunning
from appliance.errors import ControlError
from appliance.web.context import Context
from appliance.web.talk import wire
from appliance.web.talk.conversation import TOKEN_BYTES, Conversation, new_token
from appliance.web.talk.line import Line

LOG = logging.getLogger(__name__)
MAX_TALKS = 64
MAX_FINISHED = 256
HOLD_SECONDS = 60.0
"""So long a conversation waits for its browser to come back."""
NAME_DIGITS = 12
OWN_TOKEN = re.compile(rf"[\w-]{{{TOKEN_BYTES * 4 // 3}}}", re.ASCII)


def place_of(token: str) -> str:
    """Its name in the appliance: the same for the same conversation, and it tells nothing of the token."""
    return f"talk-{hashlib.sha256(token.encode()).hexdigest()[:NAME_DIGITS]}"


class Talks:
    """Used in one event loop."""

    def __init__(self, context: Context, hold_seconds: float = HOLD_SECONDS) -> None:
        self.hold_seconds = hold_seconds
        self._context = context
        self._open: dict[str, Conversation] = {}
        self._waiting: dict[str, asyncio.TimerHandle] = {}
        """Of those whose browser is gone, the longest first."""
        self._lines: dict[str, Line] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._finished: deque[str] = deque(maxlen=MAX_FINISHED)
        """Tokens after whose `bye` nothing goes on."""

    def __len__(self) -> int:
        return len(self._open)

    async def join(self, hello: wire.Hello) -> tuple[Conversation, bool]:
        """That conversation, or a new one; True when it goes on. Raises ControlError.

        A token of a process that ended is good for the same place again: what was said there is known yet.
        """
        known = self._open.get(hello.token) if hello.token else None
        if known is not None and not known.over:
            self._stop_waiting(known)
            return known, True
        if known is not None:
            self.end(known)
        return await self._begin(hello), False

    def hold(self, conversation: Conversation, line: Line) -> Line:
        """This connection carries it from now on; one before it is hung up on."""
        before = self._lines.get(conversation.token)
        if before is not None:
            before.take_over()
        self._lines[conversation.token] = line
        return line

    def leave(self, conversation: Conversation, line: Line) -> None:
        """Its browser is gone: it waits for a while, unless another connection carries it already."""
        if self._lines.get(conversation.token) is not line:
            return
        del self._lines[conversation.token]
        if conversation.over:
            self.end(conversation)
        elif conversation.token in self._open:
            self._stop_waiting(conversation)
            loop = asyncio.get_running_loop()
            self._waiting[conversation.token] = loop.call_later(self.hold_seconds, self.end, conversation)

    def end(self, conversation: Conversation) -> None:
        """Nobody comes back."""
        self._stop_waiting(conversation)
        if self._open.get(conversation.token) is conversation:
            del self._open[conversation.token]
            if conversation.ended:
                self._finished.append(conversation.token)
            task = asyncio.create_task(conversation.close(), name="end of a talk")
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def _stop_waiting(self, conversation: Conversation) -> None:
        timer = self._waiting.pop(conversation.token, None)
        if timer is not None:
            timer.cancel()

    async def _begin(self, hello: wire.Hello) -> Conversation:
        if len(self._open) >= MAX_TALKS and not await self._make_room():
            raise ControlError(f"{MAX_TALKS} browsers talk already", "end one of them")
        good = OWN_TOKEN.fullmatch(hello.token) and hello.token not in {*self._open, *self._finished}
        token = hello.token if good else new_token()
        opened = protocol.Open(place_of(token), area=hello.area, speed=hello.speed)
        call = self._context.call(opened)
        try:
            await call.__aenter__()
        except NotRunning:
            raise
        except ControlError:
            if not await self._make_room():
                raise
            call = await self._context.call(opened).__aenter__()
        conversation = Conversation(call, opened.name, hello, token=token)
        try:
            await conversation.start(wake=hello.wake and hello.mode == "voice")
        except (ConnectionError, TimeoutError) as error:
            await conversation.close()
            raise ControlError("the appliance is gone", "see: appliance status") from error
        self._open[conversation.token] = conversation
        return conversation

    async def _make_room(self) -> bool:
        """End the one whose browser has been gone for longest; False when none is."""
        token = next(iter(self._waiting), None)
        if token is None:
            return False
        self.end(self._open[token])
        await asyncio.gather(*self._closing)
        return True


_MADE: WeakKeyDictionary[Context, Talks] = WeakKeyDictionary()


def talks(context: Context) -> Talks:
    """Those of this process."""
    made = _MADE.get(context)
    if made is None:
        made = _MADE[context] = Talks(context)
    return made
