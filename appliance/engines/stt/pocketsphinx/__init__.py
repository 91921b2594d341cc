"""PocketSphinx with the American English model that comes in its package: the one that is always there.

It listens for the sentences of the home's grammar and nothing else; a phone loop beside it says whether one
of them was really spoken (`rejection`). Words that its dictionary lacks are spelled out by eSpeak NG
(`pronounce`). Without a grammar it takes dictation with the packaged language model, which is weak.
"""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from appliance.audio import pcm as audio
from appliance.engines.contract import EngineOptions, MissingEngine, Text
from appliance.engines.onset import Onset
from appliance.engines.phrases import Automaton, compile_grammar
from appliance.engines.stt.pocketsphinx.pronounce import Speller, cot_caught_merged, is_latin
from appliance.engines.stt.pocketsphinx.rejection import Segment, judge
from appliance.errors import EngineError
from appliance.wire.messages import SpeechGrammar

MAX_UTTERANCE_SECONDS = 30
"""What is said beyond it is not listened to."""
MAX_SPELLED_WORDS = 20_000
"""Words added to the dictionary in the life of a process; it has no way to forget one."""
MAX_UTTERANCE_BYTES = MAX_UTTERANCE_SECONDS * 1000 * audio.BYTES_PER_MS
BLOCKS_BETWEEN_PARTIALS = 4
"""How often a partial text is looked for: every 128 ms."""
MAX_SETTLED_BYTES = 6_000 * audio.BYTES_PER_MS
"""Longer speech is no command; decoding it again would only cost time."""
LOUDNESS_TOLERANCE = 2.5
"""Difference of the mean's first coefficient that is worth decoding again."""
SMALLEST_SCORE = 1e-300

# A grammar's sentences compete by sound alone, so the language weight is small and the beams are wide; all
# senones are scored so that the phone loop's costs and the grammar's are on one scale.
_GRAMMAR_SETTINGS = {
    "lw": 2.0, "wip": 0.2, "beam": 1e-80, "pbeam": 1e-80, "wbeam": 1e-60, "bestpath": False,
    "compallsen": True,
}  # fmt: skip
_ARC_PROBABILITY = 0.3
_PHONE_LOOP_SETTINGS = {
    "lw": 1.0,
    "pip": 0.3,
    "beam": 1e-20,
    "pbeam": 1e-10,
    "bestpath": False,
    "compallsen": True,
}


class Options(EngineOptions, frozen=True):
    """Settings of `[stt.options]`."""

    voices: tuple[str, ...] = ("en-us", "de")
    """eSpeak NG voices that spell unknown words; each gives one more pronunciation."""
    reject: bool = True
    """Answer with an empty text when no sentence of the grammar was really said."""
    strictness: float = 1.0
    """Above 1 rejects more, below 1 less."""


