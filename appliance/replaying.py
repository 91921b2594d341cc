"""Recordings through the whole appliance: a private one, without a card, with a demonstration home."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Self

from appliance.audio import reading
from appliance.audio.pcm import BYTES_PER_MS, blocks
from appliance.config.model import Config
from appliance.daemon import Appliance
from appliance.errors import AudioError, ControlError
from appliance.home import entities
from appliance.pipeline.summary import Summary
from appliance.pipeline.trace import TurnNote
from appliance.serve import demonstration_house, end_child, start_home
from appliance.wire import messages

MAX_SECONDS = 600.0
START_SECONDS = 60.0
TAIL_MS = 1_200
"""Silence after a recording, in which a wake word at its very end is still noticed."""
PIECE_MS = 1_000
AHEAD_MS = 20_000
LOOK_SECONDS = 0.05
MAX_TURN_SECONDS = 90.0


class Replayer:
    """`async with Replayer(…) as replayer: await replayer.replay(file)`."""

    def __init__(self, config: Config, house: Path | None, wake_at_seconds: float | None) -> None:
        self._appliance = Appliance(config)
        self._house = house or demonstration_house()
        self._wake_at_seconds = wake_at_seconds
        self._child: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        entities.load(self._house)
        await self._appliance.start()
        try:
            self._child = await start_home(self._appliance, self._house)
            async with asyncio.timeout(START_SECONDS):
                await self._appliance.wait_until_listening()
        except TimeoutError:
            await self.__aexit__()
            raise ControlError(
                f"the stages were not ready within {START_SECONDS:.0f} seconds", "see: appliance doctor"
            ) from None
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *exception: object) -> None:
        if self._child is not None:
            await end_child(self._child)
        await self._appliance.stop()

    async def replay(self, file: Path) -> dict[str, Any]:
        """What happened while this recording was heard. Raises AudioError for one that cannot be read."""
        recording = await asyncio.to_thread(reading.read, file, MAX_SECONDS)
        if not recording.pcm:
            raise AudioError(f"{file} holds no sound", "record it again")
        taken = _Taken(self._appliance, self._wake_at_seconds)
        try:
            await taken.until_over(recording.pcm)
        finally:
            taken.close()
        return {"file": str(file), "seconds": round(recording.seconds, 3), **taken.report()}


class _Taken:
    """Everything that happens during one recording, in its own time."""

    def __init__(self, appliance: Appliance, wake_at_seconds: float | None) -> None:
        self._conductor = appliance.conductor
        self._hear = appliance.hear
        self._wake_at_seconds = wake_at_seconds
        self._base_ms: int | None = None
        self._notes: list[TurnNote] = []
        self._reply = bytearray()
        self._reply_rate_hz = 0
        self._end = self._conductor.trace.watch(self._take)
        self._conductor.on_injected = self._injected
        self._conductor.on_speech = self._speech

    async def until_over(self, speech: bytes) -> None:
        """Feed the recording, and wait for its end and the end of a turn that it began."""
        heard_ms = len(speech) // BYTES_PER_MS + TAIL_MS
        pieces = blocks(speech, PIECE_MS * BYTES_PER_MS)
        fed_ms = 0
        async with asyncio.timeout(MAX_TURN_SECONDS + heard_ms / 1000):
            while self._now_ms() < heard_ms or not self._conductor.idle:
                # The virtual microphone holds two minutes; a longer recording follows as it is heard.
                while fed_ms < self._now_ms() + AHEAD_MS and (piece := next(pieces, b"")):
                    self._hear(piece)
                    fed_ms += PIECE_MS
                await asyncio.sleep(LOOK_SECONDS)

    def _now_ms(self) -> int:
        """Where in the recording we are."""
        return 0 if self._base_ms is None else self._conductor.clock_ms() - self._base_ms

    def close(self) -> None:
        """Stop watching."""
        self._end()
        self._conductor.on_injected = self._conductor.on_speech = None

    def report(self) -> dict[str, Any]:
        """The timeline and the turns, in milliseconds of the recording."""
        base_ms = self._base_ms or 0
        summaries: dict[int, Summary] = {}
        timeline = []
        for note in self._notes:
            local = _local(note, base_ms)
            timeline.append({"at_ms": local.at_ms, "event": local.kind, "turn": local.turn, **local.data})
            summaries.setdefault(note.turn, Summary(turn=note.turn)).take(local)
        return {
            "timeline": sorted(timeline, key=lambda event: event["at_ms"]),
            "turns": [_turn(summary) for summary in summaries.values()],
            "reply_pcm": bytes(self._reply),
            "reply_rate_hz": self._reply_rate_hz,
        }

    def _take(self, note: TurnNote) -> None:
        if note.kind != "stage" and note.turn:
            self._notes.append(note)

    def _injected(self, at_ms: int) -> None:
        if self._base_ms is not None:
            return
        self._base_ms = at_ms
        if self._wake_at_seconds is not None:
            wake_ms = at_ms + int(self._wake_at_seconds * 1000)
            delay_seconds = max(0.0, (wake_ms - self._conductor.clock_ms()) / 1000)
            asyncio.get_running_loop().call_later(delay_seconds, self._conductor.wake, "button", wake_ms)

    def _speech(self, message: messages.SpeechAudio) -> None:
        self._reply_rate_hz = message.rate_hz
        self._reply += message.pcm


def _local(note: TurnNote, base_ms: int) -> TurnNote:
    """The same note in the recording's own time."""
    data = note.data
    if data.get("speech_end_ms"):
        data = {**data, "speech_end_ms": data["speech_end_ms"] - base_ms}
    return TurnNote(note.turn, note.kind, note.at_ms - base_ms, data)


def _turn(summary: Summary) -> dict[str, Any]:
    return {
        "turn": summary.turn,
        "word": summary.word,
        "heard": summary.heard,
        "intent": summary.intent,
        "source": summary.source,
        "deeds": summary.deeds,
        "answer": summary.answer,
        "outcome": summary.outcome,
        "latency_ms": summary.latency_ms,
    }
