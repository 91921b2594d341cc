from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.conversation.output import Output
from appliance.conversation.parse import MAX_OUTPUT_CHARS

CALLS = '[{"do":"turn_on","to":["light.desk"]}]'


def fed(*pieces: str) -> tuple[str, str]:
    """What was passed on to be spoken, and what was held."""
    output = Output()
    spoken = "".join(output.feed(piece) for piece in pieces) + output.finish()
    assert output.words == spoken
    return spoken, output.held


@pytest.mark.parametrize(
    ("text", "spoken", "held"),
    [
        ("It is warm.", "It is warm.", ""),
        ("  It is [warm].", "It is [warm].", ""),
        (CALLS, "", CALLS),
        (f"\n {CALLS}", "", CALLS),
        (f"```json\n{CALLS}\n```", "", f"```json\n{CALLS}\n```"),
        (f"```\n{CALLS}```", "", f"```\n{CALLS}```"),
        ("<think>The lamp? [x]</think>\nYes.", "Yes.", ""),
        (f"<think></think>{CALLS}", "", CALLS),
        ("<3 you", "<3 you", ""),
        ("json is a format", "json is a format", ""),
        ("", "", ""),
        ("[", "", "["),
    ],
)
def test_words_are_spoken_and_calls_are_kept(text: str, spoken: str, held: str) -> None:
    assert fed(text) == (spoken, held)
    assert fed(*text) == (spoken, held), "however it is cut into pieces"


def test_words_are_passed_on_at_once() -> None:
    output = Output()
    assert output.feed("It") == "It"
    assert output.feed(" is") == " is"


@pytest.mark.parametrize("text", ["<think>never ends", "<thi", "```", "```js"])
def test_what_never_became_words_is_not_spoken(text: str) -> None:
    assert "think" not in fed(text)[0]


@given(st.text(max_size=60), st.lists(st.integers(1, 10), max_size=20))
def test_the_cut_changes_nothing(text: str, sizes: list[int]) -> None:
    pieces, at = [], 0
    for size in sizes:
        pieces.append(text[at : at + size])
        at += size
    assert fed(*pieces, text[at:]) == fed(text)


@pytest.mark.parametrize("begin", ["", "[", "<think>"])
def test_it_keeps_a_bounded_part_of_what_never_ends(begin: str) -> None:
    output = Output()
    output.feed(begin)
    for _ in range(200):
        output.feed("x" * 1_000)
    assert len(output.words) <= MAX_OUTPUT_CHARS
    assert len(output.held) <= MAX_OUTPUT_CHARS + 1
