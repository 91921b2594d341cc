"""Between what was understood and what is done: who said it, may they, and was it said at all.

Thin: the judgement decides (`judgement.judge`), the timers know their own sentences (`timers.service`); here
their words meet the rooms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from appliance.dialogue.events import DeedResult
from appliance.home.entities import House
from appliance.judgement.identity.evidence import Evidence
from appliance.judgement.judge import Judge
from appliance.judgement.policy import Room
from appliance.judgement.verdict import Heard, Verdict
from appliance.wire.messages import Deed


class Utterance:
    """What was heard or typed last in one room; times in seconds of the event loop's clock."""

    def __init__(self, *, typed: bool = False) -> None:
        self.typed = typed
        self.began = self.ended = 0.0
        self.speaker: Sequence[float] = ()


class Assent:
    """The judge, as rooms use it. Without one, everything is allowed that the home itself allows."""

    def __init__(
        self,
        judge: Judge | None,
        house: Callable[[], House],
        area_id: Callable[[str], str],
        clock: Callable[[], float],
    ) -> None:
        self._judge = judge
        self._house = house
        self._area_id = area_id
        self._clock = clock

    def weigh(
        self, deeds: tuple[Deed, ...], room: str, area: str, utterance: Utterance, turn: int
    ) -> Verdict:
        """What is to be done about these deeds."""
        if self._judge is None:
            return Verdict("allow", deeds)
        place = Room(room, self._area_id(area))
        return self._judge.judge(deeds, self._house(), place, self._evidence(place, utterance), turn)

    def is_own_voice(self, text: str, utterance: Utterance) -> bool:
        """Did one of our loudspeakers just say that?"""
        heard = Heard(text, utterance.began, utterance.ended)
        return self._judge is not None and self._judge.is_own_voice(heard)

    def is_asked(self, room: str) -> bool:
        """Is an answer awaited in this room?"""
        return self._judge is not None and self._judge.pending(room) is not None

    async def answer(
        self, text: str, room: str, area: str, utterance: Utterance, turn: int
    ) -> Verdict | None:
        """What the answer leads to; None: it was none, understand it as any sentence."""
        if self._judge is None:
            return None
        place = Room(room, self._area_id(area))
        heard = Heard(text, utterance.began, utterance.ended, "typed" if utterance.typed else "heard")
        evidence = self._evidence(place, utterance)
        return await self._judge.answer(heard, self._house(), place, evidence, turn)

    def record(self, verdict: Verdict, results: Iterable[DeedResult]) -> None:
        """What became of it."""
        if self._judge is not None:
            self._judge.record(verdict, results)

    def says(self, room: str, text: str) -> None:
        """This room's loudspeaker begins to say this."""
        if self._judge is not None:
            self._judge.own_voice.says(room, text, self._clock())

    def silent(self, room: str) -> None:
        """It says nothing any more."""
        if self._judge is not None:
            self._judge.own_voice.said(room, self._clock())

    def over(self, room: str, turn: int) -> None:
        """That turn is over, and so is its question."""
        if self._judge is not None:
            self._judge.end_turn(room, turn)

    def _evidence(self, place: Room, utterance: Utterance) -> Evidence:
        assert self._judge is not None
        voice = self._judge.household.heard(utterance.speaker)
        return Evidence(place.name, place.area, voice)
