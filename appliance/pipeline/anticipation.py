"""What can be known before the speaker is done: how long to wait for more, and what the answer would be."""

from __future__ import annotations

from collections.abc import Callable

from appliance.config.model import Vad
from appliance.dialogue import patience
from appliance.dialogue.sentences import split
from appliance.pipeline.ears import Ears
from appliance.pipeline.mouth import Mouth
from appliance.wire import messages


class Anticipation:
    """Of one room. Nothing is done because of it: a deed waits until the end is certain."""

    def __init__(
        self, ears: Ears, mouth: Mouth, consider: Callable[[int, str, str], None], vad: Vad, language: str
    ) -> None:
        """`consider` asks whether the words of a turn, said in an area, are a whole sentence."""
        self._ears = ears
        self._mouth = mouth
        self._consider = consider
        self._heard, self._heard_ms = "", 0
        """The latest partial text, and when it was complete."""
        self.reconfigure(vad, language)

    def reconfigure(self, vad: Vad, language: str) -> None:
        """Other silences from the next words on."""
        self._vad = vad
        self._language = language

    def begin(self) -> None:
        """Somebody begins to speak: nothing was heard yet."""
        self._heard = ""

    def heard(self, turn: int, text: str, area: str, at_ms: int) -> None:
        """So far, at `at_ms` of the microphone. Until it is known whether this is whole, wait as for any."""
        self._heard, self._heard_ms = text, at_ms
        self._ears.wait(turn, patience.end_silence_ms(self._vad, None))
        self._ears.said(turn, None)
        if text.strip():
            self._consider(turn, text, area)

    def considered(self, message: messages.Considered) -> None:
        """What that would mean. An answer about former words says nothing."""
        if message.text != self._heard:
            return
        self._ears.wait(message.turn, patience.end_silence_ms(self._vad, message))
        if patience.is_over(message):
            self._ears.said(message.turn, self._heard_ms)
        for sentence in split(message.answer, self._language):
            self._mouth.prepare(message.turn, sentence)
