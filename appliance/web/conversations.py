"""Typed conversations: each a call that is kept for a while, so that an answer finds its question."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Literal

import msgspec

from appliance.calls import protocol
from appliance.calls.client import Call
from appliance.errors import ControlError, PeerGone
from appliance.tasks import begin, end
from appliance.web.context import Context
from appliance.web.problems import Refused

PREFIX = "chat-"
"""How their places are called."""
MAX_KEPT = 6
"""Of the places that a home has for callers."""
IDLE_SECONDS = 180.0
LOOK_SECONDS = 15.0
ANSWER_SECONDS = 60.0
MAX_DEEDS = 64


class Event(msgspec.Struct, frozen=True):
    """Something that happened on the way to the answer."""

    kind: Literal["begun", "intent", "reply", "deed", "done"]
    data: dict[str, Any]


class Chat:
    """One conversation. One question at a time."""

    def __init__(self, call: Call, now: float) -> None:
        self.id = secrets.token_urlsafe(18)
        self.call = call
        self.used = now
        self.lock = asyncio.Lock()
        self._number = 0
        self._judged = 0
        """The turn in which the judgement asked something."""

    async def ask(self, text: str) -> AsyncGenerator[Event, None]:
        """What happens, up to `done`. Raises ControlError."""
        self._number += 1
        turn, deeds = 0, 0
        try:
            await self.call.send(protocol.Ask(text, self._number))
            async for frame in self.call.frames():
                match frame:
                    case protocol.Refused(id=number) if number == self._number:
                        raise ControlError(frame.message, frame.hint)
                    case protocol.Begun(id=number) if number == self._number:
                        turn = frame.turn
                        yield Event("begun", {"turn": turn})
                    case protocol.Note(kind="intent") if frame.turn == turn:
                        self._judged = turn if frame.data.get("deeds") else 0
                        yield Event("intent", _intent(frame.data))
                    case protocol.Note(kind="deed") if frame.turn == turn and deeds < MAX_DEEDS:
                        deeds += 1
                        yield Event("deed", dict(frame.data))
                    case protocol.Note(kind="reply") if frame.turn == turn:
                        yield Event("reply", {"text": frame.data["text"]})
                    case protocol.Note(kind="listening") if frame.turn == turn:
                        # It asked something back. What the judgement asks is answered in this very turn; what
                        # the understanding asks, in the next one: nobody needs to listen until then.
                        if self._judged != turn or deeds:
                            await self.call.send(protocol.Hush())
                        yield Event("done", {"outcome": "asked", "asks": True, "turn": turn})
                        return
                    case protocol.Note(kind="done") if frame.turn == turn:
                        outcome = frame.data["outcome"]
                        yield Event("done", {"outcome": outcome, "asks": False, "turn": turn})
                        return
        except (PeerGone, ConnectionError) as error:
            raise ControlError("the appliance is gone", "see: appliance status") from error
        raise ControlError("the appliance is gone", "see: appliance status")


def _intent(data: dict[str, Any]) -> dict[str, Any]:
    return {name: data.get(name) for name in ("intent", "source", "ms")}


class Conversations:
    """`start`, then `stop`."""

    def __init__(
        self,
        context: Context,
        clock: Callable[[], float] = time.monotonic,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._look_seconds = look_seconds
        self._context = context
        self._clock = clock
        self._kept: dict[str, Chat] = {}
        self._opening = 0
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """From now on those that nobody uses end."""
        self._task = begin(self._care(), "conversations")

    async def stop(self) -> None:
        """End all."""
        await end(self._task)
        for chat in [*self._kept.values()]:
            await self._hang_up(chat)

    def __len__(self) -> int:
        return len(self._kept)

    @asynccontextmanager
    async def hold(self, conversation: str, area: str) -> AsyncIterator[Chat]:
        """That one, or a new one for "". Raises Refused, ControlError."""
        chat = self._known(conversation) if conversation else await self._open(area)
        if chat.lock.locked():
            raise Refused(
                HTTPStatus.CONFLICT, "this conversation is still being answered", "wait for its answer"
            )
        try:
            async with chat.lock, asyncio.timeout(ANSWER_SECONDS):
                yield chat
        except TimeoutError as error:
            await self._hang_up(chat)
            raise Refused(
                HTTPStatus.GATEWAY_TIMEOUT,
                f"no answer within {ANSWER_SECONDS:.0f} seconds",
                "see: GET /health",
            ) from error
        except BaseException:
            # Half of an answer may still come: nobody can go on from there.
            await self._hang_up(chat)
            raise
        chat.used = self._clock()

    def _known(self, conversation: str) -> Chat:
        chat = self._kept.get(conversation)
        if chat is None:
            raise Refused(
                HTTPStatus.NOT_FOUND, "there is no such conversation (any more)", "begin one: leave it out"
            )
        return chat

    async def _open(self, area: str) -> Chat:
        if len(self._kept) + self._opening >= MAX_KEPT and not await self._make_room():
            raise Refused(
                HTTPStatus.CONFLICT, f"{MAX_KEPT} conversations are being answered", "again in a moment"
            )
        self._opening += 1
        try:
            name = f"{PREFIX}{secrets.token_hex(4)}"
            call = await self._context.call(protocol.Open(name, area=area, sound=False)).__aenter__()
        finally:
            self._opening -= 1
        chat = Chat(call, self._clock())
        self._kept[chat.id] = chat
        return chat

    async def _make_room(self) -> bool:
        idle = [chat for chat in self._kept.values() if not chat.lock.locked()]
        if not idle:
            return False
        await self._hang_up(min(idle, key=lambda chat: chat.used))
        return True

    async def _hang_up(self, chat: Chat) -> None:
        self._kept.pop(chat.id, None)
        await chat.call.close()

    async def _care(self) -> None:
        while True:
            await asyncio.sleep(self._look_seconds)
            now = self._clock()
            for chat in [*self._kept.values()]:
                if not chat.lock.locked() and now - chat.used > IDLE_SECONDS:
                    await self._hang_up(chat)
