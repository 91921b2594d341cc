"""A private appliance for a self test: own data in memory, own broker, no card, a home of one light."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import Self

from appliance.audio import pcm
from appliance.config.model import Config
from appliance.daemon import Appliance
from appliance.errors import ControlError, HomeError
from appliance.home.simulated import SimulatedHome
from appliance.judgement.own_voice import TAIL_SECONDS
from appliance.ops import models
from appliance.pipeline.summary import Summary
from appliance.pipeline.trace import TurnNote
from appliance.selftest import sentences, setting, surroundings, voices
from appliance.selftest.sentences import LIGHT, Phrase, Utterance, spoken_word
from appliance.selftest.steps import Outcome

HOME_USER = "selftest"
LOOK_SECONDS = 0.2
WAKE_SECONDS = 2.0
"""So long after its end a wake word may still be noticed, at the usual patience."""
USUAL_PATIENCE = 60.0
START_SHARE, SHARE = 0.6, 0.33
"""Parts of the patience for the start, and for a turn: when one never ends, time is left to say so."""
ECHO_SECONDS = TAIL_SECONDS + 0.3
"""Words like those just spoken by its own loudspeaker are taken for an echo until then, as they should be."""
PREFIX = "appliance-selftest-"


class Apart:
    """`async with Apart(config, phrase) as apart: await apart.hear(utterance)`; then nothing is left."""

    def __init__(self, config: Config, phrase: Phrase, patience_seconds: float) -> None:
        """`patience_seconds` is the longest wait for any one thing; who grants more has a slower machine."""
        self._patience_seconds = patience_seconds
        self._slowness = max(1.0, patience_seconds / USUAL_PATIENCE)
        self._config = config
        self._phrase = phrase
        self._undo = contextlib.AsyncExitStack()
        self._speech: dict[tuple[str, str], bytes] = {}
        self._said_at = 0.0
        self.words: tuple[str, ...] = ()
        """The wake words that are listened for."""
        self.folder = Path()
        """Where its data lies."""
        self.voice_ms = 0.0
        """How long the first sound of the own voice was waited for."""

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._undo.aclose()
            raise
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._undo.aclose()

    async def _start(self) -> None:
        folder = Path(
            self._undo.enter_context(
                tempfile.TemporaryDirectory(prefix=PREFIX, dir=surroundings.folder_in_memory())
            )
        )
        self.folder = folder
        config = await asyncio.to_thread(self._setting, folder)
        self.words = config.wake.words
        self._appliance = Appliance(config)
        self._undo.push_async_callback(self._appliance.stop)
        await self._appliance.start()
        await self._listening()
        await self._start_home()
        if sentences.phrase(self._config.language) == self._phrase:
            await self._until_known()

    def _setting(self, folder: Path) -> Config:
        """The configuration of the private one; it reads the models where they lie."""
        config = self._config
        fetched = Path(config.paths.data).absolute() / "models"
        if fetched.is_dir():
            (folder / "models").symlink_to(fetched)
        words = sentences.words(config.wake.words, models.available_words(config))
        return setting.private(config, folder, words, self._slowness)

    async def _start_home(self) -> None:
        broker, language = self._appliance.broker, self._config.language
        assert broker is not None
        house = sentences.house(self._phrase, language)
        self._home = SimulatedHome(house, await broker.add_user(HOME_USER))
        self._undo.push_async_callback(self._home.stop)
        await self._home.start(self._patience_seconds)
        devices = self._appliance.devices
        if not await devices.settle(self._patience_seconds) or not len(devices):
            raise HomeError("the light of the self test was not found on its broker", "appliance doctor")

    async def _listening(self) -> None:
        """Wait until a spoken turn is possible. Raises ControlError with what its stages say otherwise."""
        seconds = self._patience_seconds * START_SHARE
        try:
            async with asyncio.timeout(seconds):
                await self._appliance.wait_until_listening()
        except TimeoutError:
            why, hint = self._trouble()
            found = f"not listening after {seconds:.0f} s: {why}"
            raise ControlError(found[:300], hint or "appliance doctor") from None

    async def _until_known(self) -> None:
        """Until what can be said in this home has reached the stages; the rows tell when it never does."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience_seconds * SHARE):
                while not await self._understood():  # noqa: ASYNC110 - another process knows
                    await asyncio.sleep(LOOK_SECONDS)

    async def _understood(self) -> bool:
        try:
            meaning = await self._appliance.conductor.understand(self._phrase.sentence)
        except ControlError:  # nobody answered yet
            return False
        return bool(meaning.deeds)

    @property
    def confinement(self) -> str:
        """The level of its sandbox (docs/sandbox.md)."""
        return self._appliance.supervisor.ladder.level

    def _trouble(self) -> tuple[str, str]:
        """(why it is not listening, what to do), as far as its stages say."""
        for stage in self._appliance.supervisor.status():
            if stage.state.value != "ready":
                return f"stage {stage.name}: {stage.last_error or stage.state.value}", stage.hint
        return "", ""

    async def hear(self, utterance: Utterance) -> Outcome | None:
        """Say it into the virtual microphone; None where there is no such voice. Raises ApplianceError."""
        word = await self._say(utterance.wake_voice, spoken_word(utterance.word).title(), sentences.ENGLISH)
        command = await self._say(utterance.voice, self._phrase.sentence, self._config.language)
        if word is None or command is None:
            return None
        await self._until_quiet()
        self._home.change(LIGHT, "off")
        turn = _Turn(self._appliance, self._patience_seconds)
        try:
            summary = await turn.after(voices.called(word), voices.said(command))
        finally:
            turn.close()
        word_ms = voices.LEAD_MS + len(word) // pcm.BYTES_PER_MS
        return Outcome(utterance, summary, self._home.state(LIGHT) == "on", turn.began_ms, word_ms)

    async def _say(self, voice: sentences.Voice, text: str, language: str) -> bytes | None:
        if (voice, text) not in self._speech:
            speech = await self._make(voice, text, language)
            if speech is None:
                return None
            self._speech[voice, text] = speech
        return self._speech[voice, text]

    async def _make(self, voice: sentences.Voice, text: str, language: str) -> bytes | None:
        if voice == "espeak":
            return await asyncio.to_thread(voices.espeak, text, language)
        made = await voices.own(self._appliance.conductor, text, self._patience_seconds)
        self.voice_ms = self.voice_ms or made.first_ms
        self._said_at = asyncio.get_running_loop().time()
        return made.speech

    async def _until_quiet(self) -> None:
        """Until what it said itself, or answered last, is long enough ago."""
        while not self._appliance.conductor.idle:  # noqa: ASYNC110 - it has no event for that
            await asyncio.sleep(0.05)
        waited = asyncio.get_running_loop().time() - self._said_at
        await asyncio.sleep(max(0.0, ECHO_SECONDS - waited))


