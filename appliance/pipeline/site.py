"""One place that listens and speaks: its turns, ears and mouth. Rooms do not get into each other's way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from appliance.audio import endpoint, pcm
from appliance.config.model import Config
from appliance.conversation.conversation import Outcome
from appliance.dialogue import events
from appliance.dialogue.arbitration import Claim
from appliance.dialogue.turn import Phase, Turns
from appliance.judgement.verdict import Verdict
from appliance.pipeline.anticipation import Anticipation
from appliance.pipeline.asides import Asides
from appliance.pipeline.assent import Utterance
from appliance.pipeline.background import Background
from appliance.pipeline.clockwork import Clockwork, now
from appliance.pipeline.ears import Ears
from appliance.pipeline.exchange import Exchange
from appliance.pipeline.filling import Filling
from appliance.pipeline.mouth import Mouth
from appliance.pipeline.places import LOCAL, Output, Purpose
from appliance.pipeline.shared import Shared
from appliance.pipeline.trace import Kind, TurnNote, transcript
from appliance.pipeline.waiting import Started, Waiting
from appliance.pipeline.written import Written
from appliance.wire import messages

TURN_STAGES = ("vad", "stt", "tts")
"""What works for one turn at a time, and is told when nobody wants its result any more."""
WAITING_PHASES = frozenset({Phase.TRANSCRIBING, Phase.UNDERSTANDING, Phase.THINKING, Phase.ACTING})


class Site:
    """See `places.Place`."""

    def __init__(
        self,
        name: str,
        output: Output,
        shared: Shared,
        area: str = "",
        on_search: Callable[[bool], None] | None = None,
    ) -> None:
        self.name = name
        self.area = area
        self.output = output
        self._shared = shared
        self._on_search = on_search
        self.ears = Ears(shared.stages, shared.config, distant=name != LOCAL)
        self.mouth = Mouth(shared.stages, output, shared.config.tts.speed)
        config = shared.config
        turns = partial(Turns, clarification=shared.clarification, agrees=shared.agrees)
        self._turns = turns(config.turn, config.language, shared.has_model, shared.next_turn)
        self._waiting = Waiting(lambda: self._turns.phase is Phase.IDLE, shared.next_turn, self._handle)
        self._clockwork = Clockwork(
            lambda: self._handle(events.Tick()), lambda: output.tick(self._turns.turn)
        )
        consider = partial(shared.mind.consider, room=name)
        self._anticipation = Anticipation(self.ears, self.mouth, consider, config.vad, config.language)
        self._utterance = Utterance()
        self._sound = b""
        self._exchange = Exchange()
        self._written = Written()
        self._asides = Asides(shared, name, self.note, self._handle)
        self._filling = Filling(shared, self.mouth, name)
        self._background = Background()
        self.on_audio: Callable[[bytes], None] | None = None
        """Gets all audio of this microphone while an intercom is open."""
        self.on_turn: Callable[[], None] | None = None
        """Called when a turn begins here."""

    # --- what others use ----------------------------------------------------------------------------------

    @property
    def turn(self) -> int:
        """The running turn; 0 when there is none."""
        return 0 if self._turns.phase is Phase.IDLE else self._turns.turn

    @property
    def phase(self) -> Phase:
        """Where the running turn is."""
        return self._turns.phase

    @property
    def idle(self) -> bool:
        """Is no turn under way or waiting?"""
        return self._turns.phase is Phase.IDLE and not self._waiting

    def hear(self, at_ms: int, block: bytes) -> None:
        """Audio of its microphone."""
        self.ears.microphone(at_ms, block)
        if self.on_audio is not None:
            self.on_audio(block)

    def woken(self, word: str, score: float, at_ms: int, age_ms: int = 0) -> int:
        """A wake word was heard here; 0 when another room answers."""
        at_ms = self.ears.aligned(at_ms, age_ms)
        return self.heard_wake(messages.WakeHeard(word, score, at_ms))

    def heard_wake(self, heard: messages.WakeHeard) -> int:
        """The same, at a time of these ears' clock."""
        spoken_at = now() - max(0, self.ears.clock_ms() - heard.at_ms) / 1000
        if self._shared.arbiter.winner(Claim(self.name, heard.word, spoken_at)) != self.name:
            return 0
        data: dict[str, Any] = {"word": heard.word, "score": round(heard.score, 3)}
        note = partial(self.note, kind="wake", at_ms=heard.at_ms, **data)
        self._handle(events.Woken(heard.word, heard.at_ms), before=note)
        return self.turn

    def listen(self, purpose: Purpose = "command", prompt: str = "") -> int:
        """Listen without a wake word, after the prompt."""
        self._handle(events.Invited(prompt, dictation=purpose == "dictation"))
        return self.turn

    def finish(self) -> None:
        """The speaker is done, says the place itself."""
        self._handle(events.SpeechEnded(self._turns.turn))

    def say(self, text: str, started: Started | None = None) -> bool:
        """Speak this when the turn before is over."""
        return self._waiting.add(lambda turn: events.Told(text, turn), started)

    def sound(self, sound: bytes, started: Started) -> bool:
        """Play 16 kHz mono s16le when the turn before is over; `started` as for `ask`."""

        def begin(turn: int) -> events.Event:
            self._sound = sound
            return events.Rung(turn)

        return self._waiting.add(begin, started)

    def ask(self, text: str, started: Started) -> bool:
        """Treat this as if it had been heard, when the turn before is over.

        While a question of the judgement is open here, it is the answer to that.
        """
        if self._written.takes(self._turns.phase, asked=self._shared.assent.is_asked(self.name)):
            if started(self.turn):
                self._answer_typed(text)
            return True

        def begin(turn: int) -> events.Event:
            self._utterance = Utterance(typed=True)
            self._written.begin(turn)
            return events.Asked(text, turn)

        return self._waiting.add(begin, started)

    def pace(self, speed: float) -> None:
        """Speak so fast here, until the configuration changes."""
        self.mouth.speed = speed

    def hush(self) -> None:
        """End the running turn, silently."""
        self._handle(events.Dropped())

    def play_started(self, turn: int, at_ms: int | None = None) -> None:
        """The first sample of the reply left the loudspeaker."""
        if turn and turn == self.turn:
            at_ms = self.ears.clock_ms() if at_ms is None else self.ears.to_audio_clock(at_ms)
            self.note(turn, "first_audio", at_ms, speech_end_ms=self.ears.speech_end_ms(turn))
            self._exchange.sounds(now())
            self._handle(events.Sounded(turn))

    def played(self, turn: int, seconds: float = 0.0, rms: float = 0.0) -> None:
        """All of the reply was heard."""
        if turn and turn == self.turn:
            self.note(turn, "played", seconds=seconds, rms=rms)
            self._shared.assent.silent(self.name)
            self._handle(events.Heard(turn))

    def search(self, on: bool) -> None:
        """Search its audio for the wake word, or do not."""
        if self._on_search is not None:
            self._on_search(on)

    def reconfigure(self, config: Config) -> None:
        """Take over what may change while turns run; the running turn keeps its deadlines."""
        self._turns.reconfigure(config.turn, config.language)
        self.ears.reconfigure(config)
        self.mouth.speed = config.tts.speed
        self._anticipation.reconfigure(config.vad, config.language)

    def close(self) -> None:
        """End everything here; nothing is owed any more."""
        self._waiting.clear()
        self._handle(events.Dropped())
        self._clockwork.end()
        self._background.cancel()

    def note(self, turn: int, kind: Kind, at_ms: int | None = None, **data: Any) -> None:
        """Tell everyone, and the place itself; `at_ms` None means now."""
        note = TurnNote(turn, kind, self.ears.clock_ms() if at_ms is None else at_ms, data, self.name)
        self._shared.trace.tell(note)
        self._shared.on_note(note)
        self.output.note(note)

    def stage_ready(self, stage: str) -> None:
        """A fresh stage gets what its predecessor had."""
        self.ears.stage_ready(stage)
        self.mouth.stage_ready(stage)

    def voice(self, message: messages.Voice) -> None:
        """How likely the last piece of audio was speech."""
        for event in self.ears.voice(message):
            if isinstance(event, endpoint.SpeechStarted):
                self.note(message.turn, "speech_start", event.at_ms)
                self._utterance.began = now() - max(0, self.ears.clock_ms() - event.at_ms) / 1000
                self._handle(events.SpeechStarted(message.turn))
            else:
                self.note(message.turn, "endpoint", speech_end_ms=event.at_ms)
                self._handle(events.SpeechEnded(message.turn))

    def answer(self, turn: int, message: messages.Message) -> None:
        """A stage's answer to a question of the running turn."""
        match message:
            case messages.Partial(text=text, at_ms=at_ms):
                self.note(turn, "partial", at_ms, text=text)
                if self._turns.phase is Phase.LISTENING:
                    self._anticipation.heard(turn, text, self.area, at_ms)
            case messages.Considered() if self._turns.phase is Phase.LISTENING:
                self._anticipation.considered(message)
            case messages.Transcript():
                self._transcribed(turn, message)
            case messages.Understood():
                self._understood(turn, message)
            case messages.Token(text=text):
                # An empty one only says that the prompt is still being read.
                if piece := self._shared.counsel.token(turn, text):
                    self._handle(events.Thought(turn, piece, last=False))

    def counselled(self, turn: int, outcome: Outcome) -> None:
        """The language model's answer to the running turn is over, or goes on by itself."""
        if outcome.deeds:
            self._handle(events.Meant(turn, outcome.deeds, "", "model"))
        elif outcome.again is None:
            self._handle(events.Thought(turn, outcome.text, last=True))

    def spoken(self, message: messages.Spoken) -> None:
        """A sentence is complete."""
        self._exchange.lasts(message.sentence, message.seconds)
        self.mouth.spoken(message)

    def _transcribed(self, turn: int, message: messages.Transcript) -> None:
        """What our own loudspeaker said is no command; what answers a question is judged, not understood."""
        self.note(turn, "transcript", **transcript(message))
        heard, assent, text = self._utterance, self._shared.assent, message.text
        heard.speaker = message.speaker
        heard.ended = now() - max(0, self.ears.clock_ms() - self.ears.speech_end_ms(turn)) / 1000
        if assent.is_own_voice(text, heard):
            self._handle(events.Dropped())
        elif assent.is_asked(self.name):
            if not self._written.owns(turn):  # a voice does not answer what somebody typed
                self._background.add(self._answered(turn, text))
        else:
            self._handle(events.Transcribed(turn, text, message.nearly))

    def _answer_typed(self, text: str = "") -> None:
        """What was typed is the answer, once the question was asked."""
        self._written.take(text)
        if self._turns.phase is Phase.LISTENING and (text := self._written.given()):
            self.ears.stop()
            self._utterance = Utterance(typed=True)
            self._background.add(self._answered(self.turn, text))

    async def _answered(self, turn: int, text: str) -> None:
        """An answer to a question; comparing a PIN takes a while."""
        verdict = await self._shared.assent.answer(text, self.name, self.area, self._utterance, turn)
        self._written.judged()
        if verdict is None:
            self._handle(events.Transcribed(turn, text))
        elif turn == self.turn:
            if verdict.kind == "allow":
                self._handle(events.Agreed(turn))
            self._obey(turn, verdict)

    def _obey(self, turn: int, verdict: Verdict) -> None:
        """Do what was decided."""
        match verdict.kind:
            case "allow":
                self._filling.begin(turn, "deed")
                done = partial(self._acted, turn, verdict)
                self._shared.hands.start(verdict.deeds, done, verdict.granted)
            case "ask" | "again" | "ignore":
                self._shared.on_question(self.name, not (typed := self._written.owns(turn)))
                seconds = self._shared.config.policy.confirm_seconds if typed else 0.0
                self._handle(events.Questioned(turn, verdict.words, seconds))
            case "deny":
                self._handle(events.Refused(turn, verdict.words))

    def _understood(self, turn: int, message: messages.Understood) -> None:
        self._shared.mind.answered(turn)
        deeds = [msgspec.to_builtins(deed) for deed in message.deeds]
        self.note(turn, "intent", intent=message.intent, source=message.source, ms=message.ms, deeds=deeds)
        self._handle(events.Meant(turn, message.deeds, message.answer, message.source, message.asks))

    def _handle(self, event: events.Event, before: Callable[[int], None] | None = None) -> None:
        """Let the turn decide, then do what it says. `before` gets the turn before its effects are done."""
        effects = self._turns.handle(event, now())
        if self.turn and self.turn not in self._shared.turns:
            self._shared.turns[self.turn] = self
            if self.on_turn is not None:
                self.on_turn()
        if before is not None:
            before(self._turns.turn)
        for effect in effects:
            self._do(effect)
        self._arm()

    def _do(self, effect: events.Effect) -> None:
        match effect:
            case events.Listen(turn=turn, at_ms=at_ms):
                self.note(turn, "listening", at_ms)
                self.mouth.stop(turn)
                self._listen(turn, at_ms)
            case events.Finish():
                self.ears.finish()
            case events.AskIntent(turn=turn, text=text):
                self._exchange.begin(text)
                if aside := self._asides.of(turn, text):
                    self._background.add(aside)
                else:
                    self._shared.mind.ask_intent(turn, text, self.area, self.name)
            case events.AskModel(turn=turn, text=text):
                self._shared.counsel.ask(turn, self.name, text, self.area)
                self._filling.begin(turn, "model")
            case events.Perform(turn=turn, deeds=deeds):
                verdict = self._shared.assent.weigh(deeds, self.name, self.area, self._utterance, turn)
                # Not at once: the effects of this event are not all done yet.
                asyncio.get_running_loop().call_soon(self._obey, turn, verdict)
            case events.Say(turn=turn, sentence=sentence, text=text):
                self._filling.end()
                self.note(turn, "reply", text=text)
                self._exchange.says(sentence, text)
                self._shared.assent.says(self.name, text)
                self.mouth.say(turn, sentence, text)
            case events.SayEnd(turn=turn):
                self.mouth.end(turn)
            case events.Ring(turn=turn):
                for piece in pcm.blocks(self._sound, messages.MAX_PCM_BYTES):
                    self.output.play(turn, pcm.RATE_HZ, piece)
                self.output.end(turn)
            case events.Offer():
                self._shared.on_question(self.name, True)
            case events.Abandon(turn=turn):
                self._abandon(turn)
            case events.Done(turn=turn, outcome=outcome):
                self._done(turn, outcome)

    def _listen(self, turn: int, at_ms: int | None) -> None:
        self._anticipation.begin()
        self._utterance = Utterance()
        if self._written.owns(turn) and self._shared.assent.is_asked(self.name):
            # What was typed is answered by typing: who speaks in that room is nobody who asked.
            self.ears.stop()
        else:
            self.ears.listen(turn, at_ms)
            if self._shared.config.audio.chime:
                self.output.chime(turn)
        self._answer_typed()

    def _acted(self, turn: int, verdict: Verdict, results: tuple[events.DeedResult, ...]) -> None:
        for result in results:
            self.note(turn, "deed", **msgspec.structs.asdict(result))
        self._exchange.did(results)
        self._shared.assent.record(verdict, results)
        self._handle(events.Acted(turn, results, verdict.words))

    def _abandon(self, turn: int) -> None:
        self._shared.assent.silent(self.name)
        self.mouth.stop(turn)
        self._shared.mind.answered(turn)
        self._shared.counsel.drop(turn)
        for stage in TURN_STAGES:
            self._shared.stages.send(stage, messages.Cancel(turn))
        self.output.cancel(turn)

    def _done(self, turn: int, outcome: events.Outcome) -> None:
        self.ears.stop()
        self.mouth.stop(turn)
        self._shared.mind.answered(turn)
        self._shared.turns.pop(turn, None)
        self._shared.assent.over(self.name, turn)
        self._written.over()
        self._shared.over(turn, self.name, self._exchange.end(now(), whole=outcome == "answered"))
        self._shared.on_question(self.name, False)
        self.note(turn, "done", outcome=outcome)
        asyncio.get_running_loop().call_soon(self._waiting.next)

    def _arm(self) -> None:
        audio = self._shared.config.audio
        waits = audio.thinking_sound and self._turns.phase in WAITING_PHASES
        self._clockwork.arm(self._turns.deadline, audio.thinking_after_ms / 1000 if waits else None)
