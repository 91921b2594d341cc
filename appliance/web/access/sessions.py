"""The owner's sessions: begun, found, kept up, ended. Pure but for chance; the time is a parameter."""

from __future__ import annotations

from msgspec.structs import replace

from appliance.errors import ControlError
from appliance.web.access import headers, marks
from appliance.web.access.state import MAX_SESSIONS, Session, State
from appliance.web.access.tokens import DAY_SECONDS, stale

LIFETIME_SECONDS = 30 * DAY_SECONDS
"""Since it was seen last."""
MAX_AGENT = 120


def begin(state: State, agent: str, now: int) -> tuple[State, str]:
    """One more; of too many the one that was not seen for longest ends. The secret is for the cookie."""
    secret = marks.fresh()
    shown = "".join(each for each in agent if each.isprintable())[:MAX_AGENT]
    session = Session(marks.short_id(), marks.mark(secret), now, now, shown)
    kept = sorted(_alive(state, now), key=lambda each: each.seen)[-(MAX_SESSIONS - 1) :]
    return replace(state, sessions=(*kept, session)), secret


def find(state: State, secret: str, now: int) -> Session | None:
    """Whose secret this is, while it lasts."""
    if len(secret) > marks.MAX_SECRET:
        return None
    wanted = marks.mark(secret)
    return next((each for each in _alive(state, now) if each.mark == wanted), None)


def seen(state: State, session_id: str, now: int) -> State:
    """It lasts its whole time again from now on; the same state when that was noted today."""
    return replace(
        state,
        sessions=tuple(
            replace(each, seen=now) if each.id == session_id and stale(each.seen, now) else each
            for each in state.sessions
        ),
    )


def end(state: State, session_id: str) -> State:
    """No more. Raises ControlError when there is none of this id."""
    kept = tuple(each for each in state.sessions if each.id != session_id)
    if len(kept) == len(state.sessions):
        raise ControlError("there is no such session", "it may have ended meanwhile")
    return replace(state, sessions=kept)


def end_others(state: State, session_id: str) -> State:
    """Only this one is left; none with ""."""
    return replace(state, sessions=tuple(each for each in state.sessions if each.id == session_id))


def session_cookies(secret: str, csrf: str, *, secure: bool) -> list[str]:
    """Values of Set-Cookie for a session; "" for both ends it in the browser."""
    seconds = LIFETIME_SECONDS if secret else 0
    pairs = ((headers.SESSION_COOKIE, secret, True), (headers.CSRF_COOKIE, csrf, False))
    return [
        headers.set_cookie(name, value, secure=secure, hidden=hidden, seconds=seconds)
        for name, value, hidden in pairs
    ]


def _alive(state: State, now: int) -> list[Session]:
    return [each for each in state.sessions if now < each.seen + LIFETIME_SECONDS]
