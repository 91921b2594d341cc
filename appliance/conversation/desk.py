"""Everyone's questions to one language model: conversations and the line before it, as one. Pure.

    ask      ─▶ Steps              token ─▶ words to speak now
    ended    ─▶ Outcome, Steps     drop, restart ─▶ Steps

`Steps.send` goes to the llm stage (or to the server that stands for it), in this order. Nothing more comes
for the turns of `Steps.late`: apologise.
"""

from __future__ import annotations

import msgspec

from appliance.conversation.conversation import Conversation, Outcome
from appliance.conversation.waiting import Line
from appliance.wire.messages import Cancel, Generate, Generated


class Steps(msgspec.Struct, frozen=True):
    """What to do now."""

    send: tuple[Generate | Cancel, ...] = ()
    late: tuple[int, ...] = ()


class Desk:
    """See the module. Times are seconds of one monotonic clock."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self._line = Line()

    def ask(self, turn: int, room: str, text: str, now: float, area: str = "") -> Steps:
        """Let the model answer; `area` as for `Conversation.request`."""
        question = self.conversation.request(turn, room, text, now, area)
        return self._joined(question, now)

    def token(self, turn: int, text: str) -> str:
        """A piece of an answer; what may be spoken of it."""
        return self.conversation.take(turn, text)

    def ended(self, message: Generated, now: float) -> tuple[Outcome, Steps]:
        """A generation ended. While `Outcome.again` is set, the turn goes on by itself."""
        self._line.served(message.turn)
        outcome = self.conversation.finish(message, now)
        steps = self._joined(outcome.again, now) if outcome.again else self._step(now)
        return outcome, steps

    def drop(self, turn: int, now: float) -> Steps:
        """Nobody wants this answer any more; the model is told only when it knows of it."""
        cancels = (Cancel(turn),) if self._line.leave(turn) else ()
        step = self._step(now)
        return Steps((*cancels, *step.send), step.late)

    def restart(self, now: float) -> Steps:
        """The model's process is a fresh one: it is asked again what it had not begun to say."""
        turn = self._line.turn
        if turn and self.conversation.repeated(turn, now) is None:
            self._line.served(turn)
            step = self._step(now)
            return Steps(step.send, (turn, *step.late))
        self._line.restart()
        return self._step(now)

    def _joined(self, question: Generate, now: float) -> Steps:
        joined = self._line.join(question, now)
        step = self._step(now)
        return step if joined else Steps(step.send, (*step.late, question.turn))

    def _step(self, now: float) -> Steps:
        step = self._line.step(now)
        return Steps((step.send,) if step.send else (), step.late)
