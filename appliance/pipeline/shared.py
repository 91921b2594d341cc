"""What all rooms have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from appliance.config.model import Config
from appliance.dialogue.arbitration import Arbiter
from appliance.dialogue.fillers import Fillers
from appliance.history.history import History
from appliance.judgement.words import classify
from appliance.pipeline.assent import Assent
from appliance.pipeline.counsel import Counsel
from appliance.pipeline.exchange import Ended
from appliance.pipeline.hands import Hands
from appliance.pipeline.mind import Mind
from appliance.pipeline.stages import Stages
from appliance.pipeline.trace import Trace, TurnNote
from appliance.supervision.states import State
from appliance.timers.service import Timers
from appliance.understanding import phrases

if TYPE_CHECKING:
    from appliance.pipeline.site import Site


@dataclass(eq=False)
class Shared:
    """What all places have in common."""

    stages: Stages
    mind: Mind
    hands: Hands
    trace: Trace
    arbiter: Arbiter
    config: Config
    assent: Assent
    counsel: Counsel
    fillers: Fillers
    on_question: Callable[[str, bool], None]
    """A room waits for an answer to a question, or does not any more."""
    on_note: Callable[[TurnNote], None]
    """Hears every note of a turn."""
    timers: Timers | None = None
    history: History | None = None
    turns: dict[int, Site] = field(default_factory=dict)
    """Where each running turn is."""
    next_turn: Callable[[], int] = field(default_factory=lambda: count(1).__next__)
    """A number that no turn had before."""

    def over(self, turn: int, room: str, ended: Ended) -> None:
        """That turn of a room is over: for those who remember it."""
        self.counsel.over(turn, room, ended)
        if self.history is not None:
            self.history.note(room, ended.words, ended.heard, done=ended.done)

    def has_model(self) -> bool:
        """Can a language model be asked now?"""
        return self.stages.state("llm") is State.READY

    def agrees(self, text: str) -> bool | None:
        """Is this a yes, a no (False), or neither?"""
        return {"yes": True, "no": False}.get(classify(text, self.config.language)[0])

    def clarification(self, language: str) -> str:
        """What to say when nothing was understood; not always the same."""
        return self.fillers.words("clarification", language) or phrases.not_understood(language)
