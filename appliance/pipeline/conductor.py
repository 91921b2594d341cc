"""The one place where turns, stages and home meet: events in, effects out.

Runs in the supervisor's event loop and never blocks: everything it calls queues or returns at once. Each
room is a `Site` with turns of its own; here their messages are told apart.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable

from appliance.config.model import Config
from appliance.conversation.conversation import Conversation, Outcome
from appliance.conversation.desk import Desk
from appliance.dialogue import fillers, stopping
from appliance.dialogue.arbitration import Arbiter
from appliance.dialogue.fillers import Fillers
from appliance.errors import ControlError
from appliance.history.history import History
from appliance.judgement import words
from appliance.judgement.judge import Judge
from appliance.pipeline.admission import Admission
from appliance.pipeline.assent import Assent
from appliance.pipeline.counsel import Counsel
from appliance.pipeline.ducking import Ducking
from appliance.pipeline.hands import Hands, Home
from appliance.pipeline.intercom import Intercom
from appliance.pipeline.loudspeaker import Loudspeaker
from appliance.pipeline.microphone import Microphone
from appliance.pipeline.mind import Mind
from appliance.pipeline.overhearing import Overhearing
from appliance.pipeline.places import LOCAL, Output, PlaceRefused
from appliance.pipeline.search import Search
from appliance.pipeline.shared import Shared
from appliance.pipeline.site import Site
from appliance.pipeline.stages import Stages
from appliance.pipeline.trace import Trace, TurnNote
from appliance.timers.service import Timers
from appliance.wire import messages

LOG = logging.getLogger(__name__)


class Conductor:
    """Carries turns through the stages. See `places.Places` for what satellites use."""

    def __init__(self, stages: Stages, home: Home, config: Config, judge: Judge | None = None) -> None:
        """Without a `judge` everything is done that the home itself lets through."""
        self._stages = stages
        self._config = config
        self._mind = Mind(stages, home.house)
        self._hands = Hands(home)
        self.trace = Trace(self.clock_ms)
        arbiter = Arbiter(config.satellites.same_words_ms / 1000)
        self._ducking = Ducking(
            self._hands, home.house, self._area_id_of, lambda: self._config.home.duck_volume
        )
        self._desk = Desk(Conversation(config, home.house))
        counsel = self._counsel = Counsel(stages, self._desk, time.monotonic, self._unanswered)
        assent = Assent(judge, home.house, self._mind.area_id, time.monotonic)
        self._asking: set[str] = set()
        """Rooms that wait for an answer."""
        self._shared = Shared(
            stages, self._mind, self._hands, self.trace, arbiter, config, assent, counsel,
            Fillers(random.random), self._question, self._noted,
        )  # fmt: skip
        self._local = Site(LOCAL, Loudspeaker(stages), self._shared, config.home.area)
        self._sites: dict[str, Site] = {LOCAL: self._local}
        self._overhearing = Overhearing(self._shared, self._sites.get)
        self._search = Search(stages, Admission(config.satellites.wake_streams), self._local)
        self._intercom = Intercom(self._shared)
        self._grammar: messages.SpeechGrammar | None = None
        self._understanding: dict[int, asyncio.Future[messages.Understood]] = {}
        self._microphone = Microphone(config.audio.muted)
        self.on_speech: Callable[[messages.SpeechAudio], None] | None = None
        """Gets each piece of speech of the own loudspeaker that is wanted, as it is made."""
        self.on_injected: Callable[[int], None] | None = None
        """Gets the time on the audio clock from which injected audio is heard."""

    @property
    def timers(self) -> Timers | None:
        """Who is asked first whether a sentence is about timers."""
        return self._shared.timers

    @timers.setter
    def timers(self, timers: Timers | None) -> None:
        self._shared.timers = timers

    @property
    def history(self) -> History | None:
        """Who is told what was said, when somebody asked for that."""
        return self._shared.history

    @history.setter
    def history(self, history: History | None) -> None:
        self._shared.history = history

    # --- the appliance's own microphone and loudspeaker --------------------------------------------------

    def ask(self, text: str, started: Callable[[int], bool]) -> bool:
        """Treat `text` as if it had been heard, when the turn before is over; see `Site.ask`."""
        return self._local.ask(text, started)

    def wake(self, word: str, at_ms: int) -> None:
        """As if this wake word had ended at `at_ms`: a button, a recording without one."""
        self._local.heard_wake(messages.WakeHeard(word, 1.0, at_ms))

    @property
    def local(self) -> Site:
        """The appliance's own place."""
        return self._local

    @property
    def idle(self) -> bool:
        """Is no turn under way or waiting at the appliance itself?"""
        return self._local.idle

    def hush(self) -> None:
        """Stop whatever is being said or done here."""
        self._local.hush()

    @property
    def muted(self) -> bool:
        """Was the microphone closed by somebody?"""
        return self._microphone.muted

    def mute(self, muted: bool) -> None:
        """Close or open the microphone for real."""
        self._microphone.muted = muted
        self._stages.send("sound", messages.Capture(self._microphone.open))

    def clock_ms(self) -> int:
        """The own microphone's clock, now."""
        return self._local.ears.clock_ms()

    # --- other places ------------------------------------------------------------------------------------

    def add_place(self, name: str, output: Output, area: str = "", search: bool = False) -> Site:
        """Let a satellite in. Raises PlaceRefused."""
        if name in self._sites:
            raise PlaceRefused(f"there is a place called {name!r} already", "give the satellite another name")
        if len(self._sites) > self._config.satellites.max_count:
            reason = f"{self._config.satellites.max_count} satellites are connected already"
            raise PlaceRefused(reason, "raise satellites.max_count")
        site = Site(name, output, self._shared, area, lambda on: self._search.want(site, on))
        self._sites[name] = site
        if search:
            site.search(on=True)
        return site

    def remove_place(self, name: str) -> None:
        """It is gone: its turn ends, what waited for it is dropped."""
        site = self._sites.get(name)
        if site is None or site is self._local:
            return
        del self._sites[name]
        self._intercom.hang_up(name)
        self._search.want(site, on=False)
        self._shared.arbiter.forget(name)
        site.close()
        if self.timers is not None:
            self.timers.room_gone(name)

    def place(self, name: str) -> Site | None:
        """The place of this name."""
        return self._sites.get(name)

    def _area_id_of(self, name: str) -> str:
        site = self._sites.get(name)
        return self._mind.area_id(site.area) if site is not None else ""

    def places(self) -> tuple[str, ...]:
        """Names of all places, the appliance itself first."""
        return tuple(self._sites)

    @property
    def unsearched(self) -> dict[str, str]:
        """Places that want to be searched for the wake word and are not, and why."""
        return self._search.refused

    def announce(self, text: str, names: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Say this in these places (none: everywhere); the names where it will be said."""
        wanted = names or self.places()
        return tuple(name for name in wanted if (site := self._sites.get(name)) and site.say(text))

    async def understand(self, text: str, area: str = "") -> messages.Understood:
        """What a sentence means, without doing it. Raises ControlError when nobody can tell."""
        turn = self._shared.next_turn()
        answer: asyncio.Future[messages.Understood] = asyncio.get_running_loop().create_future()
        self._understanding[turn] = answer
        try:
            self._mind.ask_intent(turn, text, area)
            async with asyncio.timeout(self._config.turn.understand_seconds):
                return await answer
        except TimeoutError as error:
            raise ControlError("nobody could tell what that means", "see: appliance status") from error
        finally:
            self._mind.answered(turn)
            del self._understanding[turn]

    def connect(self, one: str, other: str) -> bool:
        """Intercom: let these two places hear each other; False when that is not possible."""
        first, second = self._sites.get(one), self._sites.get(other)
        return first is not None and second is not None and self._intercom.connect(first, second)

    def hang_up(self, name: str) -> None:
        """End the intercom of this place."""
        self._intercom.hang_up(name)

    # --- from the appliance --------------------------------------------------------------------------------

    def house_changed(self, *, names: bool) -> None:
        """A device came, went or changed its state."""
        self._mind.house_changed(names=names)
        if names:
            self._counsel.names_changed()

    def reconfigure(self, config: Config) -> None:
        """Take over what may change while turns run; the running turns keep their deadlines."""
        self._config = self._shared.config = config
        self._desk.conversation.reconfigure(config)
        self._local.area = config.home.area
        self._shared.arbiter.window_seconds = config.satellites.same_words_ms / 1000
        for site in self._sites.values():
            site.reconfigure(config)
        self._local.output.volume(config.audio.volume)

    def close(self) -> None:
        """Cancel what is under way."""
        self._search.close()
        self._intercom.close()
        for site in self._sites.values():
            site.close()
        self._hands.close()

    # --- from the stages -------------------------------------------------------------------------------

    def stage_changed(self, stage: str, state: str, *, ready: bool) -> None:
        """A stage reached another state; a ready one gets what its predecessor had."""
        self.trace.note(self._local.turn, "stage", name=stage, state=state)
        if self._microphone.settled(stage, state):
            self._stages.send("sound", messages.Capture(self._microphone.open))
        if not ready:
            return
        if stage == "sound":
            self._local.output.volume(self._config.audio.volume)
            self._stages.send("sound", messages.Capture(self._microphone.open))
            self._local.mouth.play_again()
        if stage == "wake":
            self._search.stage_ready()
        if stage == "stt":
            self._send_grammar()
        if stage == "tts":
            self._prepare_fillers()
        for site in self._sites.values():
            site.stage_ready(stage)
        self._mind.stage_ready(stage)
        self._overhearing.stage_ready(stage)
        if stage == "llm":
            self._counsel.stage_ready()

    def _unanswered(self, turn: int) -> None:
        """The model had no time for it."""
        site = self._shared.turns.get(turn)
        if site is not None:
            asyncio.get_running_loop().call_soon(site.counselled, turn, Outcome(why="deadline"))

    def message(self, stage: str, message: messages.Message) -> None:
        """One message of a stage."""
        match message:
            case messages.MicAudio(at_ms=at_ms, pcm=pcm):
                self._local.hear(at_ms, pcm)
            case messages.WakeHeard(stream=stream):
                site = self._search.site(stream)
                if site is not None:
                    site.heard_wake(message)
            case messages.WakeLoad():
                self._search.load(message)
            case messages.GrammarReady(grammar=grammar):
                self._set_grammar(grammar)
            case messages.Injected(at_ms=at_ms):
                if self.on_injected:
                    self.on_injected(self._local.ears.to_audio_clock(at_ms))
            case messages.PlayStarted(turn=turn, at_ms=at_ms):
                self._local.play_started(turn, at_ms)
            case messages.Played(turn=turn):
                if not message.interrupted:
                    self._local.played(turn, message.seconds, message.rms)
            case messages.Overrun():
                LOG.warning("sound blocks lost: %d in, %d out", message.input_blocks, message.output_blocks)
            case messages.DeviceState():
                LOG.log(logging.INFO if message.present else logging.WARNING, "%s", _card(message))
            case messages.Note():
                LOG.log(logging.getLevelName(message.level.upper()), "%s: %s", stage, message.text)
            case _:
                self._of_a_turn(message)

    def _noted(self, note: TurnNote) -> None:
        self._ducking.note(note)
        self._overhearing.note(note)

    def _of_a_turn(self, message: messages.Message) -> None:
        """What belongs to a turn that is over is dropped here."""
        if self._overhearing.takes(message):
            return
        turn = getattr(message, "turn", 0)
        if isinstance(message, messages.Understood) and turn in self._understanding:
            answer = self._understanding[turn]
            if not answer.done():
                answer.set_result(message)
            return
        site = self._shared.turns.get(turn)
        if isinstance(message, messages.Generated) and turn:
            outcome = self._counsel.ended(message)
            if site is not None:
                site.counselled(turn, outcome)
            return
        if site is None:
            return
        match message:
            case messages.Voice():
                site.voice(message)
            case messages.SpeechAudio():
                if site.mouth.speech(message) and self.on_speech and site is self._local:
                    self.on_speech(message)
            case messages.Spoken():
                site.spoken(message)
            case _:
                site.answer(turn, message)

    def _set_grammar(self, grammar: messages.SpeechGrammar) -> None:
        self._grammar = grammar
        self._send_grammar()

    def _question(self, room: str, asked: bool) -> None:
        """While anyone is asked something, the recogniser knows the words of an answer, too."""
        before = bool(self._asking)
        (self._asking.add if asked else self._asking.discard)(room)
        if bool(self._asking) != before:
            self._send_grammar()

    def _send_grammar(self) -> None:
        if not self._config.stt.grammar or self._grammar is None:
            return
        grammar = _both(self._grammar, stopping.grammar(self._config.language))
        if self._asking:
            grammar = _both(grammar, words.grammar(self._config.language))
        self._stages.send("stt", messages.SetGrammar(grammar))

    def _prepare_fillers(self) -> None:
        """A fresh voice says them once, for itself."""
        if not self._config.turn.fillers:
            return
        for text in fillers.everything(self._config.language):
            self._stages.send("tts", messages.Prepare(0, text, self._config.tts.speed))


def _both(one: messages.SpeechGrammar, other: messages.SpeechGrammar) -> messages.SpeechGrammar:
    return messages.SpeechGrammar((*one.patterns, *other.patterns), {**one.lists, **other.lists})


def _card(message: messages.DeviceState) -> str:
    what = "microphone" if message.direction == "input" else "loudspeaker"
    state = "is there" if message.present else "is missing"
    return f"{what} {message.device!r} {state}" + (f"; {message.hint}" if message.hint else "")
