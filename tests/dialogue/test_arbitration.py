"""Several rooms hear the same words: one answers, at once, and only that one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.dialogue.arbitration import MAX_REMEMBERED, Arbiter, Claim


@pytest.mark.parametrize(
    ("second", "winner"),
    [
        (Claim("kitchen", "alexa", 10.3), "hall"),
        (Claim("kitchen", "alexa", 9.7), "hall"),
        (Claim("hall", "alexa", 10.3), "hall"),
        (Claim("kitchen", "hey_jarvis", 10.3), "kitchen"),
        (Claim("kitchen", "alexa", 12.0), "kitchen"),
    ],
)
def test_who_answers_after_the_hall_was_first(second: Claim, winner: str) -> None:
    arbiter = Arbiter(0.9)
    assert arbiter.winner(Claim("hall", "alexa", 10.0)) == "hall"
    assert arbiter.winner(second) == winner


def test_a_place_that_is_gone_answers_nobody() -> None:
    arbiter = Arbiter(0.9)
    arbiter.winner(Claim("hall", "alexa", 10.0))
    arbiter.forget("hall")
    assert arbiter.winner(Claim("kitchen", "alexa", 10.2)) == "kitchen"


CLAIMS = st.lists(
    st.builds(
        Claim,
        st.sampled_from(["hall", "kitchen", "bedroom"]),
        st.just("alexa"),
        st.floats(0, 100, allow_nan=False),
    ),
    max_size=200,
)


@given(CLAIMS)
def test_within_the_window_only_one_room_answers(claims: list[Claim]) -> None:
    arbiter = Arbiter(1.0)
    answered: list[Claim] = []
    for claim in sorted(claims, key=lambda each: each.spoken_at):
        if arbiter.winner(claim) == claim.site:
            answered.append(claim)
        assert len(arbiter._answered) <= MAX_REMEMBERED
    for one in answered:
        assert not [
            other
            for other in answered
            if other.site != one.site and abs(other.spoken_at - one.spoken_at) <= arbiter.window_seconds
        ]
