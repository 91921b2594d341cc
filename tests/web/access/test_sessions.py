"""Sessions: 30 days since they were seen last, twenty at most, only their marks are kept."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from appliance.errors import ControlError
from appliance.web.access import marks, sessions
from appliance.web.access.sessions import LIFETIME_SECONDS
from appliance.web.access.state import MAX_SESSIONS, State

NOW = 1_800_000_000
DAY = 86_400


def test_the_secret_is_not_in_what_is_kept() -> None:
    state, secret = sessions.begin(State(), "Firefox", NOW)
    kept = msgspec.json.encode(state).decode()
    assert secret not in kept
    assert marks.csrf(secret) not in kept
    assert marks.mark(secret) in kept


@given(some.lists(some.integers(0, 40 * DAY), max_size=30))
def test_it_slides(visits: list[int]) -> None:
    """Visited again in time it lives on, once too late it is gone for good."""
    state, secret = sessions.begin(State(), "", NOW)
    now, alive = NOW, True
    for pause in visits:
        now += pause
        found = sessions.find(state, secret, now)
        noted = state.sessions[0].seen
        alive = alive and now < noted + LIFETIME_SECONDS
        assert (found is not None) == alive
        if found is not None:
            state = sessions.seen(state, found.id, now)


@given(some.lists(some.integers(0, 3 * DAY), min_size=1, max_size=40))
def test_never_too_many_and_always_the_newest(pauses: list[int]) -> None:
    state, now, made = State(), NOW, []
    for pause in pauses:
        now += pause
        state, secret = sessions.begin(state, "", now)
        made.append((secret, now))
    assert len(state.sessions) <= MAX_SESSIONS
    for secret, begun in made[-MAX_SESSIONS:]:
        assert (sessions.find(state, secret, now) is not None) == (now < begun + LIFETIME_SECONDS)


@given(some.text())
def test_what_browsers_call_themselves_is_harmless(agent: str) -> None:
    state, _ = sessions.begin(State(), agent, NOW)
    kept = state.sessions[0].agent
    assert kept.isprintable() or kept == ""
    assert msgspec.json.decode(msgspec.json.encode(state), type=State) == state


def test_ended_it_is_gone() -> None:
    state, first = sessions.begin(State(), "", NOW)
    state, second = sessions.begin(state, "", NOW)
    kept = sessions.find(state, second, NOW)
    assert kept is not None
    ended = sessions.end(state, state.sessions[0].id)
    assert sessions.find(ended, first, NOW) is None
    assert sessions.find(ended, second, NOW) == kept
    assert sessions.end_others(state, kept.id).sessions == (kept,)
    with pytest.raises(ControlError):
        sessions.end(ended, state.sessions[0].id)


def test_cookies_hide_the_secret_from_scripts_and_the_proof_not() -> None:
    secret, proof = sessions.session_cookies("s", "p", secure=True)
    assert secret.startswith("__Host-appliance=s; ")
    assert "HttpOnly" in secret
    assert proof.startswith("__Host-appliance-csrf=p; ")
    assert "HttpOnly" not in proof
    for each in (secret, proof):
        assert "SameSite=Strict" in each
        assert "Secure" in each
        assert "Max-Age=2592000" in each
        assert "Path=/" in each
    assert all("Max-Age=0" in each for each in sessions.session_cookies("", "", secure=False))
    assert all("Secure" not in each for each in sessions.session_cookies("s", "p", secure=False))
