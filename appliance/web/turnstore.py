"""The last turns, put together from the notes; in memory only. Pure.

Words are kept apart from what happened: who does not ask for them never gets them (`without_words`).
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import msgspec

MAX_TURNS = 100
MAX_DEEDS = 32
MAX_STEPS = 64
MAX_WORDS = 1_000
TIMELINE = frozenset(
    {
        *("wake", "listening", "speech_start", "endpoint", "transcript", "intent", "deed", "reply"),
        *("first_audio", "played", "done"),
    }
)


class Step(msgspec.Struct, frozen=True):
    """A moment of a turn."""

    kind: str
    at_ms: int
    """Milliseconds since the turn began."""


class Done(msgspec.Struct, frozen=True):
    """A deed of a turn."""

    entity_id: str
    name: str
    done: bool
    confirmed: bool
    ms: float
    reason: str = ""
    """Why not; only with words."""


class TurnRecord(msgspec.Struct):
    """One turn, as far as it has come."""

    turn: int
    site: str
    at: float
    """When it began, in seconds since 1970."""
    word: str = ""
    """The wake word."""
    intent: str = ""
    source: str = ""
    outcome: str = ""
    """Empty while it goes on."""
    latency_ms: int | None = None
    """End of speech to the first sound of the answer."""
    steps: list[Step] = []
    deeds: list[Done] = []
    heard: str = ""
    reply: str = ""


class TurnStore:
    """Takes notes in the order in which they come."""

    def __init__(self, max_turns: int = MAX_TURNS) -> None:
        self._max = max_turns
        self._turns: OrderedDict[tuple[str, int], TurnRecord] = OrderedDict()
        self._began: dict[tuple[str, int], int] = {}

    def take(self, note: dict[str, Any], now: float) -> None:
        """One note as the control socket tells it; `now` in seconds since 1970. What is none is ignored."""
        turn, kind, at_ms, site = note.get("turn"), note.get("kind"), note.get("at_ms"), note.get("site")
        if not (isinstance(turn, int) and isinstance(at_ms, int) and turn and isinstance(site, str)):
            return
        if not isinstance(kind, str) or kind not in TIMELINE:
            return
        key = (site, turn)
        record = self._turns.get(key)
        if record is None:
            record = self._turns[key] = TurnRecord(turn, site, now)
            self._began[key] = at_ms
            while len(self._turns) > self._max:
                gone, _ = self._turns.popitem(last=False)
                self._began.pop(gone, None)
        data = note.get("data")
        _take(record, kind, at_ms, self._began[key], data if isinstance(data, dict) else {})

    def last(self, limit: int, *, words: bool) -> list[TurnRecord]:
        """The newest first."""
        newest = [*reversed(self._turns.values())][:limit]
        return newest if words else [_silent(record) for record in newest]


def _take(record: TurnRecord, kind: str, at_ms: int, began_ms: int, data: dict[str, Any]) -> None:
    if len(record.steps) < MAX_STEPS:
        record.steps = [*record.steps, Step(kind, at_ms - began_ms)]
    match kind:
        case "wake":
            record.word = _text(data, "word")
        case "transcript":
            record.heard = _text(data, "text")
        case "intent":
            record.intent, record.source = _text(data, "intent"), _text(data, "source")
        case "deed":
            if len(record.deeds) < MAX_DEEDS:
                record.deeds = [*record.deeds, _deed(data)]
        case "reply":
            record.reply = f"{record.reply} {_text(data, 'text')}".strip()[:MAX_WORDS]
        case "first_audio":
            spoken = data.get("speech_end_ms") or began_ms
            record.latency_ms = max(0, at_ms - spoken) if isinstance(spoken, int) else None
        case "done":
            record.outcome = _text(data, "outcome")


def _text(data: dict[str, Any], name: str) -> str:
    return str(data.get(name) or "")[:MAX_WORDS]


def _deed(data: dict[str, Any]) -> Done:
    ms = data.get("ms")
    return Done(
        _text(data, "entity_id"),
        _text(data, "name"),
        bool(data.get("done")),
        bool(data.get("confirmed")),
        float(ms) if isinstance(ms, int | float) else 0.0,
        _text(data, "reason"),
    )


def _silent(record: TurnRecord) -> TurnRecord:
    deeds = [msgspec.structs.replace(deed, reason="") for deed in record.deeds]
    return msgspec.structs.replace(record, heard="", reply="", deeds=deeds)


_KEPT: dict[str, frozenset[str]] = {
    "wake": frozenset({"word", "score"}),
    "endpoint": frozenset({"speech_end_ms"}),
    "transcript": frozenset({"confidence", "ms"}),
    "intent": frozenset({"intent", "source", "ms"}),
    "deed": frozenset({"entity_id", "name", "done", "confirmed", "ms"}),
    "first_audio": frozenset({"speech_end_ms"}),
    "played": frozenset({"seconds", "rms"}),
    "done": frozenset({"outcome"}),
    "stage": frozenset({"name", "state"}),
}


def without_words(note: dict[str, Any]) -> dict[str, Any]:
    """The same note with only what is known to hold no words: a kind that is not known loses all its data."""
    kept = _KEPT.get(str(note.get("kind")), frozenset())
    data = note.get("data")
    values = data if isinstance(data, dict) else {}
    return {**note, "data": {name: value for name, value in values.items() if name in kept}}
