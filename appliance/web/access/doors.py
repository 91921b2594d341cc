"""Listening sockets, and who gets in: by address, by number, and by the first byte to TLS or plain HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
from collections import Counter
from collections.abc import Callable
from typing import Literal

from appliance.errors import ControlError
from appliance.tasks import end
from appliance.web.access.addresses import group, may_come
from appliance.web.access.tls import Identity

LOG = logging.getLogger(__name__)
BACKLOG = 128
MAX_CONNECTIONS = 256
MAX_PER_ADDRESS = 160
"""Of one address (IPv6: network); a page uses about six."""
FIRST_BYTE_SECONDS = 10.0
HANDSHAKE_SECONDS = 10.0
GOODBYE_SECONDS = 2.0
UNREAD_MS = 30_000
"""A connection whose other end takes nothing for so long is cut by the kernel."""
FULL_SECONDS = 0.2
"""Pause when there are no descriptors left."""
CLIENT_HELLO = b"\x16"
ONLY_LOOPBACK, EVERYWHERE = ("127.0.0.1", "::1"), ("0.0.0.0", "::")  # noqa: S104 - who may come is checked

Listen = Literal["loopback", "lan", "any"]
Connections = Callable[[], list[str]]


def bind(listen: Listen, port: int) -> list[socket.socket]:
    """IPv4, and IPv6 where this machine has it. Raises ControlError when the port cannot be had."""
    four, six = ONLY_LOOPBACK if listen == "loopback" else EVERYWHERE
    bound = [_bound(socket.AF_INET, four, port)]
    try:
        bound.append(_bound(socket.AF_INET6, six, port))
    except OSError as error:
        if error.errno not in {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}:
            bound[0].close()
            raise _taken(port, error) from error
        LOG.info("no IPv6 here: %s", error.strerror)
    return bound


def _bound(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((address, port))
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        if family == socket.AF_INET:
            raise _taken(port, error) from error
        raise
    made.setblocking(False)
    return made


def _taken(port: int, error: OSError) -> ControlError:
    if error.errno == errno.EADDRINUSE:
        return ControlError(
            f"port {port} (web.port) is taken by another program of this machine",
            f"set web.port to a free one, or end that program: ss -ltnp 'sport = :{port}'",
        )
    return ControlError(f"port {port} (web.port) cannot be had: {error.strerror}", "set web.port to another")


class Doors:
    """`open`, then `close`. `protocol` makes one for each connection; `inside` lists who is connected."""

    def __init__(
        self,
        sockets: list[socket.socket],
        listen: Listen,
        identity: Identity | None,
        protocol: Callable[[], asyncio.BaseProtocol],
        inside: Connections,
    ) -> None:
        self._sockets = sockets
        self._listen = listen
        self._identity = identity
        self._protocol = protocol
        self._inside = inside
        self._accepting: list[asyncio.Task[None]] = []
        self._coming: dict[asyncio.Task[None], str] = {}
        """Before their first request: who they are."""

    def open(self) -> None:
        """From now on people come in."""
        self._accepting = [asyncio.create_task(self._accept(each), name="door") for each in self._sockets]

    async def close(self) -> None:
        """Nobody new."""
        await end(*self._accepting, *self._coming)
        for each in self._sockets:
            each.close()

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, address = await loop.sock_accept(listening)
            except OSError as error:
                LOG.debug("nobody came in: %s", error)
                if error.errno in {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}:
                    await asyncio.sleep(FULL_SECONDS)
                continue
            self._greet(connection, str(address[0]))

    def _greet(self, connection: socket.socket, peer: str) -> None:
        if not may_come(peer, self._listen) or self._is_full(peer):
            connection.close()
            return
        task = asyncio.create_task(self._admit(connection), name="guest")
        self._coming[task] = peer
        task.add_done_callback(self._coming.pop)

    def _is_full(self, peer: str) -> bool:
        here = Counter(group(each) for each in [*self._coming.values(), *self._inside()])
        return here.total() >= MAX_CONNECTIONS or here[group(peer)] >= MAX_PER_ADDRESS

    async def _admit(self, connection: socket.socket) -> None:
        """To TLS or to plain HTTP; who says nothing in time, or nonsense, is sent away."""
        with contextlib.ExitStack() as stack:
            stack.callback(connection.close)
            with contextlib.suppress(OSError, TimeoutError):  # they went, or they were no good
                connection.setblocking(False)
                prepare(connection)
                first = await _first_byte(connection)
                if first:
                    stack.pop_all()
                    await self._hand_over(connection, encrypted=first == CLIENT_HELLO)

    async def _hand_over(self, connection: socket.socket, *, encrypted: bool) -> None:
        loop = asyncio.get_running_loop()
        if not encrypted:
            await loop.connect_accepted_socket(self._protocol, connection)
        elif self._identity is None:
            connection.close()
        else:
            await loop.connect_accepted_socket(
                self._protocol,
                connection,
                ssl=self._identity.fresh(),
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
                ssl_shutdown_timeout=GOODBYE_SECONDS,
            )


def prepare(connection: socket.socket) -> None:
    """The kernel notices who is gone, cuts who takes nothing, and sends without waiting for more.

    (asyncio does the last only where it knows the protocol; without it each answer takes 40 ms.)
    """
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MS)


async def _first_byte(connection: socket.socket) -> bytes:
    """Looked at, not taken; b"" when they hang up. Raises TimeoutError, OSError."""
    loop = asyncio.get_running_loop()
    there = asyncio.Event()
    loop.add_reader(connection, there.set)
    try:
        async with asyncio.timeout(FIRST_BYTE_SECONDS):
            await there.wait()
    finally:
        loop.remove_reader(connection)
    return connection.recv(1, socket.MSG_PEEK)
