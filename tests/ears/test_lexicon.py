from __future__ import annotations

from pathlib import Path

import pytest

from appliance.ears import lexicon
from appliance.ears.lexicon import Lexicon, packaged_lexicon, parse
from appliance.engines.stt.pocketsphinx.pronounce import Speller
from tests.ears.graphs import ARPABET


@pytest.fixture
def speller() -> Speller:
    each = Speller(("en-us", "de"))
    each.open()
    return each


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("light L AY T", {"light": [("L", "AY", "T")]}),
        ("light L AY1 T # a comment", {"light": [("L", "AY", "T")]}),
        ("light(2) L AY T", {"light": [("L", "AY", "T")]}),
        ("lighter L AY T ER", {}),
        ("light", {}),
        ("", {}),
    ],
)
def test_a_line_of_a_lexicon(line: str, said: dict[str, list[tuple[str, ...]]]) -> None:
    assert parse([line + "\n"], {"light"}) == said


def test_known_words_have_all_their_ways(speller: Speller) -> None:
    file = packaged_lexicon()
    assert file is not None
    ways = Lexicon([file], speller).look_up(["the", "off"], ARPABET)
    assert {("DH", "AH"), ("DH", "IY")} <= set(ways["the"])
    assert {("AO", "F"), ("AA", "F")} <= set(ways["off"])


def test_the_models_own_lexicon_comes_first(tmp_path: Path, speller: Speller) -> None:
    own = tmp_path / "lexicon.txt"
    own.write_text("light L IY T\nroborock R OW B AH R AA K\n")
    file = packaged_lexicon()
    assert file is not None
    ways = Lexicon([own, file], speller).look_up(["light", "roborock", "lamp"], ARPABET)
    assert ways["light"] == (("L", "IY", "T"),)
    assert ("R", "OW", "B", "AH", "R", "AA", "K") in ways["roborock"]
    assert ("L", "AE", "M", "P") in ways["lamp"]


def test_a_name_that_no_lexicon_has_is_read_out_in_several_languages(speller: Speller) -> None:
    ways = Lexicon([], speller).look_up(["wohnzimmer", "küche"], ARPABET)
    assert len(ways["wohnzimmer"]) >= 2
    assert all(set(way) <= set(ARPABET) for way in ways["küche"])


def test_words_that_no_voice_can_read_are_left_out(speller: Speller) -> None:
    words = ["кухня", "厨房", "x" * 4_000, "", "\N{ZERO WIDTH JOINER}", "42", "<eps>"]
    assert Lexicon([], speller).look_up(words, ARPABET) == {}


def test_sounds_that_the_model_lacks_make_no_way(speller: Speller) -> None:
    file = packaged_lexicon()
    assert file is not None
    assert Lexicon([file], speller).look_up(["light"], ["L", "AY"]) == {}


def test_unknown_words_are_bounded(speller: Speller) -> None:
    words = [f"zorblat{letter}" for letter in "abcdefgh"]
    assert len(Lexicon([], speller, max_spelled_words=3).look_up(words, ARPABET)) == 3


def test_a_word_has_few_ways(tmp_path: Path, speller: Speller) -> None:
    own = tmp_path / "lexicon.txt"
    own.write_text("".join(f"light({at}) L {vowel} T\n" for at, vowel in enumerate(ARPABET[:12], 2)))
    assert len(Lexicon([own], speller).look_up(["light"], ARPABET)["light"]) == lexicon.MAX_VARIANTS
