"""The set-up page of the hotspot: a process without rights that answers hostile HTTP.

`python -m appliance.firstboot.portal LISTEN CHANNEL`: numbers of the listening socket and of the keeper's
channel, both inherited. Every name leads here (the hotspot's DNS says so), and whatever is asked of another
host than ours is sent to our page: with that telephones and computers see a captive network and open it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import math
import secrets
import socket
import sys
from http import HTTPStatus

from appliance.errors import PeerGone, WireError
from appliance.firstboot import http, pages, phrases
from appliance.firstboot.allowance import Allowances
from appliance.firstboot.errors import Fault
from appliance.firstboot.exchange import Attempt, Channel, Show, Verdict, Visit
from appliance.firstboot.wifi import checked

LOG = logging.getLogger(__name__)
REQUEST_SECONDS = 10.0
VERDICT_SECONDS = 15.0
LINGER_SECONDS, LINGER_READS = 1.0, 16
MAX_CONNECTIONS = 24
BURST, PER_SECOND = 40.0, 4.0
"""One telephone asks for a dozen things when it joins."""


class Portal:
    """Answers requests; asks the keeper about attempts, one at a time."""

    def __init__(self, show: Show, channel: Channel) -> None:
        self._show = show
        self._channel = channel
        self._token = secrets.token_urlsafe(24)
        self._allowances = Allowances(BURST, PER_SECOND)
        self._connections = 0
        self._asking = asyncio.Lock()
        self._verdict: asyncio.Future[Verdict] | None = None

    def take(self, verdict: Verdict) -> None:
        """The keeper's answer to what was asked; one that came too late is dropped."""
        if self._verdict is not None and not self._verdict.done():
            self._verdict.set_result(verdict)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request, whatever comes."""
        guest = str((writer.get_extra_info("peername") or ("?",))[0])
        self._connections += 1
        try:
            async with asyncio.timeout(REQUEST_SECONDS + VERDICT_SECONDS):
                writer.write(await self._answer(reader, guest))
                await writer.drain()
                await _linger(reader, writer)
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError, PeerGone) as error:
            LOG.debug("no answer for %s: %s", guest, type(error).__name__)
        finally:
            self._connections -= 1
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, guest: str) -> bytes:
        now = asyncio.get_running_loop().time()
        if self._connections > MAX_CONNECTIONS:
            return http.response(HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": "2"})
        if not self._allowances.take(guest, now):
            return http.response(HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": "5"})
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                request, body = await _read(reader)
            return await self._page(request, body)
        except http.BadRequest as error:
            return http.response(error.status)

    async def _page(self, request: http.Request, body: bytes) -> bytes:
        if not self._is_ours(request):
            return http.redirect(f"http://{self._show.authority}/")
        match request.method, request.path:
            case "GET", "/":
                await self._channel.send(Visit())
                return self._form(HTTPStatus.OK, self._show.trouble)
            case "POST", "/join":
                return await self._join(request, body)
            case "GET" | "HEAD", _:
                return http.redirect(f"http://{self._show.authority}/")
            case _:
                return http.response(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, POST"})

    def _is_ours(self, request: http.Request) -> bool:
        return request.headers.get("host", "").lower() == self._show.authority

    async def _join(self, request: http.Request, body: bytes) -> bytes:
        """Only from our own form: it has the token, and browsers say where a form came from."""
        fields = http.parse_form(request, body)
        ours = hmac.compare_digest(fields.get("token", "").encode(), self._token.encode())
        origin = request.headers.get("origin", "")
        if not ours or origin not in {"", f"http://{self._show.authority}"}:
            return http.response(HTTPStatus.FORBIDDEN)
        ssid = fields.get("other", "").strip() or fields.get("ssid", "")
        try:
            checked(ssid, fields.get("password", ""))
        except Fault as fault:
            key: phrases.Trouble = "password" if "password" in fault.message else "ssid"
            return self._form(
                HTTPStatus.UNPROCESSABLE_ENTITY, phrases.trouble(key, self._show.language), ssid
            )
        verdict = await self._ask(Attempt(ssid, fields.get("password", ""), fields.get("code", "")[:64]))
        if verdict.accepted:
            return http.response(HTTPStatus.OK, pages.trying(self._show.name, self._show.language))
        wait = math.ceil(verdict.wait_seconds)
        if wait > 0:
            page = self._form_text(verdict.trouble, ssid)
            return http.response(HTTPStatus.TOO_MANY_REQUESTS, page, {"Retry-After": str(wait)})
        return self._form(HTTPStatus.FORBIDDEN, verdict.trouble, ssid)

    async def _ask(self, attempt: Attempt) -> Verdict:
        """The keeper's answer. Raises PeerGone when it is gone, TimeoutError when it does not answer."""
        async with self._asking:
            self._verdict = asyncio.get_running_loop().create_future()
            await self._channel.send(attempt)
            async with asyncio.timeout(VERDICT_SECONDS):
                return await self._verdict

    def _form(self, status: HTTPStatus, trouble: str, chosen: str = "") -> bytes:
        return http.response(status, self._form_text(trouble, chosen))

    def _form_text(self, trouble: str, chosen: str) -> str:
        show = self._show
        return pages.form(
            show.name, show.language, show.networks, self._token, trouble=trouble, chosen=chosen
        )


async def _read(reader: asyncio.StreamReader) -> tuple[http.Request, bytes]:
    """One request. Raises BadRequest, IncompleteReadError."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise http.BadRequest(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE) from error
    request = http.parse_head(head.removesuffix(b"\r\n\r\n"))
    if request.method != "POST":
        return request, b""
    return request, await reader.readexactly(http.body_length(request))


async def _linger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take what was not read, for a moment: closing before would throw the answer away with it."""
    writer.write_eof()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            for _ in range(LINGER_READS):
                if not await reader.read(http.MAX_HEAD_BYTES):
                    return


async def run(listening: socket.socket, channel: Channel) -> None:
    """Serve until the keeper closes its end. Raises WireError then, or when it talks nonsense."""
    show = await channel.receive()
    assert isinstance(show, Show)
    portal = Portal(show, channel)
    server = await asyncio.start_server(portal.serve, sock=listening, limit=http.MAX_HEAD_BYTES, backlog=32)
    async with server:
        while True:
            message = await channel.receive()
            assert isinstance(message, Verdict)
            portal.take(message)


def main() -> int:
    """The process; 0 when the keeper ended it."""
    listen, talk = (int(number) for number in sys.argv[1:3])
    channel = Channel(socket.socket(fileno=talk), page=True)
    try:
        asyncio.run(run(socket.socket(fileno=listen), channel))
    except WireError:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
