from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.dialogue import sentences
from appliance.dialogue.sentences import MAX_SENTENCE_CHARS, MAX_SPOKEN_CHARS, Sentences, WrittenSentences


def written(text: str) -> list[str]:
    splitter = WrittenSentences()
    return splitter.feed(text) + splitter.finish()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("It is 21.5 degrees. Fine.", ["It is 21.5 degrees.", "Fine."]),
        ("Version 1.2.3 is out. It is 21. The end.", ["Version 1.2.3 is out.", "It is 21.", "The end."]),
        ("Dr. Smith and Mrs. Jones, J. R. too. Yes.", ["Dr. Smith and Mrs. Jones, J. R. too.", "Yes."]),
        ("Use it, e.g. the lamp, i.e. this. Ok.", ["Use it, e.g. the lamp, i.e. this.", "Ok."]),
        ("At 5 p.m. it rings. At 6 a.m. The end.", ["At 5 p.m. it rings.", "At 6 a.m.", "The end."]),
        ("It is 7:30. Good night.", ["It is 7:30.", "Good night."]),
        ("Lamps, etc. are off. Lamps etc. They go.", ["Lamps, etc. are off.", "Lamps etc.", "They go."]),
        ("Well... maybe. Then... Stop… now… Go.", ["Well... maybe.", "Then...", "Stop… now…", "Go."]),
        ('He said "Go." Then he left. (Really.) Ok', ['He said "Go."', "Then he left.", "(Really.)", "Ok"]),
        ("It is 21 °C. It needs 5 W. So it is.", ["It is 21 °C.", "It needs 5 W.", "So it is."]),
        ("What?! No way!!! Yes.", ["What?!", "No way!!!", "Yes."]),
        ("1. Turn on\n2. Turn off. See No. 5. No.", ["1. Turn on", "2. Turn off.", "See No. 5.", "No."]),
        ("# Title\n\nText here", ["# Title", "Text here"]),
        ("今日は。明日！", ["今日は。", "明日！"]),
        ("... ! ? \n\n ...", []),
        ("", []),
    ],
)  # fmt: skip
def test_where_sentences_end(text: str, expected: list[str]) -> None:
    assert written(text) == expected


def test_a_sentence_leaves_as_soon_as_it_is_sure() -> None:
    splitter = Sentences()
    assert splitter.feed("The light is on") == []
    assert splitter.feed(".") == []
    assert splitter.feed(" ") == ["The light is on."]
    assert splitter.feed("It rings at 5 p.m. ") == []
    assert splitter.feed("B") == ["It rings at 5 p.m."]
    assert splitter.finish() == ["B"]


def test_white_space_without_end_decides() -> None:
    assert Sentences().feed("At 5 p.m." + " " * sentences.LOOKAHEAD) == ["At 5 p.m."]


def test_long_sentences_are_cut_at_commas_then_spaces_then_anywhere() -> None:
    commas = written("one two three, " * 40)
    assert all(sentence.endswith(",") for sentence in commas[:-1])
    assert set(" ".join(written("word " * 200)).split()) == {"word"}
    assert [len(sentence) for sentence in written("x" * 600)] == [240, 240, 120]


TEXT = st.text(alphabet="abI 5.,!?…\n\t\"')#*。°%:-", max_size=600)
PIECES = st.lists(st.integers(1, 40), max_size=60)


def in_pieces(splitter: Sentences | WrittenSentences, text: str, sizes: list[int]) -> list[str]:
    found: list[str] = []
    for size in sizes:
        found += splitter.feed(text[:size])
        text = text[size:]
    return found + splitter.feed(text) + splitter.finish()


@given(TEXT, PIECES)
def test_pieces_do_not_matter(text: str, sizes: list[int]) -> None:
    assert in_pieces(WrittenSentences(), text, sizes) == written(text)
    assert in_pieces(Sentences(), text, sizes) == sentences.split(text)


@given(TEXT)
def test_no_word_is_lost_and_sentences_are_short(text: str) -> None:
    found = written(text)
    assert re.findall(r"\w", "".join(found)) == re.findall(r"\w", text)
    assert all(0 < len(sentence) <= MAX_SENTENCE_CHARS for sentence in found)


@given(st.lists(st.text(alphabet="abc", min_size=1, max_size=9), max_size=120))
def test_words_stay_whole(words: list[str]) -> None:
    assert " ".join(written(" ".join(words))).split() == words


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("It is **21.5 °C** and 45% 😀 humid.", "It is 21.5 degrees and 45 percent humid."),
        (
            "1 °C, -5°C, 70 °F, a 30° angle",
            "1 degree, minus 5 degrees, 70 degrees Fahrenheit, a 30 degrees angle",
        ),
        ("12 µg/m³ & 3 kWh, 5W", "12 micrograms per cubic meter and 3 kilowatt hours, 5 watts"),
        ("[the docs](https://a.b/c) or https://x.y/z?q=1 now", "the docs or now"),
        ("![cat](cat.png) <b>bold</b><br>", "cat bold"),
        ("## Head", "Head"),
        ("- item _one_ of snake_case", "item one of snake_case"),
        ("> `code` ~~gone~~", "code gone"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a, b, 1, 2"),
        ("a\x00b\x1b[0m\udcff", "a b [0m"),
        ("pages 3-4, well-known", "pages 3-4, well-known"),
        ("👍🏽 🏳️‍🌈 ✅ →", ""),
        ("Grüße , café !", "Grüße, café!"),
        ("cafe\u0301", "café"),
    ],
)
def test_what_is_said_aloud(text: str, spoken: str) -> None:
    assert sentences.normalise(text) == spoken


def test_units_are_left_to_other_languages() -> None:
    assert sentences.normalise("**21 °C** & 45%", "de-DE") == "21 °C & 45%"
    assert Sentences("de").feed("Es sind 21 °C. Ja.") == ["Es sind 21 °C."]


@given(st.text(alphabet=st.characters(codec=None), max_size=300))
def test_anything_becomes_one_printable_line(text: str) -> None:
    spoken = sentences.normalise(text)
    assert not any(unicodedata.category(char) in {"Cc", "Cs"} for char in spoken)
    assert spoken == " ".join(spoken.split())
    assert "*" not in spoken
    assert "`" not in spoken


@pytest.mark.parametrize("text", ["word " * 50_000, "°" * 50_000, "[" * 50_000, "<a" * 50_000, "_" * 50_000])
def test_what_is_said_is_bounded(text: str) -> None:
    assert len(sentences.normalise(text)) <= MAX_SPOKEN_CHARS


def test_a_sentence_of_nothing_but_pictures_is_not_said() -> None:
    assert sentences.split("👍👍! Done. https://a.b/c") == ["Done."]
