"""Shows how far a long step is: on a terminal a bar with rate and remaining time, elsewhere a few lines."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec

Advance = Callable[[int], None]
"""Called with the number of bytes that are done since the last call."""

MEBIBYTE = 1024 * 1024
PLAIN_SECONDS = 5.0


def size(count: float) -> str:
    """Bytes for people: 512 B, 20.0 MB, 31.9 GB (powers of ten, as printed on cards)."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def rate(count: int, seconds: float) -> str:
    """Bytes a second for people."""
    return f"{size(count / max(seconds, 1e-3))}/s"


@dataclass(slots=True)
class _Lines:
    """Progress where nothing can be redrawn, such as a log."""

    title: str
    total: int
    done: int = 0
    said_at: float = field(default_factory=time.monotonic)

    def advance(self, count: int) -> None:
        self.done += count
        if time.monotonic() - self.said_at >= PLAIN_SECONDS:
            self.said_at = time.monotonic()
            say(f"  {self.title}: {self.done / max(1, self.total):.0%}")


def say(text: str) -> None:
    """A line for the person, on standard error."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(title: str, total: int) -> Iterator[Advance]:
    """A step of `total` bytes, with its result as a line in the end. Yields what to call with each count."""
    begun = time.monotonic()
    if sys.stderr.isatty() and find_spec("rich"):
        with _bar(title, total) as advance:
            yield advance
    else:
        yield _Lines(title, total).advance
    seconds = time.monotonic() - begun
    say(f"✓ {title}: {size(total)} in {seconds:.0f} s, {rate(total, seconds)}")


@contextmanager
def _bar(title: str, total: int) -> Iterator[Advance]:
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("  {task.description}"),
        progress.BarColumn(),
        progress.TaskProgressColumn(),
        progress.DownloadColumn(),
        progress.TransferSpeedColumn(),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(title, total=total)
        yield lambda count: shown.advance(task, count)
