"""The one place where turns, stages and home meet: events in, effects out.

Runs in the supervisor's event loop and never blocks: everything it calls queues or returns at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from appliance.audio import endpoint, tones
from appliance.config.model import Config
from appliance.dialogue import turn as dialogue
from appliance.pipeline.ears import Ears
from appliance.pipeline.hands import Hands, Home
from appliance.pipeline.mind import Mind
from appliance.pipeline.mouth import Mouth
from appliance.pipeline.stages import Stages
from appliance.pipeline.trace import Trace
from appliance.supervision.states import State
from appliance.wire import messages

LOG = logging.getLogger(__name__)
MAX_WAITING_QUESTIONS = 8
NO_TURN = 0


class Conductor:
    """Carries turns through the stages."""

    def __init__(self, stages: Stages, home: Home, config: Config) -> None:
        self._stages = stages
        self._config = config
        self._ears = Ears(stages, config)
        self._mouth = Mouth(stages, config.tts.speed)
        self._mind = Mind(stages, home.house, config.home.area, config.llm)
        self._turns = dialogue.Turns(config.turn, config.language, lambda: stages.state("llm") is State.READY)
        self._waiting: deque[Callable[[int], str | None]] = deque(maxlen=MAX_WAITING_QUESTIONS)
        self._timer: asyncio.TimerHandle | None = None
        self._grammar: messages.SpeechGrammar | None = None
        self.muted = config.audio.muted
        self.on_speech: Callable[[messages.SpeechAudio], None] | None = None
        """Gets each piece of speech that is wanted, as it is made."""
        self.on_injected: Callable[[int], None] | None = None
        """Gets the time on the audio clock from which injected audio is heard."""
        self.trace = Trace(self._ears.clock_ms)
        self._hands = Hands(home, self.trace, self._acted)

    # --- from outside ----------------------------------------------------------------------------------

    def ask(self, text: str, started: Callable[[int], bool]) -> bool:
        """Treat `text` as if it had been heard, when the turn before is over.

        `started` gets the turn's number then; False from it means that nobody waits for the answer any more,
        and nothing is done. False from here: too many questions wait already.
        """
        if len(self._waiting) == MAX_WAITING_QUESTIONS:
            return False

        def begin(turn: int) -> str | None:
            return text if started(turn) else None

        self._waiting.append(begin)
        self._next_question()
        return True

    def wake(self, word: str, at_ms: int) -> None:
        """As if this wake word had ended at `at_ms`: a button, a satellite, a recording without one."""
        self._woken(messages.WakeHeard(word, 1.0, at_ms))

    @property
    def idle(self) -> bool:
        """Is no turn under way or waiting?"""
        return self._turns.phase is dialogue.Phase.IDLE and not self._waiting

    def hush(self) -> None:
        """Stop whatever is being said or done."""
        self._handle(dialogue.Dropped())

    def mute(self, muted: bool) -> None:
        """Close or open the microphone for real."""
        self.muted = muted
        self._stages.send("sound", messages.Capture(not muted))

    def house_changed(self, *, names: bool) -> None:
        """A device came, went or changed its state."""
        self._mind.house_changed(names=names)

    def clock_ms(self) -> int:
        """The microphone's clock, now."""
        return self._ears.clock_ms()

    def reconfigure(self, config: Config) -> None:
        """Take over what may change while turns run; the running turn keeps its deadlines."""
        self._config = config
        self._turns.reconfigure(config.turn, config.language)
        self._ears.reconfigure(config)
        self._mouth.speed = config.tts.speed
        self._mind.reconfigure(config.home.area, config.llm)
        self._stages.send("sound", messages.Volume(config.audio.volume))

    def close(self) -> None:
        """Cancel what is under way."""
        if self._timer:
            self._timer.cancel()
        self._hands.close()

    # --- from the stages -------------------------------------------------------------------------------

    def stage_changed(self, stage: str, state: str, *, ready: bool) -> None:
        """A stage reached another state; a ready one gets what its predecessor had."""
        self.trace.note(self._turns.turn, "stage", name=stage, state=state)
        if not ready:
            return
        if stage == "sound":
            self._stages.send("sound", messages.Volume(self._config.audio.volume))
            self._stages.send("sound", messages.Capture(not self.muted))
        if stage == "stt" and self._config.stt.grammar and self._grammar is not None:
            self._stages.send("stt", messages.SetGrammar(self._grammar))
        for part in (self._ears, self._mouth, self._mind):
            part.stage_ready(stage)

    def message(self, stage: str, message: messages.Message) -> None:
        """One message of a stage."""
        match message:
            case messages.MicAudio():
                self._ears.microphone(message)
            case messages.WakeHeard():
                self._woken(message)
            case messages.Voice(turn=turn):
                for event in self._ears.voice(message):
                    self._heard_voice(turn, event)
            case messages.SpeechAudio():
                if self._mouth.speech(message) and self.on_speech:
                    self.on_speech(message)
            case messages.Injected(at_ms=at_ms):
                if self.on_injected:
                    self.on_injected(self._ears.to_audio_clock(at_ms))
            case messages.Spoken():
                self._mouth.spoken(message)
            case messages.GrammarReady(grammar=grammar):
                self._set_grammar(grammar)
            case messages.PlayStarted() | messages.Played():
                self._sounded(message)
            case messages.Overrun():
                LOG.warning("sound blocks lost: %d in, %d out", message.input_blocks, message.output_blocks)
            case messages.DeviceState():
                LOG.log(logging.INFO if message.present else logging.WARNING, "%s", _card(message))
            case messages.Note():
                LOG.log(logging.getLevelName(message.level.upper()), "%s: %s", stage, message.text)
            case _:
                self._answer(message)

    def _answer(self, message: messages.Message) -> None:
        """An answer to a question of the running turn; any other is dropped here."""
        if getattr(message, "turn", NO_TURN) != self._turns.turn:
            return
        turn = self._turns.turn
        match message:
            case messages.Partial(text=text, at_ms=at_ms):
                self.trace.note(turn, "partial", at_ms, text=text)
            case messages.Transcript():
                self.trace.note(turn, "transcript", text=message.text, ms=message.ms)
                self._handle(dialogue.Transcribed(turn, message.text))
            case messages.Understood():
                self._mind.answered()
                self.trace.note(turn, "intent", intent=message.intent, source=message.source, ms=message.ms)
                self._handle(dialogue.Meant(turn, message.deeds, message.answer, message.source))
            case messages.Token(text=text):
                # An empty one only says that the prompt is still being read.
                if text:
                    self._mind.answered()
                self._handle(dialogue.Thought(turn, text, last=False))
            case messages.Generated():
                self._mind.answered()
                self._handle(dialogue.Thought(turn, "", last=True))

    def _woken(self, message: messages.WakeHeard) -> None:
        self._handle(
            dialogue.Woken(message.word, message.at_ms), before=lambda turn: self._note_wake(turn, message)
        )

    def _note_wake(self, turn: int, message: messages.WakeHeard) -> None:
        self.trace.note(turn, "wake", message.at_ms, word=message.word, score=round(message.score, 3))

    def _heard_voice(self, turn: int, event: endpoint.SpeechStarted | endpoint.SpeechEnded) -> None:
        if isinstance(event, endpoint.SpeechStarted):
            self.trace.note(turn, "speech_start", event.at_ms)
            self._handle(dialogue.SpeechStarted(turn))
        else:
            self.trace.note(turn, "endpoint", speech_end_ms=event.at_ms)
            self._handle(dialogue.SpeechEnded(turn))

    def _sounded(self, message: messages.PlayStarted | messages.Played) -> None:
        if message.turn == NO_TURN or message.turn != self._turns.turn:
            return
        at_ms = self._ears.to_audio_clock(message.at_ms)
        if isinstance(message, messages.PlayStarted):
            self.trace.note(
                message.turn, "first_audio", at_ms, speech_end_ms=self._ears.speech_end_ms(message.turn)
            )
            self._handle(dialogue.Sounded(message.turn))
        elif not message.interrupted:
            self.trace.note(message.turn, "played", at_ms, seconds=message.seconds, rms=message.rms)
            self._handle(dialogue.Heard(message.turn))

    def _set_grammar(self, grammar: messages.SpeechGrammar) -> None:
        self._grammar = grammar
        if self._config.stt.grammar:
            self._stages.send("stt", messages.SetGrammar(grammar))

    # --- effects ---------------------------------------------------------------------------------------

    def _handle(self, event: dialogue.Event, before: Callable[[int], None] | None = None) -> None:
        """Let the turn decide, then do what it says."""
        now = asyncio.get_running_loop().time()
        effects = self._turns.handle(event, now)
        if before is not None:
            before(self._turns.turn)
        for effect in effects:
            self._do(effect)
        self._arm()

    def _do(self, effect: dialogue.Effect) -> None:
        match effect:
            case dialogue.Listen(turn=turn, at_ms=at_ms):
                self.trace.note(turn, "listening", at_ms)
                self._ears.listen(turn, at_ms)
                self._chime()
            case dialogue.Finish():
                self._ears.finish()
            case dialogue.AskIntent(turn=turn, text=text):
                self._mind.ask_intent(turn, text)
            case dialogue.AskModel(turn=turn, text=text):
                self._mind.ask_model(turn, text)
            case dialogue.Perform(turn=turn, deeds=deeds):
                self._hands.start(turn, deeds)
            case dialogue.Say(turn=turn, sentence=sentence, text=text):
                self.trace.note(turn, "reply", text=text)
                self._mouth.say(turn, sentence, text)
            case dialogue.SayEnd(turn=turn):
                self._mouth.end(turn)
            case dialogue.Abandon(turn=turn):
                self._abandon(turn)
            case dialogue.Done(turn=turn, outcome=outcome):
                self._ears.stop()
                self._mouth.stop(turn)
                self._mind.answered()
                self.trace.note(turn, "done", outcome=outcome)
                asyncio.get_running_loop().call_soon(self._next_question)

    def _chime(self) -> None:
        if self._config.audio.chime:
            self._stages.send("sound", messages.Play(NO_TURN, tones.RATE_HZ, tones.chime()))
            self._stages.send("sound", messages.PlayEnd(NO_TURN))

    def _abandon(self, turn: int) -> None:
        self._mouth.stop(turn)
        self._mind.answered()
        for stage in messages.STAGE_NAMES:
            if stage not in {"wake", "intent"}:
                self._stages.send(stage, messages.Cancel(turn))

    def _acted(self, turn: int, results: tuple[dialogue.DeedResult, ...]) -> None:
        self._handle(dialogue.Acted(turn, results))

    def _next_question(self) -> None:
        while self._waiting and self._turns.phase is dialogue.Phase.IDLE:
            text = self._waiting.popleft()(self._turns.turn + 1)
            if text is not None:
                self._handle(dialogue.Asked(text))

    def _arm(self) -> None:
        """One timer, for the deadline of the phase."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._turns.deadline is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(self._turns.deadline, self._handle, dialogue.Tick())


def _card(message: messages.DeviceState) -> str:
    what = "microphone" if message.direction == "input" else "loudspeaker"
    state = "is there" if message.present else "is missing"
    return f"{what} {message.device!r} {state}" + (f"; {message.hint}" if message.hint else "")
