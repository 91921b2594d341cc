"""A conversation with a language model about one home: questions out, words and deeds back. Pure.

    request ─▶ Generate          what to send to the model
    take    ─▶ words             what may be spoken of the piece that just came
    finish  ─▶ Outcome           rest of the words; or deeds for the judge; or one more question to send
    spoken                       how much of it was heard: only that is remembered

Nothing is sent, done or waited for here.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from appliance.config.model import Config
from appliance.conversation import grammar, parse, prompt, roster
from appliance.conversation.memory import Memory
from appliance.conversation.output import Output
from appliance.conversation.roster import Roster
from appliance.home.entities import House
from appliance.wire.messages import Deed, Generate, Generated

MAX_OPEN = 64
"""Turns that are under way; the oldest is given up for one more."""
ANSWER_BEFORE_DEADLINE = 0.9
"""The model must stop before the turn's own deadline, so that its last words can still be spoken."""
_STOPPED = "stop"


class Outcome(msgspec.Struct, frozen=True):
    """How an answer ended."""

    text: str = ""
    """Words that were held back until now."""
    deeds: tuple[Deed, ...] = ()
    """What the model proposes; every one goes through the judge."""
    again: Generate | None = None
    """States were asked for: send this, and go on with `take` and `finish`."""
    why: str = ""
    """Why there is neither: a `Generated.reason`, or a `parse.Refusal.why`."""


class _Open:
    """A turn under way."""

    def __init__(self, room: str, words: str, question: Generate, shown: Roster, deadline: float) -> None:
        self.room = room
        self.words = words
        self.question = question
        self.shown = shown
        self.deadline = deadline
        self.output = Output()
        self.looked = False
        self.done = False


class Conversation:
    """See the module. Times are seconds of any monotonic clock."""

    def __init__(self, config: Config, house: Callable[[], House]) -> None:
        self._config = config
        self._house = house
        self._memory = Memory(config.llm.memory_turns, config.llm.memory_seconds)
        self._open: dict[int, _Open] = {}
        self._beginning: Roster | None = None

    def names_changed(self) -> None:
        """Other names, rooms or things: the beginning of all questions is made anew with the next one."""
        self._beginning = None

    def reconfigure(self, config: Config) -> None:
        """Other settings from the next question on."""
        self._config = config
        self._beginning = None
        self._memory.reconfigure(config.llm.memory_turns, config.llm.memory_seconds)

    # --- a turn -------------------------------------------------------------------------------------------

    def warm(self, turn: int = 0) -> Generate:
        """Makes the model read what all questions begin with; nothing is answered. After names changed."""
        shown = self._stable(self._house())
        return Generate(turn, self._system(shown), "?", max_tokens=0, deadline_ms=self._deadline_ms)

    def request(self, turn: int, room: str, text: str, now: float, area: str = "") -> Generate:
        """The question of this turn, asked in this room; `area` is the room's name as people say it."""
        house = self._house()
        shown = self._stable(house)
        named = roster.found(house, self._config.policy.marked, text) if self._config.llm.house_chars else ()
        whole = shown.plus(named)
        listed = [each for each in whole.shown if each.id in {other.id for other in named}]
        question = Generate(
            turn,
            self._system(shown),
            prompt.text(text, area, self._memory.recall(room, now), prompt.known_of(listed, shown, house)),
            grammar.of(whole),
            self._config.llm.max_tokens,
            self._deadline_ms,
        )
        self._open.pop(turn, None)
        self._open[turn] = _Open(room, text, question, whole, now + self._deadline_ms / 1000)
        while len(self._open) > MAX_OPEN:
            del self._open[next(iter(self._open))]
        return question

    def take(self, turn: int, piece: str) -> str:
        """A piece of the answer; the words of it that may be spoken."""
        known = self._open.get(turn)
        return known.output.feed(piece) if known else ""

    def finish(self, ended: Generated, now: float) -> Outcome:
        """The generation ended. A turn that is not known has no outcome but its reason."""
        known = self._open.get(ended.turn)
        if known is None:
            return Outcome(why=ended.reason)
        rest = known.output.finish()
        if known.output.words:
            return Outcome(rest)
        if ended.reason != _STOPPED or not parse.is_calls(known.output.held):
            return Outcome(why=ended.reason if ended.reason != _STOPPED else "unreadable")
        house = self._house()
        read = parse.calls(known.output.held, known.shown, house, self._config.policy.marked)
        if isinstance(read, parse.Refusal):
            return Outcome(why=read.why)
        if read.deeds:
            known.done = True
            return Outcome(deeds=read.deeds)
        return self._again(known, read.lookups, house, now)

    def _again(self, known: _Open, lookups: tuple[str, ...], house: House, now: float) -> Outcome:
        """Once: with the states, in words only."""
        left_ms = int((known.deadline - now) * 1000)
        if known.looked or left_ms <= 0:
            return Outcome(why="too_many" if known.looked else "deadline")
        known.looked, known.output = True, Output()
        known.question = msgspec.structs.replace(
            known.question,
            text=f"{known.question.text}\n{prompt.looked_up(lookups, house)}",
            grammar=grammar.SPEECH_ONLY,
            deadline_ms=left_ms,
        )
        return Outcome(again=known.question)

    def repeated(self, turn: int, now: float) -> Generate | None:
        """The same question for a fresh engine, with the time that is left; None when none is."""
        known = self._open.get(turn)
        left_ms = int((known.deadline - now) * 1000) if known else 0
        if known is None or left_ms <= 0 or known.output.words:
            return None
        known.output = Output()
        return msgspec.structs.replace(known.question, deadline_ms=left_ms)

    # --- memory -------------------------------------------------------------------------------------------

    def spoken(self, turn: int, heard: str, now: float, *, done: bool | None = None) -> None:
        """This turn is over, and so much of its answer was heard; `done`: were its deeds really done?"""
        known = self._open.pop(turn, None)
        if known is not None:
            was_done = known.done if done is None else done
            self._memory.keep(known.room, known.words, heard, now, done=was_done)

    def note(self, room: str, words: str, heard: str, now: float, *, done: bool = False) -> None:
        """An exchange that needed no model; what follows may mean it."""
        self._memory.keep(room, words, heard, now, done=done)

    def forget(self, room: str = "") -> None:
        """Everything that was said in this room, or anywhere."""
        self._memory.forget(room)

    # --- parts --------------------------------------------------------------------------------------------

    @property
    def _deadline_ms(self) -> int:
        return int(self._config.llm.deadline_seconds * ANSWER_BEFORE_DEADLINE * 1000)

    def _stable(self, house: House) -> Roster:
        if self._beginning is None:
            limit = self._config.llm.house_chars
            self._beginning = roster.stable(house, self._config.policy.marked, limit)
        return self._beginning

    def _system(self, shown: Roster) -> str:
        return prompt.system(self._config.llm.system, self._config.language, shown)
