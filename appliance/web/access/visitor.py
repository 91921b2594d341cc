"""Who asks: found out once for each request, before anything else is done for it."""

from __future__ import annotations

import time
from typing import Literal

import msgspec

from appliance.web.access import headers, marks, sessions, tokens
from appliance.web.access.addresses import group
from appliance.web.access.scopes import ALL
from appliance.web.access.state import State

BEARER = "bearer "
KEY = "visitor"
"""In the state of a request's ASGI scope."""


class Visitor(msgspec.Struct, frozen=True):
    """`kind` "bad": a token or cookie was shown that is of no use (any more)."""

    kind: Literal["nobody", "bad", "token", "session"]
    address: str
    """From where, as addresses are counted."""
    secure: bool
    """By TLS."""
    id: str = ""
    """Of the token or session."""
    scopes: frozenset[str] = frozenset()
    areas: tuple[str, ...] = ()
    """Rooms in which it may claim to be; none: in any."""
    csrf: str = ""
    """What a session's page must show for whatever changes something."""

    @property
    def counted_as(self) -> str:
        """Whose requests are counted together."""
        return f"{self.kind} {self.id}" if self.id else self.address


def identify(state: State, peer: str, *, secure: bool, authorization: str, cookies: str, now: int) -> Visitor:
    """A token counts before a cookie: who shows one wants to be seen as that."""
    address = group(peer)
    if authorization:
        scheme, secret = authorization[: len(BEARER)], authorization[len(BEARER) :].strip()
        token = tokens.find(state, secret, now) if scheme.lower() == BEARER else None
        if token is None:
            return Visitor("bad", address, secure)
        return Visitor("token", address, secure, token.id, frozenset(token.scopes), token.areas)
    secret = headers.cookie(cookies, headers.cookie_name(headers.SESSION_COOKIE, secure=secure))
    if not secret:
        return Visitor("nobody", address, secure)
    session = sessions.find(state, secret, now)
    if session is None:
        return Visitor("bad", address, secure)
    return Visitor("session", address, secure, session.id, ALL, csrf=marks.csrf(secret))


def wall() -> int:
    """Seconds since 1970: what is kept over a restart cannot be counted otherwise."""
    return int(time.time())
