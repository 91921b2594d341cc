"""Tokens: made, found while they last, revoked; only their marks are kept."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from appliance.errors import ControlError
from appliance.web.access import marks, scopes, tokens
from appliance.web.access.scopes import SCOPES
from appliance.web.access.state import MAX_TOKENS, State

NOW = 1_800_000_000
DAY = tokens.DAY_SECONDS


def one(*wanted: str, days: int = 0) -> tuple[State, str]:
    state, (_, secret) = tokens.create(State(), wanted or ("read",), "door", days, NOW)
    return state, secret


def test_the_secret_is_not_in_what_is_kept() -> None:
    state, secret = one()
    assert secret not in msgspec.json.encode(state).decode()
    assert len(secret.removeprefix(tokens.PREFIX)) * 6 >= 256
    assert state.tokens[0].mark == marks.mark(secret)


def test_two_secrets_differ() -> None:
    assert len({one()[1] for _ in range(100)}) == 100


@given(some.integers(1, tokens.MAX_DAYS), some.integers(-DAY, 2 * DAY * tokens.MAX_DAYS))
def test_it_lasts_its_days(days: int, later: int) -> None:
    state, secret = one(days=days)
    found = tokens.find(state, secret, NOW + later)
    assert (found is not None) == (later < days * DAY)


@given(some.text(max_size=200))
def test_nothing_else_is_it(guess: str) -> None:
    state, secret = one()
    if guess != secret:
        assert tokens.find(state, guess, NOW) is None


@given(some.lists(some.sampled_from(SCOPES), min_size=1))
def test_scopes_are_told_in_order_and_once(wanted: list[str]) -> None:
    checked = scopes.checked(wanted)
    assert set(checked) == set(wanted)
    assert list(checked) == sorted(checked, key=SCOPES.index)


@pytest.mark.parametrize(
    ("wanted", "name", "days"),
    [((), "", 0), (("everything",), "", 0), (("read",), "x" * 61, 0), (("read",), "a\nb", 0),
     (("read",), "", -1), (("read",), "", 9_999)],
)  # fmt: skip
def test_what_is_no_token(wanted: tuple[str, ...], name: str, days: int) -> None:
    with pytest.raises(ControlError) as caught:
        tokens.create(State(), wanted, name, days, NOW)
    assert caught.value.hint


def test_not_more_than_so_many_but_expired_ones_make_room() -> None:
    state = State()
    for _ in range(MAX_TOKENS):
        state, _ = tokens.create(state, ["read"], "", 1, NOW)
    with pytest.raises(ControlError, match="there are"):
        tokens.create(state, ["read"], "", 1, NOW)
    state, _ = tokens.create(state, ["read"], "", 1, NOW + 2 * DAY)
    assert len(state.tokens) == 1


def test_revoked_by_id_or_by_a_name_that_is_only_one() -> None:
    state, _ = one()
    assert tokens.revoke(state, state.tokens[0].id)[0].tokens == ()
    assert tokens.revoke(state, "door")[0].tokens == ()
    twice, _ = tokens.create(state, ["read"], "door", 0, NOW)
    with pytest.raises(ControlError, match="several"):
        tokens.revoke(twice, "door")
    with pytest.raises(ControlError, match="no token"):
        tokens.revoke(twice, "window")


def test_use_is_noted_once_a_day() -> None:
    state, _ = one()
    used = tokens.used(state, state.tokens[0].id, NOW)
    assert used.tokens[0].used == NOW
    assert tokens.used(used, used.tokens[0].id, NOW + DAY - 1) == used
    assert tokens.used(used, used.tokens[0].id, NOW + DAY).tokens[0].used == NOW + DAY
