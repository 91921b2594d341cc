"""The llm stage: `Generate` in, `Token`s and one `Generated` out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from appliance.engines.contract import Completion, LlmEngine
from appliance.stages.engine import EngineStage
from appliance.wire import messages

TOKEN_INTERVAL_SECONDS = 0.03
"""A small model makes thousands of tokens a second; text is sent at most this often, so that the stage stays
well below `supervision.max_messages_per_second` and still looks at its socket."""


class _Running:
    """One generation: what is known of it, and text not sent yet."""

    def __init__(self, turn: int) -> None:
        self.turn = turn
        self.tokens = 0
        self.started = time.monotonic()
        self.first_token_ms = 0.0
        self._unsent = ""
        self._sent_at = 0.0

    def take(self, text: str) -> messages.Token | None:
        """A piece from the engine; a message when one is due. Empty text only shows that work goes on."""
        now = time.monotonic()
        first = bool(text) and not self.tokens
        if first:
            self.first_token_ms = self._since(now)
        self.tokens += bool(text)
        self._unsent += text
        if not first and now - self._sent_at < TOKEN_INTERVAL_SECONDS:
            return None
        self._sent_at = now
        return self.rest() or messages.Token(self.turn, "")

    def rest(self) -> messages.Token | None:
        """All text not sent yet."""
        text, self._unsent = self._unsent, ""
        return messages.Token(self.turn, text) if text else None

    def ended(
        self, reason: Any, prompt_tokens: int, tokens: int, prefill_tokens: int = 0
    ) -> messages.Generated:
        """The last message of this generation."""
        ms = self._since(time.monotonic())
        return messages.Generated(
            self.turn, reason, prompt_tokens, tokens, self.first_token_ms, ms, prefill_tokens
        )

    def _since(self, now: float) -> float:
        return round((now - self.started) * 1000, 1)


class LlmStage(EngineStage[LlmEngine]):
    """One language model, one generation at a time; others wait in the loop's queue."""

    kind = "llm"

    def __init__(self) -> None:
        super().__init__()
        self._running: _Running | None = None

    def handle(self, message: messages.Message) -> Iterator[messages.Message | None]:
        """Generate. Yields with every token, so that a cancellation is seen before the next one."""
        if not isinstance(message, messages.Generate):
            return
        running = self._running = _Running(message.turn)
        deadline_seconds = max(0, message.deadline_ms) / 1000
        work = self.engine.generate(
            message.system, message.text, message.grammar, max(0, message.max_tokens), deadline_seconds
        )
        for piece in work:
            if isinstance(piece, Completion):
                self._running = None
                yield from filter(None, [running.rest()])
                yield running.ended(piece.reason, piece.prompt_tokens, piece.tokens, piece.prefill_tokens)
            else:
                yield running.take(piece)

    def cancelled(self, turn: int) -> Iterator[messages.Message]:
        """The loop has closed the generation of this turn, if one was running: say so."""
        running = self._running
        if running is None or running.turn != turn:
            return
        self._running = None
        yield running.ended("cancelled", 0, running.tokens)


STAGE = LlmStage
