"""Vosk: streaming recognition with a Kaldi model from a folder, over a graph of the home's own sentences.

The graph is written here, in the stage's sandbox, from the grammar that the supervisor sends
(`appliance.ears`); it lies in the stage's private temporary folder only while the library loads it. A broken
model can end the process from inside the library, so the folder is looked at first.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from appliance.audio import pcm as audio
from appliance.ears.foreign import FOREIGN
from appliance.ears.verdict import Guess, Heard, guesses, judge
from appliance.engines.contract import Text
from appliance.engines.onset import Onset
from appliance.engines.phrases import Acceptor
from appliance.engines.stt.vosk.models import Models, Options
from appliance.errors import ApplianceError, EngineError, UnderstandingError
from appliance.wire.messages import SpeechGrammar, TimedWord

__all__ = ["Engine", "Options"]

MAX_UTTERANCE_BYTES = 30_000 * audio.BYTES_PER_MS
SLICE_BYTES = 4 * audio.BLOCK_BYTES
ALTERNATIVES = 5
VOICE_MS = 60
"""Before so much voice nothing is decoded: the mean of a long silence is not that of the speech after it."""
LEAD_MS = 400
"""Silence that is kept before it: a soft beginning is in there."""
LOOK_UP_SECONDS = 0.02
"""How often a stage looks at its socket while a graph is made."""


class Engine:
    """See `engines.contract.SttEngine`. `models`: "model" and, if wanted, "speaker" are folders."""

    def __init__(self, options: Options, models: Mapping[str, Path], threads: int) -> None:
        del threads  # decoding has one
        self._options = options
        self._given = dict(models)
        self._models: Models | None = None
        self._recognizer: Any = None
        self._acceptor: Acceptor | None = None
        self._said: list[dict[str, Any]] = []
        self._partial = ""
        self._heard = bytearray()
        self._onset = Onset(VOICE_MS, LEAD_MS)
        self._silence_bytes = 0
        self._decoded_bytes = 0
        self._decoded_before_bytes = 0
        self.left_out: tuple[str, ...] = ()
        """Words of the last grammar that cannot be heard, nor can sentences with them."""
        self.words: tuple[TimedWord, ...] = ()
        """Of the last utterance's text, with times and confidences."""
        self.nearly = ""
        """The sentence that the last utterance was like, when its text is empty; else empty."""

    def open(self) -> str:
        """Load the model folders. Raises MissingEngine while one is missing, EngineError for a broken one."""
        if not 0.1 <= self._options.strictness <= 10:
            raise EngineError("stt.options.strictness must lie between 0.1 and 10")
        self.use(Models(self._options, self._given))
        speaker = self._given.get("speaker")
        return f"vosk, model {self._opened().folder.name}" + (
            f", speaker model {speaker.name}" if speaker else ""
        )

    def use(self, models: Models) -> None:
        """Listen with these, to any words where they can."""
        self._models = models
        if models.dictation is not None:
            self.set_grammar(None)

    def close(self) -> None:
        """Release the recogniser and the models."""
        self._recognizer = self._models = None

    def another(self) -> Engine:
        """A recogniser over the same loaded models."""
        each = Engine(self._options, self._given, 1)
        each.use(self._opened())
        return each

    def prepare(self, grammar: SpeechGrammar) -> Iterator[None]:
        """Make the graph that `set_grammar` will take, looking up often; it may be done to its end or not.

        Raises what `set_grammar` would.
        """
        models = self._opened()
        failed: list[ApplianceError] = []

        def build() -> None:
            try:
                models.home(grammar)
            except ApplianceError as error:
                failed.append(error)

        thread = threading.Thread(target=build, name="graph", daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(LOOK_UP_SECONDS)
            yield
        if failed:
            raise failed[0]

    def set_grammar(self, grammar: SpeechGrammar | None) -> None:
        """Listen for these sentences. Raises UnderstandingError for a grammar that does not compile, and for
        None where the model can take no dictation.
        """
        models = self._opened()
        if grammar is None:
            if models.dictation is None:
                raise UnderstandingError(
                    f"{models.folder.name} hears only the home's sentences", "set stt.grammar = true"
                )
            self._acceptor, self.left_out = None, ()
            self._recognizer = self._new_recognizer(models.dictation, 0)
            return
        home = models.home(grammar)
        self._acceptor, self.left_out = home.acceptor, home.left_out
        self._recognizer = (
            None if home.model is None else self._new_recognizer(home.model, ALTERNATIVES, home.bigram)
        )

    def _opened(self) -> Models:
        if self._models is None:
            raise EngineError("the recogniser is not open")
        return self._models

    def _new_recognizer(self, model: Any, alternatives: int, bigram: tuple[str, ...] = ()) -> Any:
        models = self._opened()
        self._decoded_bytes = 0
        narrowed = (json.dumps(bigram, ensure_ascii=False),) if bigram else ()
        recognizer = models.library.KaldiRecognizer(model, audio.RATE_HZ, *narrowed)
        recognizer.SetWords(True)
        recognizer.SetMaxAlternatives(alternatives)
        if models.speaker is not None:
            recognizer.SetSpkModel(models.speaker)
        return recognizer

    def start(self) -> None:
        """Begin an utterance."""
        if self._recognizer is not None:
            self._recognizer.Reset()
        self._said, self._partial = [], ""
        self._onset, self._silence_bytes = Onset(VOICE_MS, LEAD_MS), 0
        self._decoded_before_bytes = self._decoded_bytes
        self._heard.clear()

    def feed(self, pcm: bytes) -> Iterator[str]:
        """Listen on, in slices; yields the text so far when it changed."""
        if self._recognizer is None:
            return
        whole = pcm[: len(pcm) // audio.SAMPLE_BYTES * audio.SAMPLE_BYTES]
        voiced = b"".join(map(self._onset.feed, audio.blocks(whole, audio.BLOCK_BYTES)))
        self._silence_bytes += len(whole) - len(voiced)
        yield from self._listen(voiced)

    def _listen(self, voiced: bytes) -> Iterator[str]:
        room = max(0, MAX_UTTERANCE_BYTES - len(self._heard))
        for piece in audio.blocks(voiced[:room], SLICE_BYTES):
            self._heard += piece
            self._decoded_bytes += len(piece)
            # A dictation's sentence ends at the library's own idea of a pause: what it said so far is kept.
            if self._recognizer.AcceptWaveform(piece):
                self._said.append(json.loads(self._recognizer.Result()))
            unfinished = json.loads(self._recognizer.PartialResult()).get("partial", "")
            text = " ".join(filter(None, (*map(_text, self._said), unfinished)))
            if FOREIGN in text:
                text = ""
            if text != self._partial:
                self._partial = text
                yield text

    def finish(self) -> Text:
        """The sentence that was said, or an empty text."""
        self.words, self.nearly = (), ""
        if self._recognizer is None:
            return Text("", 0.0)
        held = self._onset.release()
        self._silence_bytes -= len(held)
        list(self._listen(held))
        self._said.append(json.loads(self._recognizer.FinalResult()))
        parts, self._said = self._said, []
        sound = bytes(self._heard)
        self._heard.clear()
        speaker = next((tuple(part["spk"]) for part in reversed(parts) if "spk" in part), ())
        heard = self._judged(parts)
        if not heard.words and self._options.dictation and self._acceptor is not None:
            heard = self._dictated(sound, self._acceptor, heard)
        self.words, self.nearly = tuple(map(self._at_its_time, heard.words)), heard.nearly
        return Text(heard.text, heard.confidence, speaker, self.words, heard.nearly)

    def _at_its_time(self, word: TimedWord) -> TimedWord:
        """In this utterance: the library counts on from earlier ones, and got no silence before it."""
        later_ms = (self._silence_bytes - self._decoded_before_bytes) // audio.BYTES_PER_MS
        return msgspec.structs.replace(word, start_ms=word.start_ms + later_ms, end_ms=word.end_ms + later_ms)

    def _judged(self, parts: list[dict[str, Any]]) -> Heard:
        if self._acceptor is None:
            return _plain(parts)
        found = _joined([
            guesses([each for each in part.get("alternatives", ()) if each.get("result")]) for part in parts
        ])  # fmt: skip
        return judge(found, self._acceptor.accepts, self._opened().min_confidence)

    def _dictated(self, sound: bytes, acceptor: Acceptor, refused: Heard) -> Heard:
        """The sound once more as any words; a sentence of the home is not taken: its graph knew better."""
        models = self._opened()
        if models.dictation is None:
            return refused
        recognizer = models.library.KaldiRecognizer(models.dictation, audio.RATE_HZ)
        recognizer.SetWords(True)
        parts = [json.loads(recognizer.Result()) for piece in audio.blocks(sound, SLICE_BYTES)
                 if recognizer.AcceptWaveform(piece)]  # fmt: skip
        dictated = _plain([*parts, json.loads(recognizer.FinalResult())])
        return refused if acceptor.accepts(dictated.text) or FOREIGN in dictated.text else dictated


def _text(part: Mapping[str, Any]) -> str:
    alternatives = part.get("alternatives")
    return str((alternatives[0] if alternatives else part).get("text", ""))


def _joined(parts: list[tuple[Guess, ...]]) -> tuple[Guess, ...]:
    """The guesses of one sentence; of one that a model's own graph broke into several, the best of each."""
    spoken = [part for part in parts if part]
    if len(spoken) == 1:
        return spoken[0]
    words = tuple(word for part in spoken for word in part[0].words)
    return (Guess(words, min(part[0].chance for part in spoken)),) if spoken else ()


def _plain(parts: list[dict[str, Any]]) -> Heard:
    """The words of a dictation, with the library's own posteriors."""
    words = tuple(
        TimedWord(
            each["word"],
            round(1000 * each["start"]),
            round(1000 * each["end"]),
            min(1.0, each["conf"]),
        )
        for part in parts
        for each in part.get("result", ())
    )
    return Heard(words, sum(word.confidence for word in words) / len(words) if words else 0.0)
