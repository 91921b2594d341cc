"""A spoken exchange as a pure state machine: events in, effects out, a deadline in every state.

    IDLE ──Woken──▶ LISTENING ──SpeechEnded──▶ TRANSCRIBING ──Transcribed──▶ UNDERSTANDING
      ▲                                                                    │      │
      │                                            deeds to do: ACTING ◀───┤      └─▶ THINKING
      └──Heard (all was played)── SPEAKING ◀───────────────────────────────┴───────────┘

`Turns.handle(event, now)` returns what must be done; the caller does it (`pipeline`). Time is a parameter
in seconds of any monotonic clock. Events that carry the number of a turn that is over change nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Literal

import msgspec

from appliance.config.model import Turn as Deadlines
from appliance.dialogue.sentences import Sentences, split
from appliance.understanding import phrases
from appliance.wire.messages import Deed


class Phase(Enum):
    """Where a turn is. Every phase but IDLE has a deadline."""

    IDLE = "idle"
    LISTENING = "listening"
    TRANSCRIBING = "transcribing"
    UNDERSTANDING = "understanding"
    THINKING = "thinking"
    ACTING = "acting"
    SPEAKING = "speaking"


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
    """A sentence arrived as text, as if it had been heard."""

    text: str


class SpeechStarted(msgspec.Struct, frozen=True):
    """The speaker began."""

    turn: int


class SpeechEnded(msgspec.Struct, frozen=True):
    """The speaker is done."""

    turn: int


class Transcribed(msgspec.Struct, frozen=True):
    """The recogniser's final text; empty when it fits nothing."""

    turn: int
    text: str


class Meant(msgspec.Struct, frozen=True):
    """What the sentence means."""

    turn: int
    deeds: tuple[Deed, ...]
    answer: str
    source: Literal["intent", "model", "none"]


class Acted(msgspec.Struct, frozen=True):
    """All deeds are done or failed."""

    turn: int
    results: tuple[DeedResult, ...]


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


TurnEvent = SpeechStarted | SpeechEnded | Transcribed | Meant | Acted | Thought | Sounded | Heard
Event = TurnEvent | Woken | Asked | Dropped | Tick

# --- effects -------------------------------------------------------------------------------------------


class Listen(msgspec.Struct, frozen=True):
    """Feed recogniser and voice activity, from a little before `at_ms` on."""

    turn: int
    at_ms: int


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


class Abandon(msgspec.Struct, frozen=True):
    """Drop everything queued for this turn in every stage."""

    turn: int


class Done(msgspec.Struct, frozen=True):
    """The turn is over."""

    turn: int
    outcome: Literal["answered", "silent", "interrupted", "late"]


Effect = Listen | Finish | AskIntent | AskModel | Perform | Say | SayEnd | Abandon | Done


