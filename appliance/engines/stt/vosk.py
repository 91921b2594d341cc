"""Vosk: streaming recognition with a Kaldi model from a folder, narrowed to the home's grammar.

Vosk's run-time grammar is a bigram over the sentences it is given, so it hears things that no sentence says;
a result is taken only when it is in the grammar. A broken model can end the process from inside the library,
so the folder is looked at first.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from appliance.audio import pcm as audio
from appliance.engines.contract import EngineOptions, MissingEngine, Text
from appliance.engines.coverage import covering_sentences
from appliance.engines.loading import library_present
from appliance.engines.phrases import Acceptor, compile_grammar
from appliance.errors import EngineError
from appliance.wire.messages import SpeechGrammar

MAX_UTTERANCE_BYTES = 30_000 * audio.BYTES_PER_MS
SLICE_BYTES = 4 * audio.BLOCK_BYTES
_FST_MAGIC = (2_125_659_606).to_bytes(4, "little")
_COMMON_FILES = ("am/final.mdl", "conf/mfcc.conf", "conf/model.conf", "graph/words.txt")
_OLD_COMMON_FILES = ("final.mdl", "mfcc.conf", "words.txt")
_SPEAKER_FILES = ("final.ext.raw", "mfcc.conf", "mean.vec", "transform.mat")

_UNPACK = "unpack the model again, or: appliance models verify"


class Options(EngineOptions, frozen=True):
    """Settings of `[stt.options]`."""

    max_sentences: int = 8_000
    """Most sentences given to the library; they are chosen to hold every pair of words."""
    min_confidence: float = 0.6
    """A sentence of the grammar whose words are less sure on average gives an empty text, 0…1."""
    garbage: bool = False
    """Add `[unk]` to the grammar; it takes unknown words well in large models and too much in small ones."""


class Engine:
    """See `engines.contract.SttEngine`. `models`: "model" and, if wanted, "speaker" are folders."""

    def __init__(self, options: Options, models: Mapping[str, Path], threads: int) -> None:
        del threads  # decoding has one
        self._options = options
        self._models = dict(models)
        self._library: Any = None
        self._model: Any = None
        self._speaker: Any = None
        self._recognizer: Any = None
        self._narrows = self._deaf = False
        self._acceptor: Acceptor | None = None
        self._said: list[dict[str, Any]] = []
        self._partial = ""
        self._heard_bytes = 0
        self.left_out: tuple[str, ...] = ()
        """Words of the last grammar that the model does not know; sentences with them cannot be heard."""

    def open(self) -> str:
        """Load the model folders. Raises MissingEngine while one is missing, EngineError for a broken one."""
        folder = self._models.get("model")
        if folder is None:
            raise MissingEngine(
                "stt.engine vosk needs a model", 'set stt.model to a name of "appliance models list"'
            )
        self._narrows = check_model(folder)
        speaker = self._models.get("speaker")
        if speaker is not None:
            _check_files(speaker, _SPEAKER_FILES)
        if not library_present("vosk"):
            raise MissingEngine("the vosk library is not installed", "install vosk")
        os.environ.setdefault("HOME", "/tmp")  # noqa: S108 - the library looks for a cache there; nothing is written
        import vosk

        vosk.SetLogLevel(-1)
        self._library = vosk
        self._model = _loaded(vosk.Model, folder)
        self._speaker = _loaded(vosk.SpkModel, speaker) if speaker is not None else None
        self.set_grammar(None)
        return f"vosk, model {folder.name}" + (f", speaker model {speaker.name}" if speaker else "")

    def close(self) -> None:
        """Release the recogniser and the models."""
        self._recognizer = self._model = self._speaker = None

    def another(self) -> Engine:
        """A recogniser over the same loaded model."""
        each = Engine(self._options, self._models, 1)
        each._library, each._model, each._speaker = self._library, self._model, self._speaker
        each._narrows = self._narrows
        each.set_grammar(None)
        return each

    def set_grammar(self, grammar: SpeechGrammar | None) -> None:
        """Listen for these sentences. Raises UnderstandingError for a grammar that does not compile."""
        if grammar is None:
            self._acceptor, self._deaf, self.left_out = None, False, ()
            self._recognizer = self._new_recognizer(None)
            return
        automaton = compile_grammar(grammar)
        missing = {word for word in automaton.words() if self._model.vosk_model_find_word(word) < 0}
        self.left_out = tuple(sorted(missing))
        known = automaton.without(missing)
        sentences = covering_sentences(known, self._options.max_sentences)
        self._deaf = not sentences
        if self._options.garbage:
            sentences.append("[unk]")
        self._acceptor = Acceptor(known)
        self._recognizer = self._new_recognizer(sentences)

    def _new_recognizer(self, sentences: list[str] | None) -> Any:
        kaldi = self._library.KaldiRecognizer
        if sentences and self._narrows:
            recognizer = kaldi(self._model, audio.RATE_HZ, json.dumps(sentences, ensure_ascii=False))
        else:
            recognizer = kaldi(self._model, audio.RATE_HZ)
        recognizer.SetWords(True)
        if self._speaker is not None:
            recognizer.SetSpkModel(self._speaker)
        return recognizer

    def start(self) -> None:
        """Begin an utterance."""
        self._recognizer.Reset()
        self._said, self._partial, self._heard_bytes = [], "", 0

    def feed(self, pcm: bytes) -> Iterator[str]:
        """Listen on, in slices; yields the text so far when it changed."""
        if self._deaf:
            return
        room = max(0, MAX_UTTERANCE_BYTES - self._heard_bytes)
        whole_bytes = min(len(pcm), room) // audio.SAMPLE_BYTES * audio.SAMPLE_BYTES
        for piece in audio.blocks(pcm[:whole_bytes], SLICE_BYTES):
            self._heard_bytes += len(piece)
            # The library ends a sentence at its own idea of a pause; the appliance has the last word on that.
            if self._recognizer.AcceptWaveform(piece):
                self._said.append(json.loads(self._recognizer.Result()))
            unfinished = json.loads(self._recognizer.PartialResult()).get("partial", "")
            text = " ".join(filter(None, (*(part.get("text", "") for part in self._said), unfinished)))
            if text != self._partial:
                self._partial = text
                yield text

    def finish(self) -> Text:
        """The sentence that was said, or an empty text."""
        self._said.append(json.loads(self._recognizer.FinalResult()))
        parts, self._said = self._said, []
        text = " ".join(filter(None, (part.get("text", "") for part in parts)))
        confidence = _confidence(parts)
        speaker = next((tuple(part["spk"]) for part in reversed(parts) if "spk" in part), ())
        if self._acceptor is not None and not (
            self._acceptor.accepts(text) and confidence >= self._options.min_confidence
        ):
            text = ""
        return Text(text, confidence, speaker)


def _confidence(parts: list[dict[str, Any]]) -> float:
    """Mean of the words' posteriors, each 0…1."""
    words = [word["conf"] for part in parts for word in part.get("result", ())]
    return max(0.0, min(1.0, sum(words) / len(words))) if words else 0.0


