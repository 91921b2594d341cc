"""The language model, as rooms use it: one line of questions for all of them, and what became of each.

Thin: `conversation.desk` decides what is asked, when, and what an answer means; here it meets the stage.
"""

from __future__ import annotations

from collections.abc import Callable

from appliance.conversation.conversation import Outcome
from appliance.conversation.desk import Desk, Steps
from appliance.pipeline.exchange import Ended
from appliance.pipeline.stages import Stages
from appliance.supervision.states import State
from appliance.wire import messages

NO_TURN = 0


class Counsel:
    """`late` hears of a turn that the model will not answer any more."""

    def __init__(
        self, stages: Stages, desk: Desk, clock: Callable[[], float], late: Callable[[int], None]
    ) -> None:
        self._stages = stages
        self._desk = desk
        self._clock = clock
        self._late = late
        self._asked: set[int] = set()

    def ask(self, turn: int, room: str, text: str, area: str) -> None:
        """Let the model answer this turn of a room."""
        self._asked.add(turn)
        self._take(self._desk.ask(turn, room, text, self._clock(), area))

    def token(self, turn: int, text: str) -> str:
        """A piece of an answer; what may be spoken of it."""
        return self._desk.token(turn, text)

    def ended(self, message: messages.Generated) -> Outcome:
        """A generation ended, also of a turn that nobody waits for any more."""
        outcome, steps = self._desk.ended(message, self._clock())
        self._take(steps)
        return outcome

    def drop(self, turn: int) -> None:
        """Nobody wants this answer any more."""
        if turn in self._asked:
            self._take(self._desk.drop(turn, self._clock()))

    def over(self, turn: int, room: str, ended: Ended) -> None:
        """That turn is over: what was said in it, and what was heard of the answer."""
        if turn in self._asked:
            self._asked.discard(turn)
            self._desk.conversation.spoken(turn, ended.heard, self._clock(), done=ended.done)
        elif ended.words:
            self._desk.conversation.note(room, ended.words, ended.heard, self._clock(), done=ended.done)

    def stage_ready(self) -> None:
        """A fresh model: asked again what it owes, or made to read what every question begins with."""
        steps = self._desk.restart(self._clock())
        self._take(steps)
        if not steps.send:
            self._warm()

    def names_changed(self) -> None:
        """The home is called otherwise: the model reads it again before somebody waits for it."""
        self._desk.conversation.names_changed()
        if not self._asked:
            self._warm()

    def _warm(self) -> None:
        if self._stages.state("llm") is State.READY:
            self._stages.send("llm", self._desk.conversation.warm(NO_TURN))

    def _take(self, steps: Steps) -> None:
        for message in steps.send:
            self._stages.send("llm", message)
        for turn in steps.late:
            self._late(turn)
