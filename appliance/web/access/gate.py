"""What every request passes before the application sees it, and every answer on its way out.

In this order: is it asked under a name of ours (no DNS rebinding)? by TLS, where it must be? who asks?
not too often? from a page that may? Then the application has `web.timeout_seconds` to begin its answer.
"""

from __future__ import annotations

import asyncio
import math
from http import HTTPStatus
from typing import Any

import msgspec

from appliance.errors import ControlError
from appliance.tasks import end
from appliance.web.access import headers, origins
from appliance.web.access.addresses import is_loopback
from appliance.web.access.exchange import COOKIES, Exchange, Refusal, refuse_http, refuse_websocket
from appliance.web.access.keeper import Keeper
from appliance.web.access.sessions import session_cookies
from appliance.web.access.visitor import KEY, Visitor, identify, wall

SECURE = frozenset({"https", "wss"})
WEB_SCHEME = {"ws": "http", "wss": "https"}
MAX_HEAD_BYTES, MAX_TARGET_BYTES = 16 * 1024, 8 * 1024
"""Of all headers; of path and query. (The HTTP library lets longer ones pass that come in one piece.)"""
ONCE = ("host", "origin", "authorization")
"""Headers that mean nothing when they come twice."""


OVER = {"type": "websocket.close", "code": 4_401, "reason": "this token or session is not valid any more"}
LONG_TARGET = Refusal(HTTPStatus.REQUEST_URI_TOO_LONG, "this address is too long", "send it in a body")
LONG_HEAD = Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too long", "send fewer cookies"
)
TWICE = Refusal(HTTPStatus.BAD_REQUEST, "a header that may come once came twice")


class Asked(msgspec.Struct, frozen=True):
    """What the gate looks at."""

    websocket: bool
    method: str
    scheme: str
    path: str
    target: str
    """Path and query as they came."""
    peer: str
    headers: dict[str, str]


def asked(scope: Any) -> Asked | Refusal:
    """What it looks at, unless the request is longer than any honest one or says something twice."""
    found: dict[str, str] = {}
    if len(scope.get("raw_path", b"")) + len(scope["query_string"]) > MAX_TARGET_BYTES:
        return LONG_TARGET
    if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEAD_BYTES:
        return LONG_HEAD
    for raw_name, raw in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw.decode("latin-1")
        if name in ONCE and name in found:
            return TWICE
        found[name] = f"{found[name]}; {value}" if name == "cookie" and name in found else value
    query = scope["query_string"].decode("latin-1")
    raw_path = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
    return Asked(
        scope["type"] == "websocket",
        scope.get("method", "GET"),
        WEB_SCHEME.get(scope["scheme"], scope["scheme"]),
        scope["path"],
        f"{raw_path}?{query}" if query else raw_path,
        (scope.get("client") or ("", 0))[0],
        found,
    )


