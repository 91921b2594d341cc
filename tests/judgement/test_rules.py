"""Rules as text: what they mean, and what is wrong with those that mean nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import ConfigError
from appliance.judgement.rules import Asked, Rule, fits, parse

LINE = "pin lock.* to unlock in hall from 'Bath room' for Anna between 22:00 and 6:30"


def test_all_clauses() -> None:
    assert parse(LINE) == Rule("pin", "lock.*", "unlock", "hall", "bath room", "anna", (1320, 390))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "needs an effect"),
        ("allow", "needs an effect"),
        ("permit lock.x", "'permit' is none of"),
        ("allow lock/x", "no entity id"),
        ("allow lock.x with care", "'with' is not expected"),
        ("allow lock.x for", "nothing follows 'for'"),
        ("allow lock.x for a for b", "'for' is not expected"),
        ("allow lock.x between 1:00", "between HH:MM"),
        ("allow lock.x between 25:00 and 1:00", "'25:00' is no time"),
        ("allow lock.x between 1:00 and soon", "'soon' is no time"),
        ("allow 'lock.x", "a quote is not closed"),
        ("allow lock.x\x1b", "control characters"),
        ("allow " + "x" * 400, "too long"),
    ],
)
def test_what_is_wrong_is_said(text: str, wrong: str) -> None:
    with pytest.raises(ConfigError, match=wrong) as caught:
        parse(text)
    assert "EFFECT WHAT" in caught.value.hint


@given(st.text(max_size=60))
def test_any_text_is_a_rule_or_a_sentence(text: str) -> None:
    try:
        rule = parse(text)
    except ConfigError:
        return
    assert rule.what


@pytest.mark.parametrize("minute", range(0, 1440, 7))
def test_a_time_is_inside_or_outside_its_complement(minute: int) -> None:
    asked = Asked(
        "switch.tv", "", "turn_on", guarded=False, areas=frozenset(), rooms=frozenset(), minute=minute
    )
    night, day = parse("deny * between 22:00 and 7:00"), parse("deny * between 7:00 and 22:00")
    assert fits(night, asked) != fits(day, asked)
