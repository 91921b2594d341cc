"""What all recognisers of a stage share: the model's folder, its own graph, and the home's."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from appliance.ears.checking import check_files, check_model
from appliance.ears.folder import NoRoomError, with_graph
from appliance.ears.home import Builder
from appliance.ears.tuning import read_tuning, stricter
from appliance.engines.contract import EngineOptions, MissingEngine
from appliance.engines.coverage import covering_sentences
from appliance.engines.loading import library_present
from appliance.engines.phrases import Acceptor, compile_grammar
from appliance.errors import EngineError
from appliance.wire.messages import SpeechGrammar

PACKAGED = Path(__file__).resolve().parents[3] / "ears" / "models" / "en"
"""The model that comes with the appliance, where it does."""
_SPEAKER_FILES = ("final.ext.raw", "mfcc.conf", "mean.vec", "transform.mat")
_SETTINGS = {"--phone-determinize": "false"}
"""Foreign speech has endless spellings in phones: only its words are told apart."""
_LATTICE_BEAMS = {True: "3", False: "6"}
"""How far other guesses may be, by whether the graph is written down to phones: then most of the time would
go into spellings of foreign speech, and the sentences' own guesses are near.
"""
MAX_BIGRAM_SENTENCES = 8_000
"""They are chosen to hold every pair of words."""
_UNPACK = "unpack the model again, or: appliance models verify"


class Options(EngineOptions, frozen=True):
    """Settings of `[stt.options]`."""

    min_confidence: float = 0.0
    """A sentence whose words are less sure on average gives an empty text, 0…1; 0 is what the model says."""
    strictness: float = 1.0
    """Above 1 more is taken for no command, below 1 less; 0.1…10."""
    dictation: bool = False
    """Speech that is no sentence of the home is heard once more, as any words; for a language model.
    Wants a model that can take dictation."""
    voices: tuple[str, ...] = ("en-us", "de")
    """eSpeak NG voices that spell unknown words; each gives one more pronunciation."""


class Home(msgspec.Struct, frozen=True):
    """A grammar's graph, loaded; without a model nothing can be heard."""

    digest: bytes
    model: Any
    acceptor: Acceptor
    left_out: tuple[str, ...]
    bigram: tuple[str, ...] = ()
    """Sentences for the library's own grammar, where no graph of ours could be put."""


class Models:
    """Loaded once; `home` is the only part that changes."""

    def __init__(self, options: Options, models: Mapping[str, Path], parent: Path | None = None) -> None:
        """`parent` is where the graph lies while it is loaded; None is the usual place."""
        self._parent = parent
        folder = models.get("model") or PACKAGED
        if folder == PACKAGED and not folder.is_dir():
            raise MissingEngine(
                "stt.engine vosk needs a model", 'set stt.model to a name of "appliance models list"'
            )
        self.folder = folder
        self.kind = check_model(folder)
        plain = read_tuning(folder)
        self.min_confidence = options.min_confidence or plain.min_confidence
        self._builder = Builder(folder, options.voices, stricter(plain, options.strictness))
        self._home: Home | None = None
        self._one_at_a_time = threading.Lock()
        speaker = models.get("speaker")
        if speaker is not None:
            check_files(speaker, _SPEAKER_FILES)
        self._builder.open()
        if not library_present("vosk"):
            raise MissingEngine("the vosk library is not installed", "install vosk")
        os.environ.setdefault("HOME", "/tmp")  # noqa: S108 - the library looks for a cache there; nothing is written
        import vosk

        vosk.SetLogLevel(-1)
        self.library = vosk
        self.dictation: Any = None if self.kind == "bare" else _loaded(vosk.Model, folder)
        self.speaker = _loaded(vosk.SpkModel, speaker) if speaker is not None else None
        if self.kind == "bare":
            self.home(SpeechGrammar(("yes", "no")))  # so that a broken model is found now

    def home(self, grammar: SpeechGrammar) -> Home:
        """This grammar's graph; the last one is kept. Raises UnderstandingError for a bad grammar."""
        digest = hashlib.sha256(msgspec.msgpack.encode(grammar)).digest()
        with self._one_at_a_time:
            if self._home is None or self._home.digest != digest:
                self._home = self._built(grammar, digest)
            return self._home

    def _built(self, grammar: SpeechGrammar, digest: bytes) -> Home:
        automaton = compile_grammar(grammar)
        if not self._builder.spells and self.kind == "fixed":
            return Home(digest, self.dictation, Acceptor(automaton), ())
        made = self._builder.build(automaton, self._number)
        acceptor = Acceptor(made.known)
        if not made.files:
            return Home(digest, None, acceptor, made.left_out)
        settings = {**_SETTINGS, "--lattice-beam": _LATTICE_BEAMS[self._builder.spells]}
        try:
            with with_graph(self.folder, made.files, settings, self._parent) as folder:
                return Home(digest, _loaded(self.library.Model, folder), acceptor, made.left_out)
        except NoRoomError:
            if self.kind != "narrowable":
                raise
        sentences = covering_sentences(made.known, MAX_BIGRAM_SENTENCES)
        return Home(digest, self.dictation, acceptor, made.left_out, tuple(sentences))

    def _number(self, word: str) -> int:
        return int(self.dictation.vosk_model_find_word(word))


def _loaded(kind: Any, folder: Path) -> Any:
    try:
        return kind(str(folder))
    except Exception as error:  # the library raises nothing narrower
        raise EngineError(f"{folder}: vosk cannot load this model ({error})", _UNPACK) from error
