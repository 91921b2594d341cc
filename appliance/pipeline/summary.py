"""Follows one turn through its notes and sums it up: what `ask`, `replay` and the demonstration report."""

from __future__ import annotations

from typing import Any

import msgspec

from appliance.pipeline.trace import TurnNote


class Summary(msgspec.Struct):
    """One turn, as far as it has come. Times are milliseconds of the microphone's clock."""

    turn: int
    word: str = ""
    heard: str = ""
    intent: str = ""
    source: str = ""
    deeds: list[dict[str, Any]] = []
    reply: list[str] = []
    outcome: str = ""
    started_ms: int = 0
    speech_end_ms: int = 0
    endpoint_ms: int = 0
    transcript_ms: int = 0
    intent_ms: int = 0
    deed_ms: int = 0
    reply_ms: int = 0
    first_audio_ms: int = 0
    done_ms: int = 0
    audio_seconds: float = 0.0
    audio_rms: float = 0.0

    @property
    def over(self) -> bool:
        """Did the turn end?"""
        return bool(self.outcome)

    @property
    def confirmed(self) -> bool:
        """Did every device's own state confirm its deed?"""
        return all(deed["confirmed"] for deed in self.deeds)

    @property
    def answer(self) -> str:
        """Everything that was said."""
        return " ".join(self.reply)

    @property
    def latency_ms(self) -> int | None:
        """End of speech (or the typed question) to the first sound of the answer."""
        if not self.first_audio_ms:
            return None
        return self.first_audio_ms - (self.speech_end_ms or self.started_ms)

    def take(self, note: TurnNote) -> None:
        """Add one note of this turn."""
        data = note.data
        if not self.started_ms:
            self.started_ms = note.at_ms
        match note.kind:
            case "wake":
                self.word = data["word"]
            case "endpoint":
                self.endpoint_ms = note.at_ms
            case "transcript":
                self.heard, self.transcript_ms = data["text"], note.at_ms
            case "intent":
                self.intent, self.source, self.intent_ms = data["intent"], data["source"], note.at_ms
            case "deed":
                self.deeds.append(data)
                self.deed_ms = note.at_ms
            case "reply":
                self.reply.append(data["text"])
                self.reply_ms = self.reply_ms or note.at_ms
            case "first_audio":
                self.first_audio_ms, self.speech_end_ms = note.at_ms, data["speech_end_ms"]
            case "played":
                self.audio_seconds, self.audio_rms = data["seconds"], data["rms"]
            case "done":
                self.outcome, self.done_ms = data["outcome"], note.at_ms
            case _:
                pass
