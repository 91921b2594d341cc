from __future__ import annotations

import pytest

from appliance.engines.stt.pocketsphinx.pronounce import Speller, arpabet, cot_caught_merged, is_latin

VOWELS = {"AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"}
CONSONANTS = {
    *(
        "B",
        "CH",
        "D",
        "DH",
        "F",
        "G",
        "HH",
        "JH",
        "K",
        "L",
        "M",
        "N",
        "NG",
        "P",
        "R",
        "S",
        "SH",
        "T",
        "TH",
        "V",
    ),
    *("W", "Y", "Z", "ZH"),
}


@pytest.fixture(scope="module")
def speller() -> Speller:
    each = Speller(("en-us", "de"))
    each.open()
    return each


@pytest.mark.parametrize(
    ("ipa", "phones"),
    [
        ("kˈʏçə", "K UH SH AH"),
        ("wˈoʊnzɪmɚ", "W OW N Z IH M ER"),
        ("tʃˈɛk", "CH EH K"),
        ("", ""),
        ("kyːrˈɪlɪʃ(en)", ""),
        ("ǃa", ""),
    ],
)
def test_ipa_as_phones(ipa: str, phones: str) -> None:
    assert arpabet(ipa) == tuple(phones.split())


@pytest.mark.parametrize("word", ["küche", "wohnzimmer", "bücherregal", "roborock", "jalapeño", "o'neill"])
def test_a_name_is_spelled_in_the_models_phones(speller: Speller, word: str) -> None:
    found = speller.pronunciations(word)
    assert 1 <= len(found) <= 2
    assert len(set(found)) == len(found)
    assert {phone for phones in found for phone in phones} <= VOWELS | CONSONANTS


def test_the_german_voice_knows_how_a_german_says_it(speller: Speller) -> None:
    assert ("V", "OW", "N", "T", "S", "IH", "M", "ER") in speller.pronunciations("wohnzimmer")


@pytest.mark.parametrize("word", ["кухня", "日本", "a1", "", "''", "<sil>", "two words", "x" * 41])
def test_what_cannot_be_read_has_no_pronunciation(speller: Speller, word: str) -> None:
    assert speller.pronunciations(word) == []


@pytest.mark.parametrize(
    ("word", "latin"),
    [("küche", True), ("o'neill", True), ("кухня", False), ("+spn+", False), ("the(2)", False)],
)
def test_latin_letters(word: str, latin: bool) -> None:
    assert is_latin(word) == latin


def test_a_speller_that_was_not_opened_says_nothing() -> None:
    assert Speller(("en-us",)).pronunciations("lamp") == []


@pytest.mark.parametrize(
    ("phones", "merged"), [("AO F", "AA F"), ("D AO R", ""), ("L AY T", ""), ("S AO", "S AA")]
)
def test_cot_and_caught(phones: str, merged: str) -> None:
    assert cot_caught_merged(phones.split()) == tuple(merged.split())
