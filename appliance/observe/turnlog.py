"""Each turn in the log: one line when it is done, one for each step at level debug. Never the words.

Every line that belongs to a turn carries `trace_id` (one a turn), `session_id` (one a conversation: turns at
one place that follow each other), `stage` and `latency_ms`; the component is the line's own.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from time import monotonic

from appliance.observe import logs
from appliance.observe.steps import Step, Steps
from appliance.wire.notes import Note

LOG = logging.getLogger(__name__)
SESSION_SECONDS = 180.0
"""As long as a conversation is remembered (llm.memory_seconds)."""
MAX_SITES = 256
FACTS = ("total_ms", "reply_ms", "source", "outcome", "name", "score", "deeds")
"""What of a step is written, where it says something."""


def boot() -> str:
    """A new name for this run of the program: the numbers of turns start anew with each."""
    return secrets.token_hex(8)


def trace_id(site: str, turn: int, boot: str) -> str:
    """One a turn: 32 hexadecimal digits, as OpenTelemetry has them."""
    return hashlib.blake2b(f"{boot}\0{turn}\0{site}".encode(), digest_size=16).hexdigest()


def session_id(site: str, first_turn: int, boot: str) -> str:
    """One a conversation, by its first turn: 16 hexadecimal digits."""
    return hashlib.blake2b(f"{boot}\0{first_turn}\0{site}".encode(), digest_size=8).hexdigest()


class Sessions:
    """Which conversation a turn belongs to. Bounded; the clock is a parameter."""

    def __init__(self, seconds: float = SESSION_SECONDS) -> None:
        self._seconds = seconds
        self._known: OrderedDict[str, tuple[int, int, float]] = OrderedDict()

    def first_turn(self, site: str, turn: int, now: float) -> int:
        """The turn that began the conversation of this one; `now` in seconds of a monotonic clock."""
        first, newest, seen = self._known.get(site, (turn, turn, now))
        if turn != newest and now - seen > self._seconds:
            first = turn
        self._known[site] = (first, turn, now)
        self._known.move_to_end(site)
        while len(self._known) > MAX_SITES:
            self._known.popitem(last=False)
        return first


class TurnLog:
    """`note` is a watcher for `pipeline.trace.Trace.watch`."""

    def __init__(
        self, boot: str, clock: Callable[[], float] = monotonic, session_seconds: float = SESSION_SECONDS
    ) -> None:
        self._boot = boot
        self._clock = clock
        self._steps = Steps()
        self._sessions = Sessions(session_seconds)
        self._sites: OrderedDict[int, str] = OrderedDict()
        """Where the newest turns are."""

    def ids(self, site: str, turn: int) -> dict[str, object]:
        """`trace_id` and `session_id` of a turn."""
        first = self._sessions.first_turn(site, turn, self._clock())
        return {
            "trace_id": trace_id(site, turn, self._boot),
            "session_id": session_id(site, first, self._boot),
        }

    def bound(
        self, site: str, turn: int, stage: str = "turn", latency_ms: float | None = None
    ) -> AbstractContextManager[None]:
        """Whatever is logged inside, and by tasks begun inside, belongs to this turn."""
        if not turn:
            return logs.bound()
        return logs.bound(**self.ids(site, turn), stage=stage, latency_ms=latency_ms)

    def working(self, turn: int, stage: str) -> AbstractContextManager[None]:
        """The same, for a stage's message that knows only its turn; one that nobody knows is nobody's."""
        site = self._sites.get(turn)
        return nullcontext() if site is None else self.bound(site, turn, stage)

    def note(self, note: Note) -> Step | None:
        """One note of a turn; what is known of it without its words."""
        step = self._steps.take(note)
        if step is not None and step.first:
            self._sites[note.turn] = note.site
            while len(self._sites) > MAX_SITES:
                self._sites.popitem(last=False)
        if step is not None and step.kind != "partial":
            self._log(note, step)
        return step

    def _log(self, note: Note, step: Step) -> None:
        level = _level(step)
        if LOG.isEnabledFor(level):
            LOG.log(
                level,
                "turn %d %s",
                step.turn,
                _words(step),
                extra=self.ids(note.site, note.turn) | _fields(step),
            )
        elif step.first:
            self.ids(note.site, note.turn)


def _level(step: Step) -> int:
    """One line a turn in daily use; one that ran out of time is worth a look."""
    if step.kind != "done":
        return logging.DEBUG
    return logging.WARNING if step.outcome == "late" else logging.INFO


def _words(step: Step) -> str:
    return f"is done: {step.outcome}" if step.kind == "done" else step.kind.replace("_", " ")


def _fields(step: Step) -> dict[str, object]:
    facts = {name: getattr(step, name) for name in FACTS if getattr(step, name) not in {None, ""}}
    # A record has a `name` of its own.
    name = facts.pop("name", None)
    named = {"wake_word" if step.kind == "wake" else "intent": name} if name else {}
    return {"stage": step.stage, "latency_ms": step.latency_ms, "site": step.site} | facts | named
