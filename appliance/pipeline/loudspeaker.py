"""The appliance's own loudspeaker: the sound stage as a place's output."""

from __future__ import annotations

from collections.abc import Callable

from appliance.audio import tones
from appliance.pipeline.stages import Stages
from appliance.pipeline.trace import TurnNote
from appliance.wire import messages

NO_TURN = 0


class Loudspeaker:
    """See `places.Output`."""

    def __init__(self, stages: Stages, on_note: Callable[[TurnNote], None] | None = None) -> None:
        self._stages = stages
        self._on_note = on_note

    def play(self, turn: int, rate_hz: int, pcm: bytes) -> None:
        """Queue a piece of speech."""
        self._stages.send("sound", messages.Play(turn, rate_hz, pcm))

    def end(self, turn: int) -> None:
        """Nothing more follows."""
        self._stages.send("sound", messages.PlayEnd(turn))

    def cancel(self, turn: int) -> None:
        """Silence at once."""
        self._stages.send("sound", messages.Cancel(turn))

    def chime(self, turn: int) -> None:
        """The wake sound."""
        del turn
        self._tone(tones.chime())

    def tick(self, turn: int) -> None:
        """The thinking sound."""
        del turn
        self._tone(tones.tick())

    def volume(self, level: float) -> None:
        """Loudness of everything."""
        self._stages.send("sound", messages.Volume(level))

    def note(self, note: TurnNote) -> None:
        """Pass it on to whoever wants to know."""
        if self._on_note is not None:
            self._on_note(note)

    def searched(self, on: bool, reason: str) -> None:
        """The own microphone is always searched."""

    def _tone(self, pcm: bytes) -> None:
        self._stages.send("sound", messages.Play(NO_TURN, tones.RATE_HZ, pcm))
        self._stages.send("sound", messages.PlayEnd(NO_TURN))
