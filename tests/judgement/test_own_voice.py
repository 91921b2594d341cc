"""Our own loudspeaker in our own microphone, as a table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.judgement.own_voice import KEPT, TAIL_SECONDS, OwnVoice, Said, is_echo

QUESTION = "Shall I unlock the front door?"
LOUD = [Said(QUESTION, 10.0, 12.0)]


@pytest.mark.parametrize(
    ("text", "began", "ended", "echo"),
    [
        ("shall i unlock the front door", 10.2, 12.1, True),
        ("unlock the front door", 11.0, 12.0, True),
        ("front door", 11.5, 12.0, True),
        ("unlock the frontdoor", 11.0, 12.0, True),
        ("unlock front tour", 11.0, 12.0, False),
        ("unlock the front door", 12.0 + TAIL_SECONDS, 13.9, True),
        ("unlock the front door", 12.1 + TAIL_SECONDS, 14.0, False),
        ("unlock the front door", 5.0, 9.9, False),
        ("yes", 12.2, 12.6, False),
        ("turn on the kitchen light", 11.0, 13.0, False),
        ("", 11.0, 12.0, False),
    ],
)
def test_what_is_an_echo(text: str, began: float, ended: float, echo: bool) -> None:
    assert is_echo(text, began, ended, LOUD) == echo


def test_a_yes_of_ours_is_no_yes() -> None:
    said = [Said("You said yes.", 0.0, 1.0)]
    assert is_echo("yes", 1.2, 1.5, said)
    assert not is_echo("yes", 3.0, 3.4, said)


def test_while_it_speaks_there_is_no_end() -> None:
    own = OwnVoice()
    own.says("hall", "Open the garage door.", 0.0)
    assert own.is_echo("open the garage door", 50.0, 52.0)
    own.said("kitchen", 52.0)
    assert own.is_echo("open the garage door", 90.0, 92.0)
    assert not own.is_echo("open the garage door", 130.0, 132.0)
    own.said("hall", 60.0)
    assert not own.is_echo("open the garage door", 90.0, 92.0)
    assert own.is_echo("open the garage door", 59.0, 61.0)


def test_what_is_kept_is_bounded() -> None:
    own = OwnVoice()
    own.says("hall", "Open the garage door.", 0.0)
    for number in range(KEPT):
        own.says("hall", f"number {number}", 1.0)
    assert not own.is_echo("open the garage door", 1.0, 2.0)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_words(text: str, spoken: str) -> None:
    said = [Said(spoken, 0.0, 1.0)]
    assert not is_echo(text, 1.1 + TAIL_SECONDS, 9.0, said)
    if text.strip(" ").isalpha():
        assert is_echo(text, 0.5, 1.0, [Said(text, 0.0, 1.0)])
