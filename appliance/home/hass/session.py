"""One connection to Home Assistant's WebSocket API, from login to its end. The only importer of the library.

Nothing is sent a second time: what a lost connection leaves open is `Lost`, and whoever asked decides.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, WebSocketException

from appliance.config.model import HomeAssistant
from appliance.errors import HomeError
from appliance.home.hass import protocol
from appliance.home.hass.address import Address
from appliance.home.hass.protocol import Fault, Incoming, Malformed
from appliance.tasks import end

LOG = logging.getLogger(__name__)
MAX_PENDING = 512
MAX_LOGIN_BYTES = 4_096
CLOSE_SECONDS = 1.0
MAX_FRAMES = 4
"""Read ahead of what has been taken."""

# Its debug messages hold whole frames, and the first of them the token.
_quiet = logging.getLogger(f"{__name__}.frames")
_quiet.setLevel(logging.WARNING)

Handler = Callable[[msgspec.Raw], None]


class Rejected(Exception):
    """Home Assistant answered a command with an error."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(f"{fault.code}: {protocol.text(fault.message)}")
        self.fault = fault


class Lost(Exception):
    """The connection ended; what was asked may have been done, or not."""


class NotSent(Lost):
    """The connection had ended before: it was not even asked."""


class TokenRefused(Exception):
    """Home Assistant does not accept the token."""


