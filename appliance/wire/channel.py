"""The stage's end of its socket: blocking, bounded, one packet a message.

The supervisor's end is `supervision.link`, which lives in an event loop. Both speak `wire.messages`
over `AF_UNIX SOCK_SEQPACKET`: a packet arrives whole or not at all, and an empty read is the peer's end.
"""

from __future__ import annotations

import select
import socket

from appliance.errors import PeerGone
from appliance.wire import messages

SEND_TIMEOUT_SECONDS = 10.0


def pair() -> tuple[socket.socket, socket.socket]:
    """Supervisor's end (non-blocking) and stage's end (blocking, inheritable by number)."""
    supervisor, stage = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    supervisor.setblocking(False)
    return supervisor, stage


class StageChannel:
    """What a stage reads from and writes to. Not thread-safe: only the stage's main thread uses it."""

    def __init__(self, sock: socket.socket, stage: str) -> None:
        self._sock = sock
        self._stage = stage
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        sock.settimeout(SEND_TIMEOUT_SECONDS)

    def fileno(self) -> int:
        """The socket's number, for polling together with other sources."""
        return self._sock.fileno()

    def send(self, message: messages.Message) -> None:
        """Send or raise: PeerGone when the supervisor is gone or takes nothing for ten seconds."""
        try:
            self._sock.send(messages.encode(message))
        except (BrokenPipeError, ConnectionResetError, TimeoutError) as error:
            raise PeerGone(f"stage {self._stage}: the supervisor takes no messages ({error})") from error

    def receive(self, timeout_ms: int | None = None) -> messages.Message | None:
        """The next message, or None when none came in time (`None` waits for ever, 0 only looks).

        Raises PeerGone, Malformed or TooBig.
        """
        if not self._poll.poll(timeout_ms):
            return None
        try:
            packet = self._sock.recv(messages.MAX_PACKET_BYTES + 1)
        except ConnectionResetError as error:
            raise PeerGone(f"stage {self._stage}: the supervisor is gone") from error
        if not packet:
            raise PeerGone(f"stage {self._stage}: the supervisor is gone")
        return messages.decode(packet, "to", self._stage)
