"""What a stage prints: bounded lines, bounded rate, no control characters.

Above the rate nothing is read for the rest of the second: the pipe fills and the stage waits, so a stage
that prints without end costs the supervisor nothing (and misses its heartbeat).
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable

MAX_LINE = 400
"""Characters; the rest of a line is dropped."""
READ_BYTES = 4096
PIPE_BYTES = 64 * 1024
BYTES_PER_SECOND = 32 * 1024
LINES_KEPT = 8


def clean(text: str, limit: int = MAX_LINE) -> str:
    """One line without control characters (which could forge log lines or move a terminal's cursor)."""
    shown = "".join(char if char.isprintable() else " " for char in text[: limit + 1]).strip()
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


class Splitter:
    """Bytes to lines, keeping at most one bounded unfinished line. Pure."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """The lines that are complete now."""
        *complete, rest = (self._rest + data).replace(b"\r", b"\n").split(b"\n")
        self._rest = rest[: MAX_LINE * 4]
        return [line for line in map(_text, complete) if line]

    def end(self) -> list[str]:
        """What is left when nothing more comes."""
        rest, self._rest = self._rest, b""
        line = _text(rest)
        return [line] if line else []


def _text(line: bytes) -> str:
    return clean(line[: MAX_LINE * 4].decode("utf-8", "replace"))


class LinePump:
    """Reads a pipe in the event loop and owns its descriptor."""

    def __init__(self, descriptor: int, on_line: Callable[[str], None]) -> None:
        self.last: deque[str] = deque(maxlen=LINES_KEPT)
        self._descriptor = descriptor
        self._on_line = on_line
        self._splitter = Splitter()
        self._loop = asyncio.get_running_loop()
        self._window_start = 0.0
        self._window_bytes = 0
        self._paused: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to read."""
        os.set_blocking(self._descriptor, False)
        self._loop.add_reader(self._descriptor, self._readable)

    def close(self) -> None:
        """Take what is there, then close; may be called twice."""
        if self._descriptor < 0:
            return
        self.drain()
        self._emit(self._splitter.end())
        self._stop_reading()
        os.close(self._descriptor)
        self._descriptor = -1

    def drain(self) -> None:
        """Take what is there, at most a full pipe: the last words of a process that ended."""
        if self._descriptor >= 0:
            for _ in range(PIPE_BYTES // READ_BYTES):
                if not self._read():
                    return

    def _readable(self) -> None:
        if not self._read():
            self._loop.remove_reader(self._descriptor)
        elif self._over_rate():
            self._loop.remove_reader(self._descriptor)
            self._paused = self._loop.call_at(self._window_start + 1.0, self._resume)

    def _read(self) -> bool:
        """One read; False at the end of the pipe."""
        try:
            data = os.read(self._descriptor, READ_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self._window_bytes += len(data)
        self._emit(self._splitter.feed(data))
        return bool(data)

    def _over_rate(self) -> bool:
        now = self._loop.time()
        if now - self._window_start >= 1.0:
            self._window_start, self._window_bytes = now, 0
        return self._window_bytes > BYTES_PER_SECOND

    def _resume(self) -> None:
        self._paused = None
        self._window_start, self._window_bytes = self._loop.time(), 0
        self._loop.add_reader(self._descriptor, self._readable)

    def _stop_reading(self) -> None:
        self._loop.remove_reader(self._descriptor)
        if self._paused is not None:
            self._paused.cancel()
            self._paused = None

    def _emit(self, lines: list[str]) -> None:
        for line in lines:
            self.last.append(line)
            self._on_line(line)
