"""What is said in a self test: understood in each language that has a sentence, and in a good order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.selftest import sentences
from appliance.selftest.sentences import LIGHT, PHRASES, Utterance
from appliance.understanding.intents import Understander
from appliance.wire.messages import Deed


@pytest.mark.parametrize("language", sorted(PHRASES))
def test_the_sentence_switches_the_light_on(language: str) -> None:
    phrase = PHRASES[language]
    understander = Understander(sentences.house(phrase, language))
    understander.open()
    meaning = understander.understand(phrase.sentence)
    assert meaning.deeds == (Deed("light", "turn_on", (LIGHT,)),), meaning


@pytest.mark.parametrize(
    ("language", "known"),
    [("en", "en"), ("de-CH", "de"), ("fr_FR", "fr"), ("EN", "en"), ("pl", None), ("", None)],
)
def test_the_sentence_of_a_language(language: str, known: str | None) -> None:
    assert sentences.phrase(language) == (PHRASES[known] if known else None)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("hey_jarvis", "hey jarvis"),
        ("hey_jarvis_v0.1", "hey jarvis"),
        ("/data/words/computer-2.onnx", "computer"),
        ("okay_nabu.json", "okay nabu"),
        ("alexa", "alexa"),
    ],
)
def test_how_a_wake_word_is_called(word: str, said: str) -> None:
    assert sentences.spoken_word(word) == said


@pytest.mark.parametrize(
    ("configured", "available", "listened_for"),
    [
        (("hey_jarvis", "alexa"), ("okay_nabu",), ("hey_jarvis", "alexa")),
        (("/data/own.onnx",), ("alexa", "hey_jarvis"), ("/data/own.onnx", "hey_jarvis")),
        (("own",), ("own",), ("own",)),
        (("own",), (), ("own",)),
    ],
)
def test_a_well_known_word_stands_by(
    configured: tuple[str, ...], available: tuple[str, ...], listened_for: tuple[str, ...]
) -> None:
    assert sentences.words(configured, available) == listened_for


def test_own_voice_first_and_the_word_that_was_added_last() -> None:
    tried = list(sentences.utterances(("own", "hey_jarvis"), ("own",)))
    assert tried[0] == Utterance("own", "own", "own")
    assert [each.word for each in tried] == ["own"] * 3 + ["hey_jarvis"] * 3


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=8, unique=True))
def test_what_is_tried_is_bounded(words: list[str]) -> None:
    assert len(list(sentences.utterances(words, words))) <= 3 * sentences.MAX_WORDS


def test_another_wake_word_does_not_mend_a_voice_that_is_not_understood() -> None:
    woken = [(Utterance("alexa", "espeak", "own"), True)]
    assert not sentences.worth_trying(Utterance("hey_jarvis", "own", "own"), woken)
    assert sentences.worth_trying(Utterance("alexa", "espeak", "espeak"), woken)
    assert sentences.worth_trying(Utterance("alexa", "own", "own"), [])


def test_a_wake_word_that_was_not_heard_is_not_said_again_in_the_same_voice() -> None:
    deaf = [(Utterance("alexa", "espeak", "own"), False)]
    assert not sentences.worth_trying(Utterance("alexa", "espeak", "espeak"), deaf)
    assert sentences.worth_trying(Utterance("alexa", "own", "own"), deaf)
    assert sentences.worth_trying(Utterance("hey_jarvis", "espeak", "own"), deaf)
