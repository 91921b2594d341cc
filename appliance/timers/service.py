"""Timers that run: kept on disk, rung when due, changed by what people ask. One for each appliance.

Everything happens in one event loop. What somebody asked for is on disk before it is confirmed; what time
itself does (it rings, it is stopped) happens at once and is written after.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from appliance.config.model import Timers as TimersConfig
from appliance.tasks import end
from appliance.timers import calendar, model, phrases, spoken
from appliance.timers.clock import Clock, SystemClock, system_zone
from appliance.timers.decide import Decision, Situation, decide
from appliance.timers.model import Now, Timer, TimerError
from appliance.timers.request import Answer, Request
from appliance.timers.ringing import Ringer
from appliance.timers.schedule import Effect, Policy, finished, remaining, step
from appliance.timers.sounding import LOCAL, Sounding
from appliance.timers.usable import first_zone, usable
from appliance.timers.writer import Writer

LOG = logging.getLogger(__name__)
LOOK_SECONDS = 5.0
"""Longest sleep while something is set: so soon a stepped clock or the end of a suspension is noticed."""
SEEN_SECONDS, SEEN_RARELY_SECONDS = 60.0, 3_600.0
"""How often it is written down that the machine runs, with time being counted and without.

It is what a power cut may cost when no clock is right; alarms need it only to tell a clock that is behind.
"""
RETRY_SECONDS = 5.0
"""Pause after a write that failed."""
PENDING_SECONDS = 60.0
"""How long a question waits for its reply."""
TRIES = 5


def _no_area(room: str) -> str:
    del room
    return ""


Changed = Callable[[Timer, str], None]
"""Called with a timer and what became of it: set, changed, ringing, done, cancelled, missed."""


class Timers:
    """All timers, alarms and reminders of a home. `start`, then `stop`."""

    def __init__(
        self,
        config: TimersConfig,
        data: Path,
        ringer: Ringer,
        *,
        language: str = "en",
        clock: Clock | None = None,
        area: Callable[[str], str] = _no_area,
    ) -> None:
        """`data` is the data directory, `area` the area of a room, "" when that is not known."""
        self.on_change: list[Changed] = []
        self._writer = Writer(data)
        self._sounding = Sounding(ringer)
        self._clock = clock or SystemClock()
        self._area = area
        self._timers: dict[int, Timer] = {}
        self._next_id = 1
        self._seen: Now | None = None
        self._seen_written_s = 0.0
        self._pending: dict[str, tuple[Request, float]] = {}
        self._unsaved: set[int] = set()
        self._dirty = asyncio.Event()
        self._woken = asyncio.Event()
        self._asking = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self.reconfigure(config, language)

    def reconfigure(self, config: TimersConfig, language: str) -> None:
        """Take over settings and language; alarms that are set keep their zone."""
        self._language = language
        self._snooze_s = config.snooze_minutes * 60
        self._patience_s = config.unsynchronised_minutes * 60
        zone = first_zone(config.zone, system_zone())
        if config.zone not in ("", zone):
            LOG.warning("timers.zone: there is no time zone %r; using %s", config.zone, zone)
        self._policy = Policy(config.ring_minutes * 60, config.late_hours * 3600, zone)
        self._woken.set()

    async def start(self) -> None:
        """Read what is kept and begin. Raises TimerError when nothing can be kept."""
        loaded = await self._writer.open()
        self._seen = loaded.seen
        read = [(timer.id, usable(timer, self._policy.zone)) for timer in loaded.timers]
        self._timers = {number: timer for number, timer in read if timer is not None}
        self._next_id = max([loaded.last_id, *self._timers]) + 1
        if loaded.damaged or len(self._timers) < len(read):
            text = phrases.say(self._language, "damaged")
            self._sounding.tell_later(Timer(0, "alarm"), text)
        self._tick()
        for work in (self._run(), self._save()):
            task = asyncio.create_task(work, name="timers")
            task.add_done_callback(_report)
            self._tasks.append(task)

    async def stop(self) -> None:
        """Be silent, write what is not written, and close. May be called twice."""
        await end(*self._tasks)
        if self._tasks:
            self._tasks.clear()
            self._sounding.hush_all()
            if self._unsaved:
                with contextlib.suppress(TimerError):
                    await self._write({})
            await self._writer.close()

    # --- asked from outside -----------------------------------------------------------------------------

    def list(self) -> tuple[Timer, ...]:
        """Everything that is set, paused or ringing, by id."""
        return tuple(self._timers.values())

    def remaining(self, timer: Timer) -> float | None:
        """Seconds until it rings; None while that cannot be known."""
        return remaining(timer, self._now())

    def describe(self, timer: Timer) -> str:
        """What one calls it, in the language of the house."""
        now = self._now()
        here = calendar.local(now.wall_s, self._policy.zone) if now.trusted else None
        return phrases.name(self._language, timer, here)

    def understand(self, sentence: str, room: str, language: str = "") -> Request | None:
        """What a sentence heard in this room wants of the timers; None when it is not about them."""
        language = language or self._language
        pending = self._waiting(room)
        if pending is not None and spoken.refuses(sentence, language):
            del self._pending[room]
            return None
        ringing = bool(self._sounding.numbers(room))
        request = spoken.parse(sentence, language, pending=pending, ringing=ringing)
        return request if request is not None and self.concerns(request) else None

    def parse(self, sentence: str) -> Request | None:
        """What a sentence means by itself, in the language of the house."""
        return spoken.parse(sentence, self._language)

    def concerns(self, request: Request) -> bool:
        """May it be about what is kept here? "Turn off the alarm" with no alarm set means another one."""
        if request.do == "set" or request.kind in ("timer", "reminder"):
            return True
        if request.kind == "alarm" and request.do == "status":
            return True
        return any(request.kind in (None, timer.kind) for timer in self._timers.values())

    async def ask(self, request: Request, room: str = LOCAL, person: str = "") -> Answer:
        """Do it, and what to say about it. What it confirms is on disk."""
        self._pending.pop(room, None)
        try:
            async with self._asking:
                decision = await self._decide(request, room, person)
        except TimerError as error:
            LOG.error("%s", error)  # noqa: TRY400 - a sentence for people, not a traceback
            return Answer(phrases.say(self._language, "cannot_keep"), ok=False)
        if decision.pending is not None:
            self._pending[room] = (decision.pending, self._clock.now().boot_s + PENDING_SECONDS)
        return decision.answer

    async def _decide(self, request: Request, room: str, person: str) -> Decision:
        """Decide and keep; once more when time or somebody was quicker meanwhile. Raises TimerError."""
        for _ in range(TRIES):
            before = dict(self._timers)
            decision = decide(request, self._situation(room, person))
            if not decision.changes or await self._keep(decision, before):
                return decision
        raise TimerError("timers changed all the time while one was being kept")

    def stop_ringing(self, room: str = LOCAL) -> bool:
        """Silence what rings in this room, at once; False when nothing does."""
        return self._stop(self._sounding.numbers(room))

    def stop_everywhere(self) -> bool:
        """Silence what rings in any room; False when nothing does."""
        return self._stop(self._sounding.numbers())

    def _stop(self, numbers: tuple[int, ...]) -> bool:
        now = self._now()
        for number in numbers:
            self._take(finished(self._timers[number], now, "done"), "done")
        self._save_soon(*numbers)
        return bool(numbers)

    async def forget(self, person: str) -> int:
        """Remove all that this person set, and every trace of it; how many. Raises TimerError."""
        gone = [timer for timer in self._timers.values() if person and timer.person == person]
        for timer in gone:
            self._take(msgspec.structs.replace(timer, state="cancelled", due=None), "cancelled")
        self._save_soon(*(timer.id for timer in gone))
        await self._write({})
        return len(gone)

    def room_gone(self, room: str) -> None:
        """This room cannot sound any more: what rang there rings here instead."""
        for number in self._sounding.lose(room):
            self._timers[number] = model.restored(self._timers[number])
        self._woken.set()

    # --- time -------------------------------------------------------------------------------------------

    def _now(self) -> Now:
        """All clocks; the wall clock trusted as far as one must."""
        return model.believe(self._clock.now(), self._seen, self._patience_s)

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            next_s = self._tick()
            await self._clock.wait(self._woken, next_s)

    def _tick(self) -> float | None:
        """Let time do what it does; seconds until it is to be looked at again."""
        now = self._now()
        done = step(self._timers.values(), now, self._seen, self._policy)
        self._seen = model.witness(now, self._seen)
        missed = {effect.timer.id for effect in done.effects if effect.kind == "missed"}
        for timer in done.changed:
            self._take(timer, "missed" if timer.over or timer.id in missed else "")
        # What was missed stays on disk until somebody was told.
        self._save_soon(*(timer.id for timer in done.changed if timer.id not in missed))
        for effect in done.effects:
            self._hear(effect)
        self._save_soon(*self._sounding.tell())
        self._note_seen(now)
        if not self._timers and not self._sounding.waiting:
            return None
        return min(LOOK_SECONDS, LOOK_SECONDS if done.next_s is None else max(done.next_s, 0.0))

    def _hear(self, effect: Effect) -> None:
        timer = effect.timer
        if effect.kind == "missed":
            self._sounding.tell_later(timer, phrases.missed(self._language, timer, effect.late_s))
        elif effect.kind == "ring":
            words = phrases.ring(self._language, timer, effect.late_s, sure=effect.sure)
            if self._sounding.ring(timer, words):
                self._take(timer, "ringing")
            else:  # due still, and later every time
                self._timers[timer.id] = model.restored(timer)

    def _note_seen(self, now: Now) -> None:
        counting = any(timer.due is not None for timer in self._timers.values())
        pause_s = SEEN_SECONDS if counting else SEEN_RARELY_SECONDS
        if self._timers and now.boot_s - self._seen_written_s >= pause_s:
            self._dirty.set()

    # --- keeping ----------------------------------------------------------------------------------------

    def _situation(self, room: str, person: str) -> Situation:
        timers = tuple(self._timers.values())
        areas = {each: self._area(each) for each in {timer.room for timer in timers} | {room}}
        return Situation(
            timers,
            self._now(),
            self._language,
            room,
            person,
            self._policy,
            areas,
            self._next_id,
            self._snooze_s,
        )

    async def _keep(self, decision: Decision, before: Mapping[int, Timer]) -> bool:
        """Write, then take over; False when it is to be decided again. Raises TimerError."""
        changes = {timer.id: None if timer.over else timer for timer in decision.changes}
        self._next_id = max(self._next_id, *(number + 1 for number in changes))
        try:
            await self._write(changes)
        except TimerError:
            self._save_soon(*changes)  # it may be written yet: then what is true follows it
            raise
        if any(self._timers.get(number) is not before.get(number) for number in changes):
            self._save_soon(*changes)
            return False
        for timer in decision.changes:
            self._take(timer, _event(timer, before.get(timer.id)))
        self._woken.set()
        return True

    def _save_soon(self, *numbers: int) -> None:
        self._unsaved.update(numbers)
        if numbers:
            self._dirty.set()

    async def _save(self) -> None:
        """Write what time changed; what cannot be written is tried again."""
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            try:
                await self._write({})
            except TimerError as error:
                LOG.error("%s", error)  # noqa: TRY400 - a sentence for people, not a traceback
                self._dirty.set()
                await asyncio.sleep(RETRY_SECONDS)

    async def _write(self, changes: Mapping[int, Timer | None]) -> None:
        """These changes and all that waits, in one transaction with the clocks that they were counted on."""
        waiting = {number: self._timers.get(number) for number in self._unsaved - changes.keys()}
        now = self._now()
        await self._writer.put(waiting | dict(changes), model.witness(now, self._seen))
        self._seen_written_s = now.boot_s
        self._unsaved -= {number for number, timer in waiting.items() if self._timers.get(number) is timer}
        self._unsaved -= changes.keys()

    def _take(self, timer: Timer, event: str) -> None:
        """This is how it is now."""
        if timer.state != "ringing":
            self._sounding.hush(timer.id)
        if timer.over:
            self._timers.pop(timer.id, None)
        else:
            self._timers[timer.id] = timer
        if event:
            for callback in tuple(self.on_change):
                callback(timer, event)

    def _waiting(self, room: str) -> Request | None:
        request, until_s = self._pending.get(room, (None, 0.0))
        if request is not None and self._clock.now().boot_s > until_s:
            del self._pending[room]
            return None
        return request


def _report(task: asyncio.Task[None]) -> None:
    """Timers that stand still must not do so in silence."""
    if not task.cancelled() and task.exception() is not None:
        LOG.critical("timers stopped", exc_info=task.exception())


def _event(timer: Timer, before: Timer | None) -> str:
    """What became of it, in a word."""
    if before is None:
        return "set"
    if timer.over:
        return timer.state
    return "done" if before.state == "ringing" and timer.due is None else "changed"
