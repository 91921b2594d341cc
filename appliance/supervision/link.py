"""The supervisor's end of a stage's socket, inside the event loop.

Nothing raised here reaches the loop: whatever is wrong with the peer ends the link with one `LinkEnd`.
Reading takes a bounded batch per wake-up and counts messages and bytes against a rate. Writing goes
straight to the socket; when that is full, a bounded queue takes over. Live audio (`Audio`) is the only
message that may be dropped, oldest first and counted; when a control message finds no room, the stage
has not read for so long that the link ends.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from typing import Literal

import msgspec

from appliance.errors import Malformed, TooBig
from appliance.wire import messages

BATCH_PACKETS = 32
"""Read per wake-up, then the other stages have their turn."""
MAX_QUEUED_AUDIO = 1_024
"""Blocks of `Audio` waiting for a slow stage: 80 s of one microphone, or 1.6 s of fifty."""
MAX_QUEUED_BYTES = 8 * 1024 * 1024
"""Everything waiting for a slow stage: room for the speech of a minute."""
SEND_BUFFER_BYTES = 256 * 1024

EndKind = Literal["gone", "malformed", "too big", "flood", "stuck", "broken"]


class LinkEnd(msgspec.Struct, frozen=True):
    """Why a link ended; a sentence for the log and the status."""

    kind: EndKind
    text: str


class Rate(msgspec.Struct, frozen=True):
    """What a stage may send in any window of one second."""

    messages: int
    bytes: int


class Counts(msgspec.Struct):
    """What one link moved and dropped."""

    received: int = 0
    sent: int = 0
    dropped_audio: int = 0
    refused: int = 0
    """Control messages that found no room."""


class Meter:
    """Counts messages and bytes in windows of one second."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._window_start = float("-inf")
        self._messages = 0
        self._bytes = 0

    def add(self, size: int, now: float) -> str:
        """Count one packet; a sentence when the rate is exceeded, else empty."""
        if now - self._window_start >= 1.0:
            self._window_start, self._messages, self._bytes = now, 0, 0
        self._messages += 1
        self._bytes += size
        if self._messages > self._rate.messages:
            return f"more than {self._rate.messages} messages within a second"
        if self._bytes > self._rate.bytes:
            return f"more than {self._rate.bytes} bytes within a second"
        return ""


class Link:
    """One socket to one generation of a stage. `on_end` is called once, after which nothing is."""

    def __init__(
        self,
        sock: socket.socket,
        stage: str,
        rate: Rate,
        on_message: Callable[[messages.Message], None],
        on_end: Callable[[LinkEnd], None],
    ) -> None:
        self.counts = Counts()
        self._sock = sock
        self._stage = stage
        self._meter = Meter(rate)
        self._on_message = on_message
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._queue: deque[tuple[bytes, bool]] = deque()
        self._queued_bytes = 0
        self._queued_audio = 0
        self._open = False

    @property
    def waiting(self) -> int:
        """Messages that wait until the stage reads."""
        return len(self._queue)

    def start(self) -> None:
        """Begin to read."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self._loop.add_reader(self._sock, self._readable)
        self._open = True

    def close(self) -> None:
        """Stop reading and writing and close the socket; may be called twice."""
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock)
            self._loop.remove_writer(self._sock)
            self._sock.close()
        self._open = False
        self._queue.clear()

    def drain(self) -> None:
        """Take what a dead stage left in its socket, within the rate: its last words say why it died."""
        while self._open and self._take():
            pass

    def send(self, message: messages.Message) -> bool:
        """Send or queue; False when it was not taken. Raises TooBig for a message that fits no packet."""
        packet = messages.encode(message)
        if not self._open:
            return False
        if not self._queue:
            written = self._write(packet)
            if written is not None:
                return written
        return self._enqueue(packet, isinstance(message, messages.Audio))

    # --- reading ----------------------------------------------------------------------------------------

    def _readable(self) -> None:
        for _ in range(BATCH_PACKETS):
            if not (self._open and self._take()):
                return

    def _take(self) -> bool:
        """Read and hand on one packet; False when there is none."""
        try:
            # recv() offers no room for descriptors: the kernel closes any that a stage attaches.
            packet = self._sock.recv(messages.MAX_PACKET_BYTES + 1)
        except BlockingIOError:
            return False
        except OSError as error:
            return self._end("gone" if isinstance(error, ConnectionResetError) else "broken", str(error))
        if not packet:
            return self._end("gone", "closed its socket")
        excess = self._meter.add(len(packet), self._loop.time())
        return self._end("flood", f"sent {excess}") if excess else self._hand_on(packet)

    def _hand_on(self, packet: bytes) -> bool:
        try:
            message = messages.decode(packet, "from", self._stage)
        except TooBig as error:
            return self._end("too big", f"sent {error.message}")
        except Malformed as error:
            return self._end("malformed", f"sent {error.message}")
        self.counts.received += 1
        self._on_message(message)
        return True

    def _end(self, kind: EndKind, text: str) -> Literal[False]:
        self.close()
        self._on_end(LinkEnd(kind, text))
        return False

    # --- writing ----------------------------------------------------------------------------------------

    def _write(self, packet: bytes) -> bool | None:
        """True when sent, False when the link ended, None when the socket is full."""
        try:
            self._sock.send(packet)
        except BlockingIOError:
            return None
        except OSError:
            # The reader sees the same end, after what the stage still said.
            return False
        self.counts.sent += 1
        return True

    def _enqueue(self, packet: bytes, is_audio: bool) -> bool:
        if is_audio and self._queued_audio >= MAX_QUEUED_AUDIO:
            self._drop_oldest_audio()
        if self._queued_bytes + len(packet) > MAX_QUEUED_BYTES:
            return self._no_room(is_audio)
        if not self._queue:
            self._loop.add_writer(self._sock, self._writable)
        self._queue.append((packet, is_audio))
        self._queued_bytes += len(packet)
        self._queued_audio += is_audio
        return True

    def _no_room(self, is_audio: bool) -> Literal[False]:
        if is_audio:
            self.counts.dropped_audio += 1
            return False
        self.counts.refused += 1
        # Not from inside the caller's send(): the owner may be in the middle of something.
        self._loop.call_soon(self._stuck)
        return False

    def _stuck(self) -> None:
        if self._open:
            self._end("stuck", f"reads nothing, {self._queued_bytes} bytes wait for it")

    def _drop_oldest_audio(self) -> None:
        index = next(i for i, (_, is_audio) in enumerate(self._queue) if is_audio)
        self._forget(self._queue[index])
        del self._queue[index]
        self.counts.dropped_audio += 1

    def _forget(self, entry: tuple[bytes, bool]) -> None:
        self._queued_bytes -= len(entry[0])
        self._queued_audio -= entry[1]

    def _writable(self) -> None:
        for _ in range(BATCH_PACKETS):
            if not self._queue:
                break
            if self._write(self._queue[0][0]) is None:
                return
            self._forget(self._queue.popleft())
        if not self._queue:
            self._loop.remove_writer(self._sock)
