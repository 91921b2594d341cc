"""Tokens of programs: made, found, forgotten. Pure but for chance; the time is a parameter."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from appliance.errors import ControlError
from appliance.web.access import marks, scopes
from appliance.web.access.state import MAX_AREAS, MAX_TOKENS, State, Token

PREFIX = "appl_"
MAX_NAME = 60
MAX_DAYS = 3_650
DAY_SECONDS = 86_400


def create(
    state: State, wanted: Iterable[str], name: str, days: int, now: int, *, areas: Iterable[str] = ()
) -> tuple[State, tuple[Token, str]]:
    """One more; the secret is to be shown now and never again. `days` 0: until it is revoked.

    `areas` are the rooms in which it may claim to be; none: in any. Raises ControlError.
    """
    rooms = tuple(dict.fromkeys(area.strip() for area in areas))
    if len(rooms) > MAX_AREAS or not all(0 < len(each) <= MAX_NAME and each.isprintable() for each in rooms):
        raise ControlError("that is no room for a token", f"up to {MAX_AREAS} names of rooms")
    if not (len(name) <= MAX_NAME and name.isprintable()):
        raise ControlError("that is no name for a token", f"at most {MAX_NAME} printable characters")
    if not 0 <= days <= MAX_DAYS:
        raise ControlError(f"a token cannot last {days} days", f"1 to {MAX_DAYS}, or 0 for ever")
    kept = tuple(token for token in state.tokens if alive(token, now))
    if len(kept) >= MAX_TOKENS:
        raise ControlError(f"there are {MAX_TOKENS} tokens", "revoke one: appliance token revoke ID")
    secret = marks.fresh(PREFIX)
    expires = now + days * DAY_SECONDS if days else 0
    granted = scopes.checked(wanted)
    token = Token(marks.short_id(), marks.mark(secret), name, granted, now, expires, areas=rooms)
    return replace(state, tokens=(*kept, token)), (token, secret)


def revoke(state: State, which: str) -> tuple[State, Token]:
    """One less, by its id or, where that is only one, its name. Raises ControlError."""
    by_id = [token for token in state.tokens if token.id == which]
    found = by_id or [token for token in state.tokens if token.name == which]
    if len(found) != 1:
        what = "several tokens are" if found else "no token is"
        raise ControlError(f"{what} called {which[:MAX_NAME]!r}", "its id is in: appliance token list")
    return replace(state, tokens=tuple(token for token in state.tokens if token != found[0])), found[0]


def find(state: State, secret: str, now: int) -> Token | None:
    """Whose secret this is, while it lasts."""
    if len(secret) > marks.MAX_SECRET:
        return None
    wanted = marks.mark(secret)
    return next((token for token in state.tokens if token.mark == wanted and alive(token, now)), None)


def alive(token: Token, now: int) -> bool:
    """Has it not expired?"""
    return token.expires == 0 or now < token.expires


def used(state: State, token_id: str, now: int) -> State:
    """Note that it was used today; the same state when that is known."""
    return replace(
        state,
        tokens=tuple(
            replace(token, used=now) if token.id == token_id and stale(token.used, now) else token
            for token in state.tokens
        ),
    )


def stale(noted: int, now: int) -> bool:
    """Is it so long ago, by a clock that may have been set back, that it is worth writing?"""
    return abs(now - noted) >= DAY_SECONDS
