"""Places that listen and speak, as the pipeline and the protocols of satellites see each other.

The appliance's own microphone and loudspeaker are the place `LOCAL`; every satellite is another one. A
satellite's protocol hands an `Output` to `Places.add_place` and gets a `Place` back. Nothing here blocks;
everything is used in one event loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

from appliance.errors import ApplianceError
from appliance.pipeline.trace import TurnNote
from appliance.wire.messages import Understood

LOCAL = "local"

Purpose = Literal["command", "dictation"]
"""What becomes of what is heard: it is understood and done, or only its text is wanted (`transcript`)."""


class PlaceRefused(ApplianceError):
    """There is no room for another place, or its name is taken."""


class Output(Protocol):
    """A place's loudspeaker and what else it shows. No method may raise."""

    def play(self, turn: int, rate_hz: int, pcm: bytes) -> None:
        """The next piece of this turn's speech: mono s16le at its own rate, at most 64 KiB."""

    def end(self, turn: int) -> None:
        """Nothing more follows for this turn; `Place.played` is owed when all of it was heard."""

    def cancel(self, turn: int) -> None:
        """Silence at once; what is queued of this turn is forgotten, and nothing is owed for it any more."""

    def chime(self, turn: int) -> None:
        """The wake word was heard, and this place answers: sound the wake sound (or show it)."""

    def tick(self, turn: int) -> None:
        """The answer takes long: one soft tick of the thinking sound."""

    def volume(self, level: float) -> None:
        """Play everything from now on at this loudness, 0.0 to 1.0."""

    def note(self, note: TurnNote) -> None:
        """Something happened in a turn of this place."""

    def searched(self, on: bool, reason: str) -> None:
        """Its audio is searched for the wake word from now on; or it is not, and why (for people)."""


class Place(Protocol):
    """What a place tells the pipeline."""

    name: str
    area: str
    """Area id or name of its room; empty when that is not known."""

    @property
    def turn(self) -> int:
        """Number of the turn that is under way here; 0 when there is none."""

    def hear(self, at_ms: int, block: bytes, /) -> None:
        """16 kHz mono s16le of its microphone that starts at `at_ms` of its own audio clock; any length."""

    def woken(self, word: str, score: float, at_ms: int, age_ms: int = 0) -> int:
        """Its own detector or button heard a wake word that ended at `at_ms`, `age_ms` ago.

        The turn that begins, and whose audio is now wanted; 0 when another room answers already.
        """

    def listen(self, purpose: Purpose = "command", prompt: str = "") -> int:
        """Say `prompt` (if any), then listen without a wake word; the turn. Interrupts what goes on here."""

    def finish(self) -> None:
        """The speaker is done, says the place itself: listen no longer."""

    def say(self, text: str, started: Callable[[int], bool] | None = None) -> bool:
        """Speak this when the turn before is over; `started` as for `ask`. False: too much waits already."""

    def sound(self, sound: bytes, started: Callable[[int], bool]) -> bool:
        """Play this (16 kHz mono s16le) when the turn before is over; `started` as for `ask`."""

    def ask(self, text: str, started: Callable[[int], bool]) -> bool:
        """Treat this as if it had been heard, when the turn before is over.

        `started` gets the turn's number then; False from it means that nobody waits for it any more.
        """

    def hush(self) -> None:
        """End the turn that is under way here, silently."""

    def pace(self, speed: float) -> None:
        """Speak so fast here from the next sentence on; 1.0 is the voice's own pace."""

    def play_started(self, turn: int, at_ms: int | None = None) -> None:
        """The first sample of this turn's speech left its loudspeaker, at this time of its audio clock."""

    def played(self, turn: int, seconds: float = 0.0, rms: float = 0.0) -> None:
        """All of this turn's speech was heard."""

    def search(self, on: bool) -> None:
        """Search its audio for the wake word, or do not. Refusal comes through `Output.searched`."""


class Places(Protocol):
    """The pipeline, as far as satellites are concerned."""

    def add_place(self, name: str, output: Output, area: str = "", search: bool = False) -> Place:
        """Let a place in. Raises PlaceRefused. `search`: its audio is to be searched for the wake word."""

    def remove_place(self, name: str) -> None:
        """It is gone: its turn ends, what waited for it is dropped."""

    def place(self, name: str) -> Place | None:
        """The place of this name."""

    def places(self) -> tuple[str, ...]:
        """Names of all places, `LOCAL` first."""

    def announce(self, text: str, names: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Say this in these places (none: everywhere) when they are free; the names where it will be said."""

    async def understand(self, text: str, area: str = "") -> Understood:
        """What a sentence means, without doing it. Raises ControlError when nobody can tell."""

    def connect(self, one: str, other: str) -> bool:
        """Intercom: let these two places hear each other until one of them hangs up; False: not possible."""

    def hang_up(self, name: str) -> None:
        """End the intercom of this place."""
