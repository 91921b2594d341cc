"""What the set-up page (without rights, on hostile input) and its keeper (root) say to each other.

One msgpack map a packet over AF_UNIX SOCK_SEQPACKET, at most 16 KiB. The keeper checks everything again.
"""

from __future__ import annotations

import asyncio
import socket

import msgspec

from appliance.errors import Malformed, PeerGone, TooBig
from appliance.firstboot.nmcli import Seen

MAX_PACKET_BYTES = 16_384


class Message(msgspec.Struct, frozen=True, tag=True, tag_field="type", forbid_unknown_fields=True):
    """Base of every message."""


class Show(Message, frozen=True):
    """keeper → page, first and once: what to show, and where it is (`authority` is host and port)."""

    name: str
    language: str
    authority: str
    networks: tuple[Seen, ...] = ()
    trouble: str = ""


class Visit(Message, frozen=True):
    """page → keeper: somebody looks at the page (a telephone's own probing does not count)."""


class Attempt(Message, frozen=True):
    """page → keeper: join this network, if the code is right. One at a time."""

    ssid: str
    password: str
    code: str

    def __repr__(self) -> str:
        return f"Attempt({self.ssid!r})"


class Verdict(Message, frozen=True):
    """keeper → page: the answer to `Attempt`; `trouble` is for people, `wait_seconds` until the next try."""

    accepted: bool
    trouble: str = ""
    wait_seconds: float = 0.0


_encoder = msgspec.msgpack.Encoder()
_from_page: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Visit | Attempt)
_from_keeper: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Show | Verdict)


class Channel:
    """One end; `page` says which."""

    def __init__(self, sock: socket.socket, *, page: bool) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._decode = _from_keeper.decode if page else _from_page.decode

    async def send(self, message: Message) -> None:
        """Raises PeerGone, or TooBig."""
        packet = _encoder.encode(message)
        if len(packet) > MAX_PACKET_BYTES:
            raise TooBig(f"{type(message).__name__} of {len(packet)} bytes")
        try:
            await asyncio.get_running_loop().sock_sendall(self._sock, packet)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise PeerGone("the other end of the set-up page is gone") from error

    async def receive(self) -> Message:
        """The next message. Raises PeerGone, TooBig or Malformed."""
        try:
            packet = await asyncio.get_running_loop().sock_recv(self._sock, MAX_PACKET_BYTES + 1)
        except ConnectionResetError:
            packet = b""
        if not packet:
            raise PeerGone("the other end of the set-up page is gone")
        if len(packet) > MAX_PACKET_BYTES:
            raise TooBig(f"a packet above {MAX_PACKET_BYTES} bytes")
        try:
            return self._decode(packet)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Malformed(f"a packet of {len(packet)} bytes: {error}") from error

    def close(self) -> None:
        """The other end sees it."""
        self._sock.close()
