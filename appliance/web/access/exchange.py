"""One request and its answer: headers added, time limited, refusals as problems."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

import msgspec

from appliance.web.access.headers import Pairs, secured
from appliance.web.problems import PROBLEM, content

DRAIN_BYTES = 1_048_576
"""A body up to this is read to its end although nobody wants it; a longer one ends the connection."""
COOKIES = "cookies"
"""In the state of a request's ASGI scope: values of Set-Cookie for its answer."""
WEBSOCKET_CODE = 4_000
MAX_REASON = 200
BY_PHRASE = {"Not Found": HTTPStatus.NOT_FOUND}


class Refusal(msgspec.Struct, frozen=True):
    """An answer that needs no application."""

    status: int
    detail: str
    hint: str = ""
    headers: dict[str, str] = {}


async def refuse_http(refusal: Refusal, extra: dict[str, str], send: Any) -> None:
    """Send it."""
    start, body = _messages(refusal, extra, "http.response")
    await send(start)
    await send(body)


async def refuse_websocket(refusal: Refusal, extra: dict[str, str], send: Any) -> None:
    """In place of accepting it: an answer of HTTP."""
    start, body = _messages(refusal, extra, "websocket.http.response")
    await send(start)
    await send(body)


def _messages(refusal: Refusal, extra: dict[str, str], kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    empty = refusal.status == HTTPStatus.NO_CONTENT
    body = b"" if empty else msgspec.json.encode(content(refusal.status, refusal.detail, refusal.hint))
    pairs: Pairs = [(name.encode(), value.encode("latin-1")) for name, value in refusal.headers.items()]
    if not empty:
        pairs += [(b"content-type", PROBLEM.encode()), (b"content-length", str(len(body)).encode())]
    start = {"type": f"{kind}.start", "status": int(refusal.status), "headers": secured(pairs, extra)}
    return start, {"type": f"{kind}.body", "body": body, "more_body": False}


class Exchange:
    """Wraps what the application receives and sends."""

    def __init__(self, scope: Any, receive: Any, send: Any, extra: dict[str, str]) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._extra = extra
        self._left = declared_bytes(scope["headers"])
        """Of the body; None: nobody knows."""
        self._timer: asyncio.Timeout | None = None
        self._started = False

    async def run(self, app: Any, seconds: float) -> None:
        """Until the answer is sent; who does not begin to answer in time is ended, with 504.

        A request whose body does not come in time gets 408. What is being sent may take longer: streams do.
        """
        timer = self._timer = asyncio.timeout(seconds)
        try:
            async with timer:
                await app(self._scope, self._get, self._put)
        except TimeoutError:
            if self._started or not timer.expired():
                raise
            await refuse_http(self._late(), self._extra, self._put)

    def _late(self) -> Refusal:
        if self._left != 0:
            return Refusal(
                HTTPStatus.REQUEST_TIMEOUT, "the request did not come to its end", "send it faster"
            )
        return Refusal(
            HTTPStatus.GATEWAY_TIMEOUT, "that took too long", "try again; the limit is web.timeout_seconds"
        )

    async def _get(self) -> Any:
        message = await self._receive()
        if message["type"] == "http.request":
            if not message.get("more_body", False):
                self._left = 0
            elif self._left is not None:
                self._left = max(1, self._left - len(message.get("body", b"")))
        return message

    async def _put(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._started = True
            if self._timer is not None and not self._timer.expired():
                self._timer.reschedule(None)
            message = message | {"headers": self._headers(message.get("headers", []))}
        await self._send(message)

    def _headers(self, given: Any) -> Pairs:
        cookies = self._scope["state"].get(COOKIES, ())
        pairs: Pairs = [*given, *((b"set-cookie", each.encode("latin-1")) for each in cookies)]
        if self._left is None or self._left > DRAIN_BYTES:
            pairs.append((b"connection", b"close"))
        return secured(pairs, self._extra)

    async def websocket_send(self, message: Any) -> None:
        """A refusal before the WebSocket was accepted becomes an answer that says why."""
        kind = message["type"]
        if kind == "websocket.close" and not self._started:
            await refuse_websocket(_of_close(message), self._extra, self._send)
            return
        if kind == "websocket.accept":
            self._started = True
        await self._send(message)


def _of_close(message: Any) -> Refusal:
    reason = str(message.get("reason") or "")[:MAX_REASON]
    status = BY_PHRASE.get(reason, message.get("code", 0) - WEBSOCKET_CODE)
    if status not in {*HTTPStatus} or status < HTTPStatus.BAD_REQUEST:
        status = HTTPStatus.FORBIDDEN
    return Refusal(status, reason or HTTPStatus(status).phrase)


def declared_bytes(headers: Any) -> int | None:
    """Length of the body as the request says it; None when it only says that there is one."""
    found = {name.lower(): value for name, value in headers}
    if b"transfer-encoding" in found:
        return None
    length = found.get(b"content-length", b"0")
    return int(length) if length.isdigit() and len(length) < 19 else None
