"""Text → speech, through a call: a place of its own that only listens to what it asked for."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from appliance.calls import protocol
from appliance.calls.client import Call
from appliance.errors import ControlError
from appliance.web.context import Context
from appliance.web.problems import Refused
from appliance.web.speechcache import Key, Sound, SpeechCache

PREFIX = "tts-"
"""How their places are called."""
MAX_AT_ONCE = 3
"""Others wait: one voice speaks for all."""
PIECE_SECONDS = 15.0
"""Longest pause between two pieces; the turn's own deadlines are shorter."""
VOICE_KEYS = ["tts.engine", "tts.model", "tts.voice", "tts.speed"]
ASKED = 1


class Speech:
    """Makes it, and remembers some of it."""

    def __init__(self, context: Context, cache: SpeechCache | None = None) -> None:
        self._context = context
        self.cache = cache or SpeechCache()
        self._turns = asyncio.Semaphore(MAX_AT_ONCE)
        self._numbers = itertools.count(1)
        self._prefix = f"{PREFIX}{secrets.token_hex(3)}"

    async def key(self, text: str, voice: str | None, speed: float | None) -> Key:
        """How it will sound. Raises Refused for a voice that is not the configured one, ControlError."""
        told = (await self._context.ask("settings", keys=VOICE_KEYS))["settings"]
        engine, model, variant, pace = (told[key]["value"] for key in VOICE_KEYS)
        name = (variant if engine == "espeak" else model) or "default"
        if voice not in {None, "", name}:
            key = "tts.voice" if engine == "espeak" else "tts.model"
            raise Refused(
                HTTPStatus.CONFLICT,
                f"the appliance speaks with the voice {name!r}, and with no other at the same time",
                f"choose another one for all: PATCH /api/settings/{key}",
            )
        return Key(text, engine, f"{model}:{variant}", speed or pace)

    async def pieces(self, key: Key) -> AsyncGenerator[Sound, None]:
        """It as it is made, or at once when it was made before. Raises Refused, ControlError."""
        known = self.cache.get(key)
        if known is not None:
            yield known
            return
        rate, made = 0, bytearray()
        async with self._call(key.speed) as call:
            async for piece in _spoken(call, key.text):
                rate = piece.rate_hz
                made += piece.pcm
                yield piece
        self.cache.put(key, Sound(rate, bytes(made)))

    @asynccontextmanager
    async def _call(self, speed: float) -> AsyncIterator[Call]:
        async with self._turns:
            name = f"{self._prefix}-{next(self._numbers)}"
            async with self._context.call(protocol.Open(name, sound=True, speed=speed)) as call:
                yield call


async def _spoken(call: Call, text: str) -> AsyncGenerator[Sound, None]:
    """What this call is given to say."""
    await call.send(protocol.Say(text, ASKED))
    turn = 0
    sounded = False
    while True:
        async with asyncio.timeout(PIECE_SECONDS):
            frame = await call.receive()
        match frame:
            case protocol.Refused(id=number) if number == ASKED:
                raise ControlError(frame.message, frame.hint)
            case protocol.Begun(id=number) if number == ASKED:
                turn = frame.turn
            case protocol.Play() if frame.turn == turn:
                if not sounded:
                    sounded = True
                    await call.send(protocol.Playing(turn))
                yield Sound(frame.rate_hz, frame.pcm)
            case protocol.End() if frame.turn == turn:
                if not sounded:
                    raise _wordless()
                await call.send(protocol.Played(turn))
                return
            case protocol.Note(kind="done") if frame.turn == turn:
                raise _wordless() if frame.data.get("outcome") == "answered" else _silent()
            case protocol.Cancel() if frame.turn == turn:
                raise _silent()


def _wordless() -> Refused:
    return Refused(HTTPStatus.CONFLICT, "there is nothing in this text that could be said", "send words")


def _silent() -> Refused:
    return Refused(
        HTTPStatus.SERVICE_UNAVAILABLE, "nothing could be said", "is the stage tts ready? see: GET /health"
    )
