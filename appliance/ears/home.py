"""The home's graph for one acoustic model: which of the two kinds it takes, and the files that hold it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from appliance.ears.acoustic import Phones, read_phones
from appliance.ears.foreign import FOREIGN
from appliance.ears.graph import home_graph
from appliance.ears.lexicon import Lexicon, packaged_lexicon
from appliance.ears.narrowed import narrowed
from appliance.ears.openfst import const_fst, symbol_table
from appliance.ears.tuning import Tuning
from appliance.ears.words import Sentences, sentences
from appliance.engines.phrases import Automaton
from appliance.engines.stt.pocketsphinx.pronounce import Speller

LEXICON = "lexicon.txt"
"""What a model may bring: words that the general one lacks or has otherwise, in its format."""

_WORD = re.compile(r"[^\W_][\w'’.-]*")
"""Not a sign of the library's own, such as "<eps>" or "#0"."""


class Home(msgspec.Struct, frozen=True):
    """Files for the model's graph folder, empty when nothing can be heard; what it knows and what not."""

    files: Mapping[str, bytes]
    known: Automaton
    left_out: tuple[str, ...]


class Builder:
    """Makes the graphs of one model folder."""

    def __init__(self, folder: Path, voices: tuple[str, ...], tuning: Tuning) -> None:
        self._folder = folder
        self._tuning = tuning
        self._phones: Phones | None = None
        self._speller = Speller(voices)
        self._lexicon: Lexicon | None = None

    @property
    def spells(self) -> bool:
        """Are graphs written down to the model's phones? Then any word can be heard."""
        return self._phones is not None

    def open(self) -> None:
        """Look at the model. Raises EngineError for a broken one, MissingEngine without eSpeak NG."""
        self._phones = read_phones(self._folder)
        if self._phones is None:
            return
        self._speller.open()
        files = (self._folder / LEXICON, packaged_lexicon())
        self._lexicon = Lexicon([file for file in files if file and file.is_file()], self._speller)

    def build(self, automaton: Automaton, number_of: Callable[[str], int]) -> Home:
        """The graph of these sentences; `number_of` is the model's own number of a word, below 0 for none.

        Raises UnderstandingError for a grammar above the bounds.
        """
        if self._phones is not None and self._lexicon is not None:
            return self._spelled_out(automaton, self._phones, self._lexicon)
        words = automaton.words()
        usable = filter(_WORD.fullmatch, words)
        numbers = {word: number for word in usable if (number := number_of(word)) > 0}
        known, said = self._without(automaton, set(words) - numbers.keys())
        if said is None:
            return Home({}, known, _missing(words, numbers))
        foreign = number_of(FOREIGN)
        shown = numbers | ({FOREIGN: foreign} if foreign > 0 else {})
        grammar = const_fst(narrowed(said, shown, self._tuning), acceptor=True)
        files = {"Gr.fst": grammar, "words.txt": symbol_table(shown).encode()}
        return Home(files, known, _missing(words, numbers))

    def _spelled_out(self, automaton: Automaton, phones: Phones, lexicon: Lexicon) -> Home:
        words = automaton.words()
        ways = lexicon.look_up(words, phones.sounds())
        known, said = self._without(automaton, set(words) - ways.keys())
        if said is None:
            return Home({}, known, _missing(words, ways))
        made = home_graph(said, ways, phones, self._tuning)
        files = {"HCLG.fst": const_fst(made.graph), "words.txt": symbol_table(made.words).encode()}
        return Home(files, known, _missing(words, ways))

    def _without(self, automaton: Automaton, missing: set[str]) -> tuple[Automaton, Sentences | None]:
        known = automaton.without(missing)
        return known, sentences(known, self._tuning)


def _missing(words: list[str], known: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(word for word in words if word not in known)
