"""PortAudio's two streams. Their callbacks run in PortAudio's thread: they move bytes and never wait.

`sounddevice` is imported where a stream is opened. Everything but the callbacks belongs to one thread.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from appliance.audio import pcm
from appliance.audio.playback import Track

MAX_INPUT_BLOCKS = 64
"""Two seconds of microphone; when nobody takes them, the newest are lost and counted."""
MAX_OUTPUT_BLOCKS = 12
"""About 0.4 s of speech lie ready for the callback."""
MAX_SANE_LATENCY_SECONDS = 2.0


class Format(NamedTuple):
    """What a stream was opened with."""

    rate_hz: int
    channels: int

    @property
    def block_frames(self) -> int:
        """Frames of one block, as long as ours."""
        return self.rate_hz * pcm.BLOCK_MS // 1000


class Block(NamedTuple):
    """One block from the card; `first_frame` counts from the opening, lost ones included.

    It was recorded from `at` seconds of the monotonic clock on.
    """

    first_frame: int
    frames: bytes
    at: float


class Handed(NamedTuple):
    """A block of a turn that the callback took at `at` seconds, heard completely at `heard_at`.

    `first_frame` counts from the opening, silence included.
    """

    first_frame: int
    track: Track
    mono: bytes
    at: float
    heard_at: float


class Microphone:
    """An input stream and the blocks that nobody has taken yet."""

    def __init__(self, sounddevice: Any, device: int, wanted: Format, wake: Callable[[], None]) -> None:
        self._sounddevice = sounddevice
        self._device = device
        self._wake = wake
        self.format = wanted
        self._stream: Any = None
        self._blocks: deque[Block] = deque()
        self._frames = 0
        self._lost = 0
        self.last_block_at = time.monotonic()
        self.ended = False

    def open(self) -> None:
        """Start recording. Raises sounddevice.PortAudioError."""
        self._stream = self._sounddevice.RawInputStream(
            samplerate=self.format.rate_hz,
            blocksize=self.format.block_frames,
            device=self._device,
            channels=self.format.channels,
            dtype="int16",
            callback=self._callback,
            finished_callback=self._finished,
        )
        self._stream.start()

    def close(self) -> None:
        """Stop and release the card; may be called twice."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.abort()
            stream.close()

    def take(self) -> Block | None:
        """The oldest block."""
        return self._blocks.popleft() if self._blocks else None

    def take_lost(self) -> int:
        """Blocks lost since the last call."""
        lost, self._lost = self._lost, 0
        return lost

    def _callback(self, frames: Any, count: int, stream_time: Any, status: Any) -> None:
        first = self._frames
        self._frames += count
        now = self.last_block_at = time.monotonic()
        if status and status.input_overflow:
            self._lost += 1
        if len(self._blocks) < MAX_INPUT_BLOCKS:
            age = stream_time.currentTime - stream_time.inputBufferAdcTime
            if not 0 <= age <= MAX_SANE_LATENCY_SECONDS:
                age = count / self.format.rate_hz
            self._blocks.append(Block(first, bytes(frames), now - age))
        else:
            self._lost += 1
        self._wake()

    def _finished(self) -> None:
        self.ended = True
        self._wake()


class Loudspeaker:
    """An output stream, and a few blocks that lie ready for it."""

    def __init__(
        self, sounddevice: Any, device: int, wanted: Format, latency_seconds: float, wake: Callable[[], None]
    ) -> None:
        self._sounddevice = sounddevice
        self._device = device
        self._wake = wake
        self.format = wanted
        self._latency_seconds = latency_seconds
        self.block_bytes = wanted.block_frames * pcm.SAMPLE_BYTES
        self._stream: Any = None
        self._ready: deque[tuple[Track, bytes, bytes]] = deque()
        self._handed: deque[Handed] = deque(maxlen=4 * MAX_OUTPUT_BLOCKS)
        self._frames = 0
        self._starved = 0
        self.expecting = False
        """Speech of a turn is under way: an empty queue is an underrun."""
        self.last_call_at = time.monotonic()
        self.ended = False

    def open(self) -> None:
        """Start playing silence. Raises sounddevice.PortAudioError."""
        self._stream = self._sounddevice.RawOutputStream(
            samplerate=self.format.rate_hz,
            blocksize=self.format.block_frames,
            device=self._device,
            channels=self.format.channels,
            dtype="int16",
            latency=self._latency_seconds,
            callback=self._callback,
            finished_callback=self._finished,
        )
        self._latency_seconds = self._stream.latency
        self._stream.start()

    def close(self) -> None:
        """Fall silent at once, drop what the card still holds, release it; may be called twice."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.abort()
            stream.close()
        self._ready.clear()

    def full(self) -> bool:
        """Enough lies ready."""
        return len(self._ready) >= MAX_OUTPUT_BLOCKS

    def idle(self) -> bool:
        """Nothing lies ready, and everything handed over was taken note of."""
        return not self._ready and not self._handed

    def put(self, track: Track, mono: bytes, frames: bytes) -> None:
        """One block, as mono for the measurement and as the card's frames."""
        self._ready.append((track, mono, frames))

    def take_handed(self) -> Handed | None:
        """The oldest block that went to the card."""
        return self._handed.popleft() if self._handed else None

    def take_starved(self) -> int:
        """Blocks of silence that were played in the middle of speech since the last call."""
        starved, self._starved = self._starved, 0
        return starved

    def _callback(self, frames: Any, count: int, stream_time: Any, status: Any) -> None:
        now = self.last_call_at = time.monotonic()
        first = self._frames
        self._frames += count
        if self.expecting and status and status.output_underflow:
            self._starved += 1
        if not self._ready:
            frames[:] = bytes(len(frames))
            self._starved += self.expecting
            return
        track, mono, ready = self._ready[0]
        frames[:] = ready.ljust(len(frames), b"\0")
        latency = stream_time.outputBufferDacTime - stream_time.currentTime
        if not 0 <= latency <= MAX_SANE_LATENCY_SECONDS:
            latency = self._latency_seconds
        seconds = len(mono) / (pcm.SAMPLE_BYTES * self.format.rate_hz)
        self._handed.append(Handed(first, track, mono, now, now + latency + seconds))
        # Only now: `idle` must never see a block that is neither ready nor handed over.
        self._ready.popleft()
        self._wake()

    def _finished(self) -> None:
        self.ended = True
        self._wake()


def event_descriptor() -> tuple[int, Callable[[], None]]:
    """A descriptor and the function that makes it readable, safe to call from a callback."""
    number = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def wake() -> None:
        os.eventfd_write(number, 1)

    return number, wake
