"""Codes of the console: for an hour, however they are typed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from appliance.web.access.codes import CODE_SECONDS, is_code, make_code, plain
from appliance.web.access.state import State

NOW = 1_800_000_000


def test_typed_as_people_type() -> None:
    state, code = make_code(State(), NOW)
    for typed in (code, code.upper(), code.replace("-", " "), f" {code.replace('-', '')} "):
        assert is_code(state, typed, NOW + 1)
    assert plain(code) not in str(state)


@given(some.integers(-2 * CODE_SECONDS, 2 * CODE_SECONDS))
def test_for_an_hour(later: int) -> None:
    state, code = make_code(State(), NOW)
    assert is_code(state, code, NOW + later) == (0 <= later < CODE_SECONDS)


@given(some.text(max_size=70))
def test_nothing_else_is_it(guess: str) -> None:
    state, _ = make_code(State(), NOW)
    assert not is_code(state, guess, NOW)
    assert not is_code(State(), guess, NOW)


def test_the_last_one_counts() -> None:
    state, first = make_code(State(), NOW)
    state, second = make_code(state, NOW)
    assert not is_code(state, first, NOW)
    assert is_code(state, second, NOW)
