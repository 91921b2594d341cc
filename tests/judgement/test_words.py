"""Yes, no and spoken PINs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.judgement.words import LANGUAGES, MAX_DIGITS, MIN_DIGITS, classify, grammar


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Yes.", ("yes", "")),
        ("en", "yes, please!", ("yes", "")),
        ("en-US", "Go ahead", ("yes", "")),
        ("en", "yes I was at the shop", ("other", "")),
        ("en", "yes no", ("other", "")),
        ("en", "No, thanks.", ("no", "")),
        ("en", "don’t do it", ("no", "")),
        ("en", "", ("other", "")),
        ("en", "turn on the light", ("other", "")),
        ("en", "1 2 3 4", ("pin", "1234")),
        ("en", "one two three four", ("pin", "1234")),
        ("en", "my PIN is oh nine double five", ("pin", "0955")),
        ("en", "twelve thirty-four", ("pin", "1234")),
        ("en", "twenty zero six", ("pin", "2006")),
        ("en", "four seven one one, please", ("pin", "4711")),
        ("en", "471122", ("pin", "471122")),
        ("en", "one two three", ("other", "")),
        ("en", "one " * 13, ("other", "")),
        ("en", "one two three four bananas", ("other", "")),
        ("en", "the pin", ("other", "")),
        ("en", "١٢٣٤", ("other", "")),
        ("en", "ja", ("other", "")),
        ("de", "Ja, bitte!", ("yes", "")),
        ("de_AT", "jawohl", ("yes", "")),
        ("de", "Nein.", ("no", "")),
        ("de", "bloß nicht", ("no", "")),
        ("de", "eins zwei drei vier", ("pin", "1234")),
        ("de", "zwölf vierunddreißig", ("pin", "1234")),
        ("de", "Meine PIN ist zwo null fünf fünf", ("pin", "2055")),
        ("de", "doppel sieben einundneunzig", ("pin", "7791")),
        ("de", "yes", ("other", "")),
        ("fr", "oui", ("other", "")),
        ("fr", "1234", ("other", "")),
    ],
)
def test_answers(language: str, text: str, expected: tuple[str, str]) -> None:
    assert classify(text, language) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_both(language: str) -> None:
    words = LANGUAGES[language]
    assert not words.yes & words.no
    assert all(classify(text, language)[0] == "yes" for text in words.yes)
    assert all(classify(text, language)[0] == "no" for text in words.no)


@given(
    st.sampled_from(["en", "de"]), st.text(alphabet="0123456789", min_size=MIN_DIGITS, max_size=MAX_DIGITS)
)
def test_every_pin_can_be_said_digit_by_digit(language: str, pin: str) -> None:
    spoken = {value: word for word, value in LANGUAGES[language].digits.items() if len(value) == 1}
    assert classify(" ".join(spoken[digit] for digit in pin), language) == ("pin", pin)
    assert classify(pin, language) == ("pin", pin)


@given(st.text(max_size=300), st.sampled_from(["en", "de", "fr", "", "\0"]))
def test_anything_can_be_said(text: str, language: str) -> None:
    kind, digits = classify(text, language)
    assert (kind == "pin") == bool(digits)
    assert not digits or (digits.isascii() and digits.isdecimal())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_recogniser_with_a_grammar_can_hear_all_of_it(language: str) -> None:
    made = grammar(language)
    assert set(made.lists) == {"yes_or_no", "pin_digit"}
    assert all(classify(text, language)[0] in {"yes", "no"} for text in made.lists["yes_or_no"])
    words = made.lists["pin_digit"][:MIN_DIGITS]
    assert classify(" ".join(words), language)[0] == "pin"
    assert made.patterns[1].count("<pin_digit>") == MAX_DIGITS
    assert grammar("fr").patterns == ()
