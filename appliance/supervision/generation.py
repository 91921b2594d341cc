"""What one process of a stage lives through, from Configure to its end.

Every end, whatever its cause, is one `Ended`; the first cause wins. Nothing here raises into the loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Literal

import msgspec

from appliance.config.model import Supervision
from appliance.supervision import usage
from appliance.supervision.child import Child
from appliance.supervision.lines import clean
from appliance.supervision.link import LinkEnd
from appliance.supervision.spec import StageSpec
from appliance.wire import messages

log = logging.getLogger(__name__)

LAST_WORDS_SECONDS = 0.5
"""Between the end of the socket and the end of the process, which knows the reason better."""
NOTE_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


class Ended(msgspec.Struct, frozen=True):
    """Why a generation ended: asked to, a missing piece, or a failure."""

    kind: Literal["asked", "missing", "failed"]
    text: str = ""
    hint: str = ""


class Generation:
    """Conducts one child until its end. The owner destroys the child."""

    def __init__(
        self,
        spec: StageSpec,
        policy: Supervision,
        on_ready: Callable[[messages.Ready], None],
        on_message: Callable[[messages.Message], None],
    ) -> None:
        self._spec = spec
        self._policy = policy
        self._on_ready = on_ready
        self._on_message = on_message
        self._loop = asyncio.get_running_loop()
        self._end: asyncio.Future[Ended] = self._loop.create_future()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._child: Child | None = None
        self._asked = False
        self._ready_at: float | None = None
        self._ping_id = 0
        self._ping_sent_at: float | None = None
        self._beat_due = 0.0

    @property
    def is_ready(self) -> bool:
        """Did it say Ready, and is it still alive?"""
        return self._ready_at is not None and not self._end.done()

    async def run(self, child: Child) -> Ended:
        """Configure it and wait for its end."""
        self._child = child
        child.start(self._exited)
        child.link.send(self._spec.configure)
        self._after("start", self._policy.start_seconds, self._too_slow)
        if not _kernel_limits(child):
            self._watch()
        try:
            return await self._end
        finally:
            for timer in self._timers.values():
                timer.cancel()

    def ready_seconds(self) -> float:
        """How long it was ready."""
        return 0.0 if self._ready_at is None else self._loop.time() - self._ready_at

    def stop(self) -> None:
        """Ask it to finish; one that does not listen, or is still loading, is killed by its owner."""
        self._asked = True
        if self.is_ready and self._child is not None:
            self._child.link.send(messages.Stop())
            self._after("stop", self._policy.stop_seconds, self._finish, Ended("asked", "had to be killed"))
        else:
            self._finish(Ended("asked"))

    # --- what the child does ----------------------------------------------------------------------------

    def heard(self, message: messages.Message) -> None:
        """A message of the right language from the child."""
        match message:
            case messages.Note(level=level, text=text):
                log.log(NOTE_LEVELS[level], "stage %s: %s", self._spec.name, clean(text))
            case messages.Pong(id=number):
                self._pong(number)
            case messages.Ready():
                self._ready(message)
            case messages.Failed(message=text, hint=hint, missing=missing):
                self._finish(Ended("missing" if missing else "failed", clean(text), clean(hint)))
            case _ if self._ready_at is None:
                self._finish(Ended("failed", f"sent {type(message).__name__} before Ready"))
            case _:
                self._on_message(message)

    def _ready(self, message: messages.Ready) -> None:
        if self._ready_at is not None:
            self._finish(Ended("failed", "said Ready twice"))
            return
        self._ready_at = self._loop.time()
        self._timers.pop("start").cancel()
        self._on_ready(message)
        self._next_beat()

    def printed(self, line: str) -> None:
        """A line of its standard output or error."""
        log.info("stage %s: %s", self._spec.name, line)

    def link_ended(self, end: LinkEnd) -> None:
        """Its socket closed, or what it sent was wrong."""
        if end.kind == "gone":
            # The exit status and the last line of output say more; they follow at once.
            self._after("gone", LAST_WORDS_SECONDS, self._finish, self._failure(end.text))
        else:
            self._finish(self._failure(f"{end.text} ({end.kind})"))

    def _exited(self) -> None:
        assert self._child is not None
        if self._asked:
            self._finish(Ended("asked"))
            return
        text = self._child.exit_text()
        hint = self._memory_hint() if "memory" in text else ""
        last = self._child.last_line
        self._finish(Ended("failed", f"{text}: {last}" if last else text, hint))

    def _failure(self, text: str) -> Ended:
        return Ended("asked") if self._asked else Ended("failed", text)

    def _memory_hint(self) -> str:
        name, limits = self._spec.name, self._spec.limits
        return f"raise limits.{name}.memory_max_mb above {limits.memory_max_mb}, or choose a smaller model"

    # --- deadlines --------------------------------------------------------------------------------------

    def _too_slow(self) -> None:
        seconds = self._policy.start_seconds
        hint = "choose a smaller model, or raise supervision.start_seconds"
        self._finish(Ended("failed", f"was not ready after {seconds:g} s", hint))

    def _next_beat(self) -> None:
        self._beat_due = self._loop.time() + self._policy.heartbeat_seconds
        self._after("beat", self._policy.heartbeat_seconds, self._beat)

    def _beat(self) -> None:
        assert self._child is not None
        now = self._loop.time()
        # A supervisor that was itself stopped must not blame its stages: their answers lie unread.
        late = now - self._beat_due > self._policy.heartbeat_seconds
        if self._ping_sent_at is None:
            self._ping_id += 1
            self._ping_sent_at = now
            self._child.link.send(messages.Ping(self._ping_id))
        elif late:
            self._ping_sent_at = now
        elif now - self._ping_sent_at >= self._policy.heartbeat_limit_seconds:
            limit = self._policy.heartbeat_limit_seconds
            self._finish(self._failure(f"did not answer its heartbeat for {limit:g} s"))
            return
        self._next_beat()

    def _pong(self, number: int) -> None:
        if number == self._ping_id and self._ping_sent_at is not None:
            self._ping_sent_at = None
        else:
            self._finish(self._failure("answered a heartbeat that was not asked"))

    def _watch(self) -> None:
        """Look at memory and processes where the kernel does not limit them."""
        assert self._child is not None
        excess = usage.excess(usage.measure(self._child.process.pid), self._spec.limits)
        if excess:
            self._finish(Ended("failed", excess, self._memory_hint() if "memory" in excess else ""))
        else:
            self._after("watch", self._policy.usage_seconds, self._watch)

    def _after(self, name: str, seconds: float, call: Callable[..., None], *arguments: object) -> None:
        if (old := self._timers.get(name)) is not None:
            old.cancel()
        self._timers[name] = self._loop.call_later(seconds, call, *arguments)

    def _finish(self, ended: Ended) -> None:
        if not self._end.done():
            self._end.set_result(ended)


def _kernel_limits(child: Child) -> bool:
    return child.group is not None and {"memory.max", "pids.max"} <= child.group.applied
