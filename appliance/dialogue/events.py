"""What happens to a turn, and what must be done about it: the words of `dialogue.turn`. Pure data."""

from __future__ import annotations

from typing import Literal

import msgspec

from appliance.wire.messages import Deed


class DeedResult(msgspec.Struct, frozen=True):
    """What became of one deed on one entity; `reason` is a sentence when it was not done."""

    entity_id: str
    name: str
    done: bool
    confirmed: bool = False
    """The device's own state says so; a device without a state can only be told."""
    reason: str = ""
    ms: float = 0.0


# --- events --------------------------------------------------------------------------------------------


class Woken(msgspec.Struct, frozen=True):
    """A wake word ended at `at_ms`."""

    word: str
    at_ms: int


class Asked(msgspec.Struct, frozen=True):
    """A sentence arrived as text, as if it had been heard; `turn` is its number if that is fixed already."""

    text: str
    turn: int = 0


class Told(msgspec.Struct, frozen=True):
    """Words that are only to be spoken; `turn` as for `Asked`."""

    text: str
    turn: int = 0


class Rung(msgspec.Struct, frozen=True):
    """A sound that is no speech is to be played; `turn` as for `Asked`."""

    turn: int = 0


class Invited(msgspec.Struct, frozen=True):
    """Listen without a wake word, after saying `prompt` if there is one."""

    prompt: str = ""
    dictation: bool = False
    """Only the text is wanted."""


class SpeechStarted(msgspec.Struct, frozen=True):
    """The speaker began."""

    turn: int


class SpeechEnded(msgspec.Struct, frozen=True):
    """The speaker is done."""

    turn: int


class Transcribed(msgspec.Struct, frozen=True):
    """The recogniser's final text; empty when it fits nothing: then `nearly` may say what it was like."""

    turn: int
    text: str
    nearly: str = ""


class Meant(msgspec.Struct, frozen=True):
    """What the sentence means."""

    turn: int
    deeds: tuple[Deed, ...]
    answer: str
    source: Literal["intent", "model", "none"]
    listen: bool = False
    """The answer is a question."""


class Acted(msgspec.Struct, frozen=True):
    """All deeds are done or failed."""

    turn: int
    results: tuple[DeedResult, ...]
    words: str = ""
    """More to say: why a part was left out."""


class Questioned(msgspec.Struct, frozen=True):
    """Something must be asked first: say it (or nothing), then listen in the same turn.

    `seconds` is how long an answer may take to begin, where that is longer than usual.
    """

    turn: int
    words: str
    seconds: float = 0.0


class Refused(msgspec.Struct, frozen=True):
    """It is not done; `words` say why."""

    turn: int
    words: str


class Agreed(msgspec.Struct, frozen=True):
    """The question was answered with yes: what was wanted is being done."""

    turn: int


class Thought(msgspec.Struct, frozen=True):
    """A piece of the language model's answer; `last` when nothing more follows."""

    turn: int
    text: str
    last: bool


class Sounded(msgspec.Struct, frozen=True):
    """The first sample of the reply left for the loudspeaker."""

    turn: int


class Heard(msgspec.Struct, frozen=True):
    """All of the reply was played."""

    turn: int


class Dropped(msgspec.Struct, frozen=True):
    """Somebody wants silence: stop whatever is going on."""


class Tick(msgspec.Struct, frozen=True):
    """The deadline may have come."""


TurnEvent = (
    SpeechStarted | SpeechEnded | Transcribed | Meant | Acted | Questioned | Refused | Agreed | Thought
    | Sounded | Heard
)  # fmt: skip
Beginning = Woken | Asked | Told | Rung | Invited
Event = TurnEvent | Beginning | Dropped | Tick
Outcome = Literal["answered", "silent", "interrupted", "late", "captured"]

# --- effects -------------------------------------------------------------------------------------------


class Listen(msgspec.Struct, frozen=True):
    """Feed recogniser and voice activity, from a little before `at_ms` on; None is from now on."""

    turn: int
    at_ms: int | None


class Finish(msgspec.Struct, frozen=True):
    """No more audio for this turn; ask the recogniser for its text."""

    turn: int


class AskIntent(msgspec.Struct, frozen=True):
    """Ask what the sentence means."""

    turn: int
    text: str


class AskModel(msgspec.Struct, frozen=True):
    """Ask the language model."""

    turn: int
    text: str


class Perform(msgspec.Struct, frozen=True):
    """Do the deeds and wait for the devices' own word."""

    turn: int
    deeds: tuple[Deed, ...]


class Say(msgspec.Struct, frozen=True):
    """Speak one sentence; after the `last` one the turn waits for `Heard`."""

    turn: int
    sentence: int
    text: str


class SayEnd(msgspec.Struct, frozen=True):
    """No more sentences follow."""

    turn: int


class Ring(msgspec.Struct, frozen=True):
    """Play the sound of this turn."""

    turn: int


class Abandon(msgspec.Struct, frozen=True):
    """Drop everything queued for this turn in every stage."""

    turn: int


class Offer(msgspec.Struct, frozen=True):
    """A yes or no is awaited next: the recogniser must know these words."""

    turn: int


class Done(msgspec.Struct, frozen=True):
    """The turn is over."""

    turn: int
    outcome: Outcome


Effect = Listen | Finish | AskIntent | AskModel | Perform | Say | SayEnd | Ring | Abandon | Offer | Done
