"""Follows turns by their notes: what happened, and what was said last. No I/O; the words stay in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from appliance.presence.catalogue import OUTCOMES
from appliance.wire.notes import Note

MAX_TURNS = 64
MAX_HEARD_CHARS = 1_000
MAX_ANSWER_CHARS = 4_096


class Event(msgspec.Struct, frozen=True):
    """Something that happened once in a place."""

    site: str
    object_id: str
    kind: str
    more: Mapping[str, Any] = {}


class Last(msgspec.Struct, frozen=True):
    """The newest of something in a place."""

    site: str
    object_id: str
    value: str


class Words(msgspec.Struct, frozen=True):
    """What was heard and answered in a place: only for those who may know."""

    site: str
    heard: str
    answer: str


class Turns:
    """The turns under way."""

    def __init__(self) -> None:
        self._turns: dict[int, dict[str, Any]] = {}

    def take(self, note: Note) -> list[Event | Last | Words]:
        """What this note tells."""
        if note.kind == "stage" or not note.turn:
            return []
        turn = self._turn(note)
        match note.kind:
            case "wake":
                word = str(note.data.get("word", ""))
                score = {"score": note.data["score"]} if "score" in note.data else {}
                return [Last(note.site, "last_wake_word", word), Event(note.site, "wake", word, score)]
            case "transcript":
                turn["heard"] = str(note.data.get("text", ""))[:MAX_HEARD_CHARS]
            case "intent":
                turn["source"] = note.data.get("source", "")
                return [Last(note.site, "last_intent", str(note.data.get("intent", "")) or "unknown")]
            case "reply":
                said = f"{turn.get('answer', '')} {note.data.get('text', '')}"
                turn["answer"] = said.strip()[:MAX_ANSWER_CHARS]
            case "first_audio":
                since = note.data.get("speech_end_ms") or turn["started"]
                turn["latency_ms"] = max(0, note.at_ms - since)
            case "done":
                del self._turns[note.turn]
                return _ended(note, turn)
        return []

    def _turn(self, note: Note) -> dict[str, Any]:
        turn = self._turns.setdefault(note.turn, {"started": note.at_ms})
        while len(self._turns) > MAX_TURNS:
            del self._turns[next(iter(self._turns))]
        return turn


def _ended(note: Note, turn: Mapping[str, Any]) -> list[Event | Last | Words]:
    found: list[Event | Last | Words] = [Words(note.site, turn.get("heard", ""), turn.get("answer", ""))]
    outcome = str(note.data.get("outcome", ""))
    if outcome in OUTCOMES:
        more = {name: turn[name] for name in ("latency_ms", "source") if turn.get(name)}
        found.append(Event(note.site, "turn", outcome, more))
    return found
