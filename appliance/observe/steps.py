"""The notes of turns, one by one, with what they say about time. Bounded; without the words. Pure.

A step is what logs and metrics know of a note: which part did it, how long it took, and a few facts that are
numbers or names of the configuration. What was heard or said never gets into one.
"""

from __future__ import annotations

import math
import re
from collections import OrderedDict
from typing import Any

import msgspec

from appliance.wire.notes import Note

MAX_TURNS = 256
LONGEST_MS = 120_000.0
WORKERS = {
    "wake": "wake",
    "listening": "sound",
    "speech_start": "vad",
    "partial": "stt",
    "endpoint": "vad",
    "transcript": "stt",
    "intent": "intent",
    "deed": "home",
    "reply": "dialogue",
    "first_audio": "tts",
    "played": "sound",
    "done": "turn",
}
"""Kind of note → the stage, or other part, that it tells about."""
NAME = re.compile(r"[\w .:+-]{1,64}", re.ASCII)
SOURCES = frozenset({"intent", "model", "none"})


class Step(msgspec.Struct, frozen=True):
    """One note of a turn without its words."""

    turn: int
    site: str
    kind: str
    stage: str
    """Which part did it."""
    latency_ms: float | None = None
    """What one waited for it: of a transcript, an intent or a deed the time it took; of an endpoint the
    silence before it; of a first sound the time since the end of speech, and the same again when done; None
    where nobody waits."""
    total_ms: float | None = None
    """When done: since the turn began."""
    reply_ms: float | None = None
    """Of a first sound: since its text was there."""
    source: str = ""
    """Who understood it: intent, model, none; empty when nobody had to."""
    outcome: str = ""
    """Of a deed: confirmed, sent, failed; of a turn as the turn says."""
    name: str = ""
    """Wake word, or intent."""
    score: float | None = None
    """Of a wake word or a transcript, 0.0 to 1.0."""
    deeds: int | None = None
    """How many the intent wants."""
    first: bool = False
    """The turn was not known before."""


class _Turn:
    def __init__(self, started_ms: int) -> None:
        self.started_ms = started_ms
        self.reply_ms: int | None = None
        self.latency_ms: float | None = None
        self.sounded = False
        self.source = ""


class Steps:
    """Follows the newest `MAX_TURNS`."""

    def __init__(self) -> None:
        self._turns: OrderedDict[tuple[str, int], _Turn] = OrderedDict()

    @property
    def running(self) -> int:
        """Turns that have begun and are not done."""
        return len(self._turns)

    def take(self, note: Note) -> Step | None:
        """One note; None when it belongs to no turn, or says nothing new."""
        stage = WORKERS.get(note.kind)
        if not note.turn or stage is None:
            return None
        key = (note.site, note.turn)
        first = key not in self._turns
        turn = self._turns.setdefault(key, _Turn(note.at_ms))
        while len(self._turns) > MAX_TURNS:
            self._turns.popitem(last=False)
        if note.kind == "done":
            del self._turns[key]
        more = _more(note, turn)
        if more is None:
            return None
        stage = "llm" if note.kind == "intent" and turn.source == "model" else stage
        return Step(note.turn, note.site, note.kind, stage, source=turn.source, first=first, **more)


def _more(note: Note, turn: _Turn) -> dict[str, Any] | None:
    """What this kind of note adds; it also moves the turn on."""
    data = note.data
    match note.kind:
        case "wake":
            return {"name": named(data.get("word")), "score": _number(data.get("score"))}
        case "listening":
            turn.sounded, turn.reply_ms = False, None
        case "endpoint":
            turn.sounded = False
            return {"latency_ms": _between(data.get("speech_end_ms"), note.at_ms)}
        case "transcript":
            return {"latency_ms": _time(data.get("ms")), "score": _number(data.get("confidence"))}
        case "intent":
            source = named(data.get("source"))
            turn.source = source if source in SOURCES else "none"
            deeds = data.get("deeds")
            count = len(deeds) if isinstance(deeds, list | tuple) else 0
            return {"latency_ms": _time(data.get("ms")), "name": named(data.get("intent")), "deeds": count}
        case "deed":
            return {"latency_ms": _time(data.get("ms")), "outcome": _deed_outcome(data)}
        case "reply":
            turn.reply_ms = note.at_ms if turn.reply_ms is None else turn.reply_ms
        case "first_audio":
            return _first_audio(note, turn)
        case "done":
            total_ms = _between(turn.started_ms, note.at_ms)
            latency_ms = total_ms if turn.latency_ms is None else turn.latency_ms
            return {"latency_ms": latency_ms, "total_ms": total_ms, "outcome": named(data.get("outcome"))}
    return {}


def _first_audio(note: Note, turn: _Turn) -> dict[str, Any] | None:
    if turn.sounded:
        return None
    turn.sounded = True
    latency_ms = _between(note.data.get("speech_end_ms") or turn.started_ms, note.at_ms)
    if latency_ms is not None:
        turn.latency_ms = max(latency_ms, turn.latency_ms or 0.0)
    return {"latency_ms": latency_ms, "reply_ms": _between(turn.reply_ms, note.at_ms)}


def _deed_outcome(data: dict[str, Any]) -> str:
    """Confirmed by the device's own state, sent to one that tells nothing, or failed."""
    if not data.get("done"):
        return "failed"
    return "confirmed" if data.get("confirmed") else "sent"


def named(value: object) -> str:
    """A name of the configuration or the program; anything else is "other", and nothing is nothing."""
    if value is None or value == "":
        return ""
    return value if isinstance(value, str) and NAME.fullmatch(value) else "other"


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _time(value: object) -> float | None:
    ms = _number(value)
    return ms if ms is not None and 0 <= ms <= LONGEST_MS else None


def _between(start: object, end_ms: int) -> float | None:
    since = _number(start)
    return None if since is None else _time(end_ms - since)