class _Direct(connect):
    """A connection that goes where it was told to: whoever redirects it would be given the token."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


@contextlib.asynccontextmanager
async def opened(
    address: Address, settings: HomeAssistant, fault: Callable[[str, str], None]
) -> AsyncIterator[Session]:
    """A session, logged in; `fault` is told kind and reason of what could not be read.

    Raises TokenRefused; HomeError for what is no Home Assistant; OSError, TimeoutError and Lost for the rest.
    """
    try:
        async with asyncio.timeout(settings.connect_seconds):
            socket = await _connected(address, settings)
            try:
                version = await _logged_in(socket, address.token)
            except BaseException:
                socket.transport.abort()
                raise
    except InvalidStatus as error:
        raise _no_home_assistant(address, error.response.status_code) from None
    except UnicodeError as error:
        raise HomeError(f"{address.where} is no name of a host", "check home_assistant.url") from error
    except InvalidHandshake as error:
        raise HomeError(f"{address.where} speaks no WebSocket", "check home_assistant.url") from error
    except Malformed as error:
        raise HomeError(f"{address.where}: {error}", "check home_assistant.url") from None
    except WebSocketException as error:
        raise Lost(f"{type(error).__name__} while logging in") from None
    session = Session(socket, settings.answer_seconds, fault, version)
    reader = asyncio.create_task(session.read())
    try:
        yield session
    finally:
        await end(reader)
        failed = None if reader.cancelled() else reader.exception()
        if failed is not None:
            LOG.error("home: reading from Home Assistant failed", exc_info=failed)
        await socket.close()


async def _connected(address: Address, settings: HomeAssistant) -> ClientConnection:
    return await _Direct(
        address.url,
        ssl=await asyncio.to_thread(_trust, address) if address.encrypted else None,
        compression=None,
        proxy=None,
        max_size=protocol.MAX_MESSAGE_BYTES,
        max_queue=MAX_FRAMES,
        open_timeout=None,
        close_timeout=CLOSE_SECONDS,
        ping_interval=settings.ping_seconds,
        ping_timeout=settings.ping_seconds,
        user_agent_header="appliance",
        logger=_quiet,
    )


def _trust(address: Address) -> ssl.SSLContext:
    """Reads the authority's file. Raises OSError that names it."""
    try:
        return ssl.create_default_context(cafile=address.tls_ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise OSError(
            0, getattr(error, "strerror", None) or "is no certificate", address.tls_ca_file
        ) from error


async def _logged_in(socket: ClientConnection, token: str) -> str:
    """Home Assistant's version. Raises TokenRefused, Lost, Malformed."""
    greeting = await _first(socket)
    if greeting.type == "auth_required":
        await socket.send(protocol.login(token))
        greeting = await _first(socket)
    if greeting.type == "auth_invalid":
        raise TokenRefused
    if greeting.type != "auth_ok":
        raise Malformed("it does not greet as Home Assistant does")
    return protocol.text(greeting.ha_version)


async def _first(socket: ClientConnection) -> Incoming:
    data = await socket.recv()
    if len(data) > MAX_LOGIN_BYTES:
        raise Malformed("a greeting of its length is none")
    messages = protocol.incoming(data)
    if len(messages) != 1:
        raise Malformed("it does not greet as Home Assistant does")
    return messages[0]


def _no_home_assistant(address: Address, status: int) -> HomeError:
    where = address.where
    if status == 403:
        return HomeError(
            f"{where} refuses this machine's address", "is it in ip_bans.yaml of Home Assistant?"
        )
    if status in {502, 503, 504}:
        return HomeError(f"Home Assistant behind {where} is not up", "it is tried again by itself")
    return HomeError(f"{where} is no Home Assistant (HTTP {status})", "check home_assistant.url")


class Session:
    """A connection after login. Commands may overlap; events come in order."""

    def __init__(
        self,
        socket: ClientConnection,
        answer_seconds: float,
        fault: Callable[[str, str], None],
        version: str,
    ) -> None:
        self.version = version
        """Home Assistant's."""
        self._socket = socket
        self._answer_seconds = answer_seconds
        self._fault = fault
        self._last = 0
        self._pending: dict[int, asyncio.Future[msgspec.Raw]] = {}
        self._handlers: dict[int, Handler] = {}
        self._over = asyncio.Event()

    @property
    def closed(self) -> bool:
        """Has it ended?"""
        return self._over.is_set()

    async def wait_closed(self) -> None:
        """Until it has ended."""
        await self._over.wait()

    async def ask(self, kind: str, fields: dict[str, Any], seconds: float | None = None) -> msgspec.Raw:
        """The result of a command. Raises Rejected, Lost, TimeoutError."""
        return await self._command(self._next(), kind, fields, seconds)

    async def subscribe(self, kind: str, fields: dict[str, Any], handler: Handler) -> int:
        """Events from now on; returns the subscription's number. Raises Rejected, Lost, TimeoutError."""
        number = self._next()
        self._handlers[number] = handler
        try:
            await self._command(number, kind, fields, None)
        except BaseException:
            self._handlers.pop(number, None)
            raise
        return number

    async def unsubscribe(self, number: int) -> None:
        """No more of these. Raises Rejected, Lost, TimeoutError."""
        self._handlers.pop(number, None)
        await self.ask("unsubscribe_events", {"subscription": number})

    def _next(self) -> int:
        self._last += 1
        return self._last

    async def _command(
        self, number: int, kind: str, fields: dict[str, Any], seconds: float | None
    ) -> msgspec.Raw:
        if self.closed or len(self._pending) >= MAX_PENDING:
            raise NotSent("the connection is closed" if self.closed else "too much is asked already")
        answer: asyncio.Future[msgspec.Raw] = asyncio.get_running_loop().create_future()
        self._pending[number] = answer
        try:
            async with asyncio.timeout(self._answer_seconds if seconds is None else seconds):
                await self._socket.send(protocol.command(number, kind, fields))
                return await answer
        except ConnectionClosed as error:
            raise Lost("the connection ended") from error
        finally:
            self._pending.pop(number, None)

    async def say_features(self) -> None:
        """Several messages may come in one frame. Older ones do not know this; they send them singly."""
        with contextlib.suppress(Rejected):
            await self.ask("supported_features", {"features": {"coalesce_messages": 1}})

    async def read(self) -> None:
        """Read until the end of the connection."""
        try:
            async for data in self._socket:
                self._take(data)
        except (ConnectionClosed, OSError):
            pass
        finally:
            self._over.set()
            for answer in self._pending.values():
                if not answer.done():
                    answer.set_exception(Lost("the connection ended"))

    def _take(self, data: bytes | str) -> None:
        try:
            messages = protocol.incoming(data)
        except Malformed as error:
            self._fault("message", str(error))
            return
        for message in messages:
            self._dispatch(message)

    def _dispatch(self, message: Incoming) -> None:
        if message.type == "event":
            handler = self._handlers.get(message.id)
            if handler is not None:
                handler(message.event)
            return
        answer = self._pending.get(message.id)
        if answer is None or answer.done():
            return  # nobody waits for it any more
        if message.type == "pong" or (message.type == "result" and message.success):
            answer.set_result(message.result)
        elif message.type == "result":
            answer.set_exception(Rejected(message.error or Fault()))
        else:
            self._fault("message", f"an answer of type {message.type[:40]!r}")
