"""A spoken exchange as a pure state machine: events in, effects out, a deadline in every state.

    IDLE ──Woken──▶ LISTENING ──SpeechEnded──▶ TRANSCRIBING ──Transcribed──▶ UNDERSTANDING
      ▲                                                                    │      │
      │                                            deeds to do: ACTING ◀───┤      └─▶ THINKING
      └──Heard (all was played)── SPEAKING ◀───────────────────────────────┴───────────┘

What needs a confirmation is asked (`Questioned`) and answered in the same turn; `Agreed` or `Refused` follow.
A turn may also begin with a prompt that is spoken and then listens (`Invited`), with words that are only
spoken (`Told`), with a sound (`Rung`), or with a sentence that came as text (`Asked`). Dictation ends with
the text. A sentence that was not sure enough is offered once; yes takes it.

`Turns.handle(event, now)` returns what must be done; the caller does it (`pipeline`). Time is a parameter
in seconds of any monotonic clock. Events that carry the number of a turn that is over change nothing. One
machine is one place: rooms do not interrupt each other, but all take their turns' numbers from one source.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from itertools import count

from appliance.config.model import Turn as Deadlines
from appliance.dialogue.events import (
    Abandon,
    Acted,
    Agreed,
    Asked,
    AskIntent,
    AskModel,
    Beginning,
    Done,
    Dropped,
    Effect,
    Event,
    Finish,
    Heard,
    Invited,
    Listen,
    Meant,
    Offer,
    Outcome,
    Perform,
    Questioned,
    Refused,
    Ring,
    Rung,
    Say,
    SayEnd,
    Sounded,
    SpeechEnded,
    SpeechStarted,
    Thought,
    Tick,
    Told,
    Transcribed,
    TurnEvent,
    Woken,
)
from appliance.dialogue.sentences import Sentences, split
from appliance.understanding import phrases


class Phase(Enum):
    """Where a turn is. Every phase but IDLE has a deadline."""

    IDLE = "idle"
    LISTENING = "listening"
    TRANSCRIBING = "transcribing"
    UNDERSTANDING = "understanding"
    THINKING = "thinking"
    ACTING = "acting"
    SPEAKING = "speaking"


class Turns:
    """One exchange at a time; the newest wins."""

    def __init__(
        self,
        deadlines: Deadlines,
        language: str,
        has_model: Callable[[], bool],
        number: Callable[[], int] | None = None,
        *,
        clarification: Callable[[str], str] = phrases.not_understood,
        agrees: Callable[[str], bool | None] | None = None,
    ) -> None:
        """`number` gives the next turn's number, never the same twice; `clarification` what is said in a
        language when nothing was understood; `agrees` tells yes, no
        (False) or neither (None); without it no sentence is offered that was not sure enough.
        """
        self._clarification, self._agrees = clarification, agrees
        self._deadlines = deadlines
        self._number = number or count(1).__next__
        self._dictation = self._listen_after = False
        self._language = language
        self._has_model = has_model
        self._text = self._answer = self._offered = ""
        self._was_offered = False
        self._splitter = Sentences(language)
        self._sentences = 0
        self._answer_seconds = 0.0
        self._saying_ended = False
        self._voice_heard = self._sounded = False
        self.turn = 0
        self.phase = Phase.IDLE
        self.deadline: float | None = None

    def reconfigure(self, deadlines: Deadlines, language: str) -> None:
        """Other deadlines from the next phase on."""
        self._deadlines = deadlines
        self._language = language

    def handle(self, event: Event, now: float) -> list[Effect]:
        """What must be done because of this event. Never raises for any order of events."""
        if isinstance(event, Beginning):
            return [*self._drop("interrupted"), *self._beginning(event, now)]
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
            case Phase.LISTENING | Phase.TRANSCRIBING, Transcribed():
                return self._transcribed(event, now)
            case Phase.UNDERSTANDING, Meant():
                return self._meant(event, now)
            case Phase.THINKING, Meant() if event.deeds:
                return self._meant(event, now)
            case Phase.ACTING, Acted():
                return self._acted(event, now)
            case Phase.ACTING | Phase.LISTENING | Phase.TRANSCRIBING, Questioned(
                words=words, seconds=seconds
            ):
                self._listen_after, self._answer_seconds = True, seconds
                return self._say_all(words, now)
            case Phase.ACTING | Phase.LISTENING | Phase.TRANSCRIBING, Refused(words=words):
                return self._say_all(words, now)
            case Phase.LISTENING | Phase.TRANSCRIBING, Agreed():
                self._enter(Phase.ACTING, now, self._deadlines.act_seconds)
            case Phase.THINKING | Phase.SPEAKING, Thought():
                return self._thought(event, now)
            case Phase.SPEAKING, Sounded():
                self._enter(Phase.SPEAKING, now, self._deadlines.speak_seconds)
            case Phase.THINKING | Phase.ACTING, Sounded():
                self._sounded = True
            case Phase.SPEAKING, Heard() if self._saying_ended:
                return self._listen(None, now) if self._listen_after else self._end("answered")
        return []

    # What each arc does.

    def _beginning(self, event: Beginning, now: float) -> list[Effect]:
        match event:
            case Woken(at_ms=at_ms):
                self._begin()
                return self._listen(at_ms, now)
            case Asked(text=text, turn=turn):
                self._begin(turn)
                return self._understand(text, now)
            case Told(text=text, turn=turn):
                self._begin(turn)
                return self._say_all(text, now)
            case Rung(turn=turn):
                self._begin(turn)
                self._saying_ended = True
                self._enter(Phase.SPEAKING, now, self._deadlines.first_audio_seconds)
                return [Ring(self.turn)]
            case Invited(prompt=prompt, dictation=dictation):
                self._begin()
                self._dictation = dictation
                self._listen_after = bool(prompt.strip())
                return self._say_all(prompt, now) if self._listen_after else self._listen(None, now)

    def _listen(self, at_ms: int | None, now: float) -> list[Effect]:
        self._listen_after = self._saying_ended = False
        self._enter(Phase.LISTENING, now, max(self._deadlines.listen_seconds, self._answer_seconds))
        self._answer_seconds = 0.0
        return [Listen(self.turn, at_ms)]

    def _speech_started(self, now: float) -> list[Effect]:
        self._voice_heard = True
        self._enter(Phase.LISTENING, now, self._deadlines.speech_seconds)
        return []

    def _transcribed(self, event: Transcribed, now: float) -> list[Effect]:
        if self._dictation:
            return self._end("captured")
        if not event.text.strip():
            return self._offer(event.nearly, now)
        offered, self._offered = self._offered, ""
        agreed = self._agrees(event.text) if offered and self._agrees is not None else None
        if agreed is False:
            return self._say_all(phrases.okay(self._language), now)
        return self._understand(offered if agreed else event.text, now)

    def _offer(self, nearly: str, now: float) -> list[Effect]:
        """Ask whether that was meant; once in a turn."""
        if self._agrees is None or self._was_offered or not nearly.strip():
            return self._say_all(self._clarification(self._language), now)
        self._offered, self._was_offered, self._listen_after = nearly, True, True
        return [Offer(self.turn), *self._say_all(phrases.did_you_mean(self._language, nearly), now)]

    def _meant(self, event: Meant, now: float) -> list[Effect]:
        if event.deeds:
            self._answer = event.answer
            self._enter(Phase.ACTING, now, self._deadlines.act_seconds)
            return [Perform(self.turn, event.deeds)]
        if event.source == "none" and self._has_model():
            self._enter(Phase.THINKING, now, self._deadlines.think_seconds)
            return [AskModel(self.turn, self._text)]
        self._listen_after = event.listen
        return self._say_all(event.answer or self._clarification(self._language), now)

    def _acted(self, event: Acted, now: float) -> list[Effect]:
        failed = [result for result in event.results if not result.done]
        said = " ".join(dict.fromkeys(result.reason for result in failed))
        said = said or self._answer or phrases.done(self._language)
        return self._say_all(f"{said} {event.words}".strip(), now)

    def _thought(self, event: Thought, now: float) -> list[Effect]:
        if self._saying_ended:
            return []
        sentences = self._splitter.feed(event.text)
        if event.last:
            sentences += self._splitter.finish()
        if event.last and not sentences and not self._sentences:
            return self._say_all(self._clarification(self._language), now)
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
            case Phase.TRANSCRIBING if self._dictation:
                return self._drop("late")
            case Phase.TRANSCRIBING | Phase.UNDERSTANDING | Phase.THINKING:
                return [Abandon(self.turn), *self._say_all(phrases.too_slow(self._language), now)]
            case Phase.ACTING:
                return self._say_all(phrases.no_answer_from_home(self._language), now)
            case _:
                return []

    # Small steps shared by the arcs.

    def _begin(self, turn: int = 0) -> None:
        self.turn = turn or self._number()
        self._dictation = self._listen_after = False
        self._text = self._answer = self._offered = ""
        self._was_offered = False
        self._sentences = 0
        self._answer_seconds = 0.0
        self._saying_ended = False
        self._voice_heard = self._sounded = False
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
        if not effects:
            return self._listen(None, now) if self._listen_after else self._end("answered")
        self._saying_ended = True
        return [*effects, SayEnd(self.turn)]

    def _say(self, sentences: list[str], now: float) -> list[Effect]:
        effects: list[Effect] = []
        for text in sentences:
            effects.append(Say(self.turn, self._sentences, text))
            self._sentences += 1
        if sentences and self.phase is not Phase.SPEAKING:
            # After words that filled the wait, no other first sound is told.
            limits = self._deadlines
            seconds = limits.speak_seconds if self._sounded else limits.first_audio_seconds
            self._enter(Phase.SPEAKING, now, seconds)
        return effects

    def _drop(self, outcome: Outcome) -> list[Effect]:
        if self.phase is Phase.IDLE:
            return []
        return [Abandon(self.turn), *self._end(outcome)]

    def _end(self, outcome: Outcome) -> list[Effect]:
        self.phase = Phase.IDLE
        self.deadline = None
        return [Done(self.turn, outcome)]