class Engine:
    """See `engines.contract.SttEngine`. `models` may name another acoustic model folder as "model"."""

    def __init__(self, options: Options, models: Mapping[str, Path], threads: int) -> None:
        del threads  # the library has one
        self._options = options
        self._model = models.get("model")
        self._speller = Speller(tuple(options.voices))
        self._spelled = 0
        self._known_words: set[str] = set()
        self._grammar_decoder: Any = None
        self._phone_loop: Any = None
        self._dictation: Any = None
        self._active: list[Any] = []
        self._grammar_number = 0
        self._closed = self._deaf = False
        self._greetings: tuple[str, ...] = ()
        self._listener: Any = None
        self._onset = Onset()
        self._heard = bytearray()
        self._means = ""
        self._running = self._decoded = False
        self._partial = ""
        self.left_out: tuple[str, ...] = ()
        """Words of the last grammar that cannot be spelled out; sentences with them cannot be heard."""

    def open(self) -> str:
        """Load the model. Raises MissingEngine without the library, EngineError for a broken model."""
        if not 0.1 <= self._options.strictness <= 10:
            raise EngineError("stt.options.strictness must lie between 0.1 and 10")
        self._speller.open()
        self._grammar_decoder = self._decoder(_GRAMMAR_SETTINGS)
        self._phone_loop = self._decoder({**_PHONE_LOOP_SETTINGS, "dict": os.devnull})
        self._phone_loop.add_allphone_file("phones", None)
        self._phone_loop.activate_search("phones")
        self._listener = self._decoder({"dict": os.devnull})
        self._listener.add_allphone_file("phones", None)
        self._listener.activate_search("phones")
        return "pocketsphinx, American English"

    def _decoder(self, settings: Mapping[str, object]) -> Any:
        try:
            import pocketsphinx
        except ImportError as error:
            raise MissingEngine(f"pocketsphinx cannot be loaded: {error}", "install pocketsphinx") from error
        chosen: dict[str, object] = {"lm": None, "loglevel": "FATAL", **settings}
        if self._model is not None:
            if not self._model.is_dir():
                raise MissingEngine(f"{self._model}: there is no such model folder", "appliance models fetch")
            if not (self._model / "mdef").is_file():
                raise EngineError(f"{self._model}: this is no PocketSphinx model", "it must hold a file mdef")
            chosen["hmm"] = str(self._model)
        try:
            return pocketsphinx.Decoder(**chosen)
        except RuntimeError as error:
            raise EngineError(f"pocketsphinx: the model cannot be loaded ({error})") from error

    def close(self) -> None:
        """Release the decoders."""
        self._active = []
        self._grammar_decoder = self._phone_loop = self._listener = self._dictation = None

    # --- grammar -------------------------------------------------------------------------------------------

    def set_grammar(self, grammar: SpeechGrammar | None) -> None:
        """Listen for these sentences. Raises UnderstandingError for a grammar that does not compile."""
        self._drop()
        if grammar is None:
            self._closed, self.left_out = False, ()
            return
        automaton = compile_grammar(grammar)
        self._closed, self._greetings = True, grammar.lists.get("wake", ())
        self._use(automaton)

    def _use(self, automaton: Automaton) -> None:
        missing = {word for word in automaton.words() if not self._known(word)}
        self.left_out = tuple(sorted(missing))
        if missing:
            automaton = automaton.without(missing)
        self._deaf = not automaton.arcs
        if self._deaf:
            return
        decoder, end = self._grammar_decoder, automaton.states
        arcs = [(source, target, _ARC_PROBABILITY, word) for source, word, target in automaton.arcs]
        ends = [(final, end, 1.0) for final in sorted(automaton.finals)]
        name = f"home-{self._grammar_number + 1}"
        decoder.add_fsg(name, decoder.create_fsg(name, automaton.start, end, arcs + ends))
        decoder.activate_search(name)
        if self._grammar_number:
            decoder.remove_search(f"home-{self._grammar_number}")
        self._grammar_number += 1

    def _known(self, word: str) -> bool:
        """Is the word in the dictionary, or can it be added?"""
        if not is_latin(word) or word in self._known_words:
            return word in self._known_words
        written = self._grammar_decoder.lookup_word(word)
        if written is not None:
            spellings = [merged] if (merged := cot_caught_merged(written.split())) else []
        elif self._spelled < MAX_SPELLED_WORDS:
            spellings = self._speller.pronunciations(word)
        else:
            spellings = []
        for phones in spellings:
            self._grammar_decoder.add_word(self._free_name(word), " ".join(phones), update=False)
            self._spelled += 1
        if written is not None or spellings:
            self._known_words.add(word)
        return word in self._known_words

    def _free_name(self, word: str) -> str:
        """The word, or `word(2)`, `word(3)`… when it already has pronunciations."""
        names = itertools.chain([word], (f"{word}({number})" for number in itertools.count(2)))
        return next(name for name in names if self._grammar_decoder.lookup_word(name) is None)

    # --- one utterance -------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin an utterance."""
        self._drop()
        self._onset, self._decoded = Onset(), False
        if self._closed and self._deaf:
            return
        if self._closed:
            self._active = [self._grammar_decoder, self._phone_loop]
        else:
            if self._dictation is None:
                self._dictation = self._dictation_decoder()
            self._active = [self._dictation]

    def _dictation_decoder(self) -> Any:
        import pocketsphinx

        return self._decoder({"lm": pocketsphinx.get_model_path("en-us/en-us.lm.bin")})

    def feed(self, pcm: bytes) -> Iterator[str]:
        """Listen on, in slices; yields the text so far when it changed."""
        room = max(0, MAX_UTTERANCE_BYTES - len(self._heard))
        whole_bytes = min(len(pcm), room) // audio.SAMPLE_BYTES * audio.SAMPLE_BYTES
        for number, block in enumerate(audio.blocks(pcm[:whole_bytes]), start=1):
            if not self._active:
                return
            self._listen(self._onset.feed(block))
            if self._onset.paused:
                self._settle()
            if number % BLOCKS_BETWEEN_PARTIALS == 0 or len(block) < audio.BLOCK_BYTES:
                yield from self._changed()
        yield from self._changed()

    def another(self) -> None:
        """There is only one: a decoder with the acoustic model of its own would cost 60 MB."""

    def finish(self) -> Text:
        """The sentence that was said, or an empty text."""
        if not self._active:
            return Text("", 0.0)
        self._listen(self._onset.release())
        if self._onset.voice_since_pause:
            self._settle()
        decoders = self._active
        self._drop()
        hypothesis = decoders[0].hyp() if self._decoded else None
        if hypothesis is None or not hypothesis.hypstr:
            return Text("", 0.0)
        if not self._closed:
            return Text(hypothesis.hypstr, min(1.0, decoders[0].get_prob()))
        verdict = judge(
            _segments(decoders[0]), _segments(decoders[1]), self._options.strictness, self._greetings
        )
        if not verdict.accepted and self._options.reject:
            return Text("", verdict.confidence)
        words = hypothesis.hypstr.split()
        return Text(" ".join(words[verdict.doubtful_words :]), verdict.confidence)

    def _changed(self) -> Iterator[str]:
        """The text so far, when it is another than before."""
        hypothesis = self._active[0].hyp() if self._active and self._running else None
        text = hypothesis.hypstr if hypothesis else self._partial
        if text != self._partial:
            self._partial = text
            yield text

    def _listen(self, pcm: bytes) -> None:
        """Decode what was held back or came just now; the first audio gives the mean spectrum."""
        if not pcm:
            return
        self._heard += pcm
        if self._running:
            self._process(pcm)
        else:
            self._decode_all(self._spectrum())

    def _settle(self) -> None:
        """Decode again when the whole utterance's mean is another than that of its beginning.

        Done at each pause, so that it is over when the end of the sentence is noticed.
        """
        if not self._running or len(self._heard) > MAX_SETTLED_BYTES:
            return
        means = self._spectrum()
        if abs(_loudness(means) - _loudness(self._means)) > LOUDNESS_TOLERANCE:
            self._end()
            self._decode_all(means)

    def _spectrum(self) -> str:
        """The mean spectrum of all that was heard."""
        self._listener.start_utt()
        self._listener.process_raw(bytes(self._heard), no_search=True, full_utt=True)
        self._listener.end_utt()
        return str(self._listener.get_cmn(False))

    def _decode_all(self, means: str) -> None:
        self._means, self._running, self._decoded = means, True, True
        for decoder in self._active:
            decoder.set_cmn(means)
            decoder.start_utt()
        self._process(bytes(self._heard))

    def _process(self, pcm: bytes) -> None:
        for decoder in self._active:
            decoder.process_raw(pcm)

    def _end(self) -> None:
        if self._running:
            for decoder in self._active:
                decoder.end_utt()
        self._running = False

    def _drop(self) -> None:
        """End a running utterance and forget its audio."""
        self._end()
        self._active = []
        self._partial = ""
        self._heard.clear()


def _loudness(means: str) -> float:
    """The first of the mean cepstra."""
    return float(means.partition(",")[0])


def _segments(decoder: Any) -> list[Segment]:
    """The decoder's best path; entries that take no time are left out."""
    return [
        Segment(part.word, part.start_frame, part.end_frame, -math.log(max(part.ascore, SMALLEST_SCORE)))
        for part in decoder.seg() or ()
        if part.word != "(NULL)" and part.end_frame >= part.start_frame
    ]
