"""Sentences that nobody has to be asked about: what is about timers, and what only wants silence."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from appliance.dialogue import events, stopping
from appliance.pipeline.shared import Shared


class Asides:
    """One place's."""

    def __init__(
        self, shared: Shared, room: str, note: Callable[..., Any], handle: Callable[[events.Event], None]
    ) -> None:
        """`note` tells what happens: turn, kind, data; `handle` takes what comes of it."""
        self._shared = shared
        self._room = room
        self._note = note
        self._handle = handle

    def of(self, turn: int, text: str) -> Coroutine[Any, Any, None] | None:
        """What is to be done about this sentence, soon; None: it is none of these."""
        timers = self._shared.timers
        request = timers.understand(text, self._room) if timers else None
        if timers is not None and request is not None:
            return self._timer(turn, timers.ask(request, self._room))
        return self._silence() if stopping.only_stop(text, self._shared.config.language) else None

    async def _timer(self, turn: int, asked: Awaitable[Any]) -> None:
        answer = await asked
        self._note(turn, "intent", intent="timer", source="intent", ms=0.0, deeds=[])
        self._handle(events.Meant(turn, (), answer.text, "intent", answer.expects_reply))

    async def _silence(self) -> None:
        self._handle(events.Dropped())
