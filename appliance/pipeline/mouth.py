"""From a reply's sentences to the loudspeaker, surviving the death of either stage on the way."""

from __future__ import annotations

from appliance.pipeline.places import Output
from appliance.pipeline.stages import Stages
from appliance.wire import messages

MAX_REPLY_BYTES = 8 * 1024 * 1024
"""Speech kept of the running reply, so that a fresh sound stage can play it again: about three minutes."""

FILLER = 1_000_000
"""Number of the words before the first sentence."""

Piece = tuple[int, int, bytes]
"""Turn, rate in hertz, mono s16le."""


class Mouth:
    """Speaks one turn at a time, in one place."""

    def __init__(self, stages: Stages, output: Output, speed: float) -> None:
        self._stages = stages
        self._output = output
        self.speed = speed
        self._turn = 0
        self._ended = False
        self._owed: dict[int, str] = {}
        """Sentences that are not complete yet."""
        self._made: dict[int, int] = {}
        """Bytes that came of each of them."""
        self._repeated: dict[int, int] = {}
        """Bytes that a replaced synthesizer had made."""
        self._pieces: list[Piece] = []
        self._kept_bytes = 0

    def say(self, turn: int, sentence: int, text: str) -> None:
        """Speak this sentence after the ones before."""
        if turn != self._turn:
            self._clear(turn)
        self._owed[sentence] = text
        self._stages.send("tts", messages.Speak(turn, sentence, text, self.speed))

    def fill(self, turn: int, text: str) -> None:
        """Say this while the answer is waited for; it comes first, and the answer follows it."""
        self.say(turn, FILLER, text)

    def prepare(self, turn: int, text: str) -> None:
        """This may have to be said soon."""
        self._stages.send("tts", messages.Prepare(turn, text, self.speed))

    def end(self, turn: int) -> None:
        """No more sentences follow."""
        if turn == self._turn:
            self._ended = True
            self._close_when_spoken()

    def stop(self, turn: int) -> None:
        """Forget this turn's reply."""
        if turn == self._turn:
            self._clear(0)

    def speech(self, message: messages.SpeechAudio) -> bool:
        """A piece of speech was made; False when nobody wants it any more."""
        if message.turn != self._turn or message.sentence not in self._owed:
            return False
        piece = self._without_repetition(message)
        if piece:
            self._play(message.turn, message.rate_hz, piece)
        return True

    def spoken(self, message: messages.Spoken) -> None:
        """A sentence is complete."""
        if message.turn == self._turn and self._owed.pop(message.sentence, None) is not None:
            self._made.pop(message.sentence, None)
            self._close_when_spoken()

    def stage_ready(self, stage: str) -> None:
        """A fresh synthesizer: say again what is owed."""
        if self._turn and stage == "tts":
            for sentence, made_bytes in self._made.items():
                self._repeated[sentence] = max(made_bytes, self._repeated.get(sentence, 0))
            self._made = {}
            for sentence, text in sorted(self._owed.items()):
                self._stages.send("tts", messages.Speak(self._turn, sentence, text, self.speed))

    def play_again(self) -> None:
        """The loudspeaker is a fresh one: what was made so far goes to it from the beginning."""
        if not self._turn:
            return
        for piece in self._pieces:
            self._output.play(*piece)
        self._close_when_spoken()

    def _clear(self, turn: int) -> None:
        self._turn = turn
        self._ended = False
        self._owed, self._made, self._repeated = {}, {}, {}
        self._pieces = []
        self._kept_bytes = 0

    def _without_repetition(self, message: messages.SpeechAudio) -> bytes:
        """The part of a piece that was not played before its synthesizer was replaced."""
        start = self._made.get(message.sentence, 0)
        self._made[message.sentence] = start + len(message.pcm)
        known = self._repeated.get(message.sentence, 0)
        return message.pcm[max(0, known - start) :]

    def _play(self, turn: int, rate_hz: int, pcm: bytes) -> None:
        if self._kept_bytes + len(pcm) <= MAX_REPLY_BYTES:
            self._kept_bytes += len(pcm)
            self._pieces.append((turn, rate_hz, pcm))
        self._output.play(turn, rate_hz, pcm)

    def _close_when_spoken(self) -> None:
        if self._ended and not self._owed:
            self._output.end(self._turn)