def check_model(folder: Path) -> bool:
    """Look at a model's files; True when its vocabulary can be narrowed at run time.

    Raises MissingEngine without the folder, EngineError when a file is missing or empty, or is not what its
    name says: the library would end the process.
    """
    _check_folder(folder)
    old = (folder / "final.mdl").is_file()
    graph = folder if old else folder / "graph"
    _check_files(folder, _OLD_COMMON_FILES if old else _COMMON_FILES)
    narrows = not (graph / "HCLG.fst").is_file()
    graph_files = ("HCLr.fst", "Gr.fst") if narrows else ("HCLG.fst",)
    _check_files(graph, (*graph_files, *(("disambig_tid.int",) if narrows else ())))
    for name in graph_files:
        with (graph / name).open("rb") as file:
            if file.read(4) != _FST_MAGIC:
                raise EngineError(f"{graph / name}: this is no graph of OpenFst", _UNPACK)
    return narrows


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise MissingEngine(f"{folder}: there is no such model folder", "appliance models fetch")


def _check_files(folder: Path, names: tuple[str, ...]) -> None:
    _check_folder(folder)
    for name in names:
        if not (folder / name).is_file() or (folder / name).stat().st_size == 0:
            raise EngineError(f"{folder / name}: this part of the model is missing or empty", _UNPACK)


def _loaded(kind: Any, folder: Path) -> Any:
    try:
        return kind(str(folder))
    except Exception as error:  # the library raises nothing narrower
        raise EngineError(f"{folder}: vosk cannot load this model ({error})", _UNPACK) from error