class Gate:
    """An ASGI application around another one."""

    look_again_seconds = 5.0
    """How soon an open WebSocket ends when its token is revoked, or its session."""

    def __init__(self, app: Any, keeper: Keeper) -> None:
        self._app = app
        self._keeper = keeper

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer, or let it through."""
        known = asked(scope)
        if isinstance(known, Refusal):
            await _refuse(scope, known, {}, send)
            return
        verdict, extra = self._verdict(known), self._extra(known)
        if isinstance(verdict, Refusal):
            await _refuse(scope, verdict, extra, send)
            return
        state = scope.setdefault("state", {})
        state[KEY] = verdict
        state[COOKIES] = self._renewed(known, verdict)
        exchange = Exchange(scope, receive, send, extra)
        if scope["type"] == "websocket":
            await self._talk(scope, receive, exchange, known)
            return
        await exchange.run(self._app, self._keeper.settings.web.timeout_seconds)

    def _verdict(self, known: Asked) -> Visitor | Refusal:
        try:
            return self._judge(known)
        except ControlError as error:
            return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, error.message, error.hint)

    def _judge(self, known: Asked) -> Visitor | Refusal:
        """Pure but for the buckets, the clock, and the file of tokens. Raises ControlError."""
        host = origins.host(known.headers.get("host", ""))
        if host is None or not origins.is_ours(host, self._keeper.settings.names, self._keeper.allowed):
            return Refusal(
                HTTPStatus.MISDIRECTED_REQUEST,
                "this is not a name of the appliance",
                "use its address or its name ending in .local; other names belong into web.allow_origins",
            )
        if self._keeper.tls and known.scheme == "http" and not is_loopback(known.peer):
            return _to_tls(known)
        visitor = self._identify(known)
        wait = self._keeper.wait_seconds(visitor, known.path)
        if wait > 0:
            return too_often(wait)
        return self._check_origin(known, host, visitor) or visitor

    def _identify(self, known: Asked) -> Visitor:
        return identify(
            self._keeper.store.read(),
            known.peer,
            secure=known.scheme == "https",
            authorization=known.headers.get("authorization", ""),
            cookies=known.headers.get("cookie", ""),
            now=wall(),
        )

    async def _talk(self, scope: Any, receive: Any, exchange: Exchange, known: Asked) -> None:
        """A WebSocket, for as long as its token or session counts."""
        visitor = scope["state"][KEY]
        task = asyncio.create_task(self._app(scope, receive, exchange.websocket_send))
        try:
            while not (await asyncio.wait({task}, timeout=self.look_again_seconds))[0]:
                if self._is_over(known, visitor):
                    await exchange.websocket_send(OVER)
                    return
            task.result()
        finally:
            await end(task)

    def _is_over(self, known: Asked, visitor: Visitor) -> bool:
        try:
            return self._identify(known).id != visitor.id
        except ControlError:  # the file is damaged: then nobody gets in, and nobody stays
            return True

    def _check_origin(self, known: Asked, host: origins.Host, visitor: Visitor) -> Refusal | None:
        given = known.headers.get("origin")
        page = origins.origin(given) if given is not None else None
        own = page is not None and origins.is_same(page, host, known.scheme, self._keeper.allowed)
        listed = page in self._keeper.allowed
        if known.method == "OPTIONS":
            return Refusal(HTTPStatus.NO_CONTENT, "") if given is None or own or listed else _foreign()
        if given is None:
            return _foreign() if known.websocket and visitor.kind == "session" else None
        if own or (listed and visitor.kind != "session" and not known.websocket):
            return None
        anonymous = visitor.kind in {"nobody", "bad"} and not known.websocket
        return None if anonymous and known.method in {"GET", "HEAD"} else _foreign()

    def _extra(self, known: Asked) -> dict[str, str]:
        """Headers of this answer beside those that all have."""
        extra: dict[str, str] = {}
        page = origins.origin(known.headers.get("origin", ""))
        if page is not None and page in self._keeper.allowed:
            make = headers.preflight if known.method == "OPTIONS" else headers.cors
            extra |= make(known.headers["origin"])
        if known.scheme == "https" and self._keeper.settings.web.certificate:
            extra["strict-transport-security"] = headers.STRICT_TRANSPORT
        return extra

    def _renewed(self, known: Asked, visitor: Visitor) -> list[str]:
        """The cookies again, once a day: they last from the last visit on."""
        if not self._keeper.note_use(visitor) or visitor.kind != "session":
            return []
        name = headers.cookie_name(headers.SESSION_COOKIE, secure=visitor.secure)
        secret = headers.cookie(known.headers.get("cookie", ""), name)
        return session_cookies(secret, visitor.csrf, secure=visitor.secure)


async def _refuse(scope: Any, refusal: Refusal, extra: dict[str, str], send: Any) -> None:
    refuse = refuse_http if scope["type"] == "http" else refuse_websocket
    await refuse(refusal, extra, send)


def too_often(wait_seconds: float) -> Refusal:
    """Not yet."""
    wait = max(1, math.ceil(wait_seconds))
    return Refusal(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too many requests",
        f"again in {wait} seconds; how many may be made: web.requests_per_minute",
        {"retry-after": str(wait)},
    )


def _foreign() -> Refusal:
    return Refusal(
        HTTPStatus.FORBIDDEN,
        "this does not come from the appliance's own page",
        "pages of others show a token, and their origin stands in web.allow_origins",
    )


def _to_tls(known: Asked) -> Refusal:
    """The same with TLS; a WebSocket cannot be sent elsewhere."""
    if known.websocket:
        return Refusal(HTTPStatus.FORBIDDEN, "this connection is not encrypted", "use wss://")
    place = f"https://{known.headers['host']}{known.target}"
    return Refusal(
        HTTPStatus.PERMANENT_REDIRECT,
        "this connection is not encrypted",
        f"use {place}"[:300],
        {"location": place},
    )
