"""What the local socket can ask of a running appliance."""

from __future__ import annotations

import asyncio
import base64
from typing import Protocol

import msgspec

from appliance.audio.pcm import SAMPLE_BYTES
from appliance.control import Answer, Handler
from appliance.errors import ControlError
from appliance.pipeline.conductor import Conductor
from appliance.pipeline.summary import Summary
from appliance.pipeline.trace import TurnNote

ASK_SECONDS = 60.0
MAX_TEXT = 1_000


class Running(Protocol):
    """The appliance, as far as requests are concerned."""

    conductor: Conductor

    def hear(self, speech: bytes) -> None:
        """Speak into the virtual microphone."""

    def status(self) -> Answer:
        """What `appliance status` shows."""


class Requests:
    """Handlers by name."""

    def __init__(self, appliance: Running) -> None:
        self._appliance = appliance

    def handlers(self) -> dict[str, Handler]:
        """The table that `ControlServer` serves."""
        return {
            "ask": self._ask,
            "hear": self._hear,
            "hush": self._hush,
            "mute": self._mute,
            "status": self._status,
        }

    async def _status(self, request: Answer) -> Answer:
        del request
        return self._appliance.status()

    async def _hush(self, request: Answer) -> Answer:
        del request
        self._appliance.conductor.hush()
        return {"hushed": True}

    async def _mute(self, request: Answer) -> Answer:
        muted = request.get("muted")
        if not isinstance(muted, bool):
            raise ControlError("mute needs `muted`, true or false")
        self._appliance.conductor.mute(muted)
        return {"muted": muted}

    async def _hear(self, request: Answer) -> Answer:
        encoded = request.get("pcm")
        if not isinstance(encoded, str):
            raise ControlError("hear needs `pcm`, base64 of 16 kHz mono s16le")
        try:
            speech = base64.b64decode(encoded, validate=True)
        except ValueError as error:
            raise ControlError(f"hear: pcm is not base64: {error}") from error
        if len(speech) % SAMPLE_BYTES:
            raise ControlError(f"hear: {len(speech)} bytes are no whole samples of 16 bits")
        self._appliance.hear(speech)
        return {"bytes": len(speech)}

    async def _ask(self, request: Answer) -> Answer:
        """Answers when the turn is over: everything that `Summary` holds."""
        text = request.get("text")
        if not isinstance(text, str) or not text.strip() or len(text) > MAX_TEXT:
            raise ControlError(f"ask needs a sentence of 1 to {MAX_TEXT} characters")
        return await follow(self._appliance.conductor, text.strip())


async def follow(conductor: Conductor, text: str) -> Answer:
    """Ask, and wait for the end of that turn."""
    summary = Summary(turn=0, heard=text)
    over = asyncio.Event()

    waiting = True

    def started(turn: int) -> bool:
        summary.turn, summary.started_ms = turn, conductor.clock_ms()
        return waiting

    def take(note: TurnNote) -> None:
        if summary.turn and note.turn == summary.turn and note.kind != "stage":
            summary.take(note)
            if summary.over:
                over.set()

    end = conductor.trace.watch(take)
    try:
        if not conductor.ask(text, started):
            raise ControlError("too many questions wait already", "ask again in a moment")
        async with asyncio.timeout(ASK_SECONDS):
            await over.wait()
    except TimeoutError as error:
        raise ControlError(f"no answer within {ASK_SECONDS:.0f} seconds", "see: appliance status") from error
    finally:
        waiting = False
        end()
    return {**msgspec.to_builtins(summary), "answer": summary.answer, "latency_ms": summary.latency_ms}