class Turns:
    """One exchange at a time; the newest wins."""

    def __init__(self, deadlines: Deadlines, language: str, has_model: Callable[[], bool]) -> None:
        self._deadlines = deadlines
        self._language = language
        self._has_model = has_model
        self._text = ""
        self._answer = ""
        self._splitter = Sentences(language)
        self._sentences = 0
        self._saying_ended = False
        self._voice_heard = False
        self.turn = 0
        self.phase = Phase.IDLE
        self.deadline: float | None = None

    def reconfigure(self, deadlines: Deadlines, language: str) -> None:
        """Other deadlines from the next phase on."""
        self._deadlines = deadlines
        self._language = language

    def handle(self, event: Event, now: float) -> list[Effect]:
        """What must be done because of this event. Never raises for any order of events."""
        if isinstance(event, Woken):
            return self._woken(event, now)
        if isinstance(event, Asked):
            return self._asked(event, now)
        if isinstance(event, Dropped):
            return self._drop("interrupted")
        if isinstance(event, Tick):
            return self._late(now) if self.deadline is not None and now >= self.deadline else []
        if event.turn != self.turn or self.phase is Phase.IDLE:
            return []
        return self._arc(event, now)

    def _arc(self, event: TurnEvent, now: float) -> list[Effect]:
        """Follow the arc of this phase and event; no arc, no effect."""
        match self.phase, event:
            case Phase.LISTENING, SpeechStarted():
                return self._speech_started(now)
            case Phase.LISTENING, SpeechEnded():
                return self._transcribe(now)
            case Phase.LISTENING | Phase.TRANSCRIBING, Transcribed(text=text):
                return self._transcribed(text, now)
            case Phase.UNDERSTANDING, Meant():
                return self._meant(event, now)
            case Phase.ACTING, Acted():
                return self._acted(event, now)
            case Phase.THINKING | Phase.SPEAKING, Thought():
                return self._thought(event, now)
            case Phase.SPEAKING, Sounded():
                self._enter(Phase.SPEAKING, now, self._deadlines.speak_seconds)
            case Phase.SPEAKING, Heard() if self._saying_ended:
                return self._end("answered")
        return []

    # What each arc does.

    def _woken(self, event: Woken, now: float) -> list[Effect]:
        effects = self._drop("interrupted")
        self._begin()
        self._enter(Phase.LISTENING, now, self._deadlines.listen_seconds)
        return [*effects, Listen(self.turn, event.at_ms)]

    def _asked(self, event: Asked, now: float) -> list[Effect]:
        effects = self._drop("interrupted")
        self._begin()
        return effects + self._understand(event.text, now)

    def _speech_started(self, now: float) -> list[Effect]:
        self._voice_heard = True
        self._enter(Phase.LISTENING, now, self._deadlines.speech_seconds)
        return []

    def _transcribed(self, text: str, now: float) -> list[Effect]:
        if not text.strip():
            return self._say_all(phrases.not_understood(self._language), now)
        return self._understand(text, now)

    def _meant(self, event: Meant, now: float) -> list[Effect]:
        if event.deeds:
            self._answer = event.answer
            self._enter(Phase.ACTING, now, self._deadlines.act_seconds)
            return [Perform(self.turn, event.deeds)]
        if event.source == "none" and self._has_model():
            self._enter(Phase.THINKING, now, self._deadlines.think_seconds)
            return [AskModel(self.turn, self._text)]
        return self._say_all(event.answer or phrases.not_understood(self._language), now)

    def _acted(self, event: Acted, now: float) -> list[Effect]:
        failed = [result for result in event.results if not result.done]
        if failed:
            return self._say_all(" ".join(dict.fromkeys(result.reason for result in failed)), now)
        return self._say_all(self._answer or phrases.done(self._language), now)

    def _thought(self, event: Thought, now: float) -> list[Effect]:
        if self._saying_ended:
            return []
        sentences = self._splitter.feed(event.text)
        if event.last:
            sentences += self._splitter.finish()
        if event.last and not sentences and not self._sentences:
            return self._say_all(phrases.not_understood(self._language), now)
        effects = self._say(sentences, now)
        if event.last:
            self._saying_ended = True
            effects.append(SayEnd(self.turn))
        return effects

    def _late(self, now: float) -> list[Effect]:
        """The deadline of the phase has come: an apology where a person waits, silence elsewhere."""
        match self.phase:
            case Phase.LISTENING if self._voice_heard:
                return self._transcribe(now)
            case Phase.LISTENING | Phase.SPEAKING:
                return self._drop("late" if self.phase is Phase.SPEAKING else "silent")
            case Phase.TRANSCRIBING | Phase.UNDERSTANDING | Phase.THINKING:
                return [Abandon(self.turn), *self._say_all(phrases.too_slow(self._language), now)]
            case Phase.ACTING:
                return self._say_all(phrases.no_answer_from_home(self._language), now)
            case _:
                return []

    # Small steps shared by the arcs.

    def _begin(self) -> None:
        self.turn += 1
        self._text = self._answer = ""
        self._sentences = 0
        self._saying_ended = False
        self._voice_heard = False
        self._splitter = Sentences(self._language)

    def _enter(self, phase: Phase, now: float, seconds: float) -> None:
        self.phase = phase
        self.deadline = now + seconds

    def _understand(self, text: str, now: float) -> list[Effect]:
        self._text = text
        self._enter(Phase.UNDERSTANDING, now, self._deadlines.understand_seconds)
        return [AskIntent(self.turn, text)]

    def _transcribe(self, now: float) -> list[Effect]:
        self._enter(Phase.TRANSCRIBING, now, self._deadlines.transcribe_seconds)
        return [Finish(self.turn)]

    def _say_all(self, text: str, now: float) -> list[Effect]:
        effects = self._say(split(text, self._language), now)
        self._saying_ended = True
        return [*effects, SayEnd(self.turn)]

    def _say(self, sentences: list[str], now: float) -> list[Effect]:
        effects: list[Effect] = []
        for text in sentences:
            effects.append(Say(self.turn, self._sentences, text))
            self._sentences += 1
        if sentences and self.phase is not Phase.SPEAKING:
            self._enter(Phase.SPEAKING, now, self._deadlines.first_audio_seconds)
        return effects

    def _drop(self, outcome: Literal["interrupted", "silent", "late"]) -> list[Effect]:
        if self.phase is Phase.IDLE:
            return []
        return [Abandon(self.turn), *self._end(outcome)]

    def _end(self, outcome: Literal["answered", "silent", "interrupted", "late"]) -> list[Effect]:
        self.phase = Phase.IDLE
        self.deadline = None
        return [Done(self.turn, outcome)]