class _Turn:
    """One utterance and the turn that it begins."""

    def __init__(self, appliance: Appliance, patience_seconds: float) -> None:
        self._appliance = appliance
        self._patience_seconds = patience_seconds
        self._conductor = appliance.conductor
        self._summary = Summary(turn=0)
        self._woken, self._over = asyncio.Event(), asyncio.Event()
        self.began_ms = 0
        self._conductor.on_injected = self._injected
        self._end = self._conductor.trace.watch(self._take)

    def close(self) -> None:
        """Stop watching."""
        self._end()
        self._conductor.on_injected = None

    async def after(self, call: bytes, command: bytes) -> Summary:
        """What came of this; an unfinished summary when no turn began, or none ended, in time.

        As people do, it goes on when the wake word was noticed: a slow machine then misses nothing, and
        one that noticed nothing is not told the rest.
        """
        self._appliance.hear(call)
        with contextlib.suppress(TimeoutError):
            late = WAKE_SECONDS * max(1.0, self._patience_seconds / USUAL_PATIENCE)
            async with asyncio.timeout(len(call) / pcm.BYTES_PER_MS / 1000 + late):
                await self._woken.wait()
            self._appliance.hear(command)
            async with asyncio.timeout(self._patience_seconds * SHARE):
                await self._over.wait()
        return self._summary

    def _injected(self, at_ms: int) -> None:
        self.began_ms = self.began_ms or at_ms

    def _take(self, note: TurnNote) -> None:
        if note.kind == "wake" and not self._summary.turn:
            self._summary = Summary(turn=note.turn)
            self._woken.set()
        if note.turn and note.turn == self._summary.turn and note.kind != "stage":
            self._summary.take(note)
            if self._summary.over:
                self._over.set()
