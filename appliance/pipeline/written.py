"""What is typed in a place where a yes or a PIN is awaited: the answer, not the next sentence. Pure."""

from __future__ import annotations

from appliance.dialogue.turn import Phase


class Written:
    """One place's."""

    def __init__(self) -> None:
        self._turn = 0
        self._text = ""
        self._busy = False

    def begin(self, turn: int) -> None:
        """This turn's sentence was typed."""
        self._turn, self._text, self._busy = turn, "", False

    def owns(self, turn: int) -> bool:
        """Was this turn's sentence typed? Then only what is typed answers its question."""
        return turn == self._turn

    def takes(self, phase: Phase, *, asked: bool) -> bool:
        """Is what is typed now an answer? One at a time; while the question is being said, it waits."""
        return asked and not self._busy and phase in {Phase.LISTENING, Phase.SPEAKING}

    def take(self, text: str) -> None:
        """The answer; "" is none."""
        if text:
            self._text, self._busy = text, True

    def given(self) -> str:
        """The answer, once; "" without any."""
        text, self._text = self._text, ""
        return text

    def judged(self) -> None:
        """It is known what it leads to: another one may come."""
        self._busy = False

    def over(self) -> None:
        """The turn is over: nothing typed for it counts any more."""
        self._text, self._busy = "", False
