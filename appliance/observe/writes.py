"""How much is written to the disk that holds the data, and whether it still can be.

The kernel counts every sector of a partition (`/sys/dev/block/*/stat`): files, journals of the filesystem,
other programs. That is what wears the disk; what our own programs asked for is less (`own_bytes`).
"""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from appliance.observe import machine

MAX_BYTES = 65_536
SECTOR_BYTES = 512
MB = 1_000_000.0
DAY_SECONDS = 86_400.0
HOUR_SECONDS = 3_600.0
EVERY_SECONDS = 300.0
"""A sample that comes sooner after the one before only replaces the newest."""
KEPT = 290
"""A day of samples, and a little more."""
SHORTEST_SECONDS = 600.0
"""Below it no pace is told: the first minutes after a start say nothing of a day."""
TRY_SECONDS = 900.0
RETRY_SECONDS = 30.0
PROBLEM = Path("/run/appliance-problems/data")
"""Made by the image's initrd when the data partition could not be used: what is written now is lost."""


class Pace(msgspec.Struct, frozen=True):
    """What is written; None is not known yet."""

    mb_per_day: float | None = None
    """From the last day, or what there is of it."""
    idle_mb_per_day: float | None = None
    """From its quietest hour."""
    hours: float = 0.0
    """How long was looked at."""
    total_mb: float | None = None
    """Since the start of the machine."""


class Writes:
    """Fed with the counter at any pace."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque(maxlen=KEPT)

    def take(self, total_bytes: int | None, now: float) -> Pace:
        """The pace after this reading at `now` (seconds of a monotonic clock)."""
        samples = self._samples
        if total_bytes is None:
            return pace(samples)
        if samples and total_bytes < samples[-1][1]:
            samples.clear()  # another disk, or a counter that began anew
        if len(samples) > 1 and samples[-1][0] - samples[-2][0] < EVERY_SECONDS:
            samples.pop()
        samples.append((now, total_bytes))
        while now - samples[0][0] > DAY_SECONDS:
            samples.popleft()
        return pace(samples)


def pace(samples: Iterable[tuple[float, int]]) -> Pace:
    """What these (seconds, bytes in all) say, oldest first. Pure."""
    points = list(samples)
    if not points:
        return Pace()
    (first_s, first), (last_s, last) = points[0], points[-1]
    seconds = last_s - first_s
    total_mb = last / MB
    if seconds < SHORTEST_SECONDS:
        return Pace(hours=seconds / HOUR_SECONDS, total_mb=total_mb)
    whole = _per_day(last - first, seconds)
    hours = [
        _per_day(b - a, b_s - a_s)
        for (a_s, a), (b_s, b) in zip(points, points[int(HOUR_SECONDS / EVERY_SECONDS) :], strict=False)
    ]
    return Pace(whole, min([*hours, whole]), seconds / HOUR_SECONDS, total_mb)


def _per_day(amount: int, seconds: float) -> float:
    return round(amount / MB * DAY_SECONDS / max(seconds, 1.0), 2)


# --- what the kernel counts -----------------------------------------------------------------------------


def disk_bytes(folder: Path, root: Path = Path("/")) -> int | None:
    """Bytes written since the machine started to the partition that holds `folder`; None without one."""
    try:
        device = folder.stat().st_dev
    except OSError:
        return None
    return sectors(_text(root / f"sys/dev/block/{os.major(device)}:{os.minor(device)}/stat"))


def sectors(stat: str) -> int | None:
    """Bytes written, of a block device's `stat` (Documentation/block/stat.rst: the seventh number)."""
    fields = stat.split()
    if len(fields) < 7 or not re.fullmatch(r"\d{1,18}", fields[6]):
        return None
    return int(fields[6]) * SECTOR_BYTES


def own_bytes(pids: Iterable[int], proc: Path = Path("/proc")) -> int:
    """Bytes that these processes caused to be written since each began; those that are gone count nothing."""
    return sum(written(_text(proc / str(pid) / "io")) for pid in pids)


def written(io: str) -> int:
    """`write_bytes` of a /proc/PID/io."""
    found = re.search(r"^write_bytes: (\d{1,18})$", io, re.MULTILINE)
    return int(found[1]) if found else 0


def group_bytes(io_stat: str) -> int:
    """Bytes written by a control group to all disks, of its `io.stat`."""
    return sum(map(int, re.findall(r"\bwbytes=(\d{1,18})\b", io_stat[:MAX_BYTES])))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES).decode("ascii", "replace")
    except OSError:
        return ""


# --- can it still be written? ---------------------------------------------------------------------------


class Store:
    """Tells whether the data directory can be written; makes a file to find out only now and then.

    A file that is made and removed costs the disk a write of the filesystem's journal each time.
    """

    def __init__(
        self, data: Path, attempt: Callable[[Path], bool] | None = None, problem: Path = PROBLEM
    ) -> None:
        self._data = data
        self._problem = problem
        self._attempt = attempt or machine.writable
        self._tried: float | None = None
        self._worked = True

    def writable(self, now: float) -> bool:
        """At `now`, in seconds of a monotonic clock; it is at once seen when it is gone or read-only."""
        if self._problem.exists() or not mounted_writable(self._data):
            self._worked, self._tried = False, None
            return False
        every = TRY_SECONDS if self._worked else RETRY_SECONDS
        if self._tried is None or now - self._tried >= every:
            self._tried, self._worked = now, self._attempt(self._data)
        return self._worked


def mounted_writable(folder: Path) -> bool:
    """Is it there, mounted for writing, ours, and with a block left? Nothing is written."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    read_only = bool(disk.f_flag & os.ST_RDONLY)
    return not read_only and disk.f_bavail > 0 and os.access(folder, os.W_OK | os.X_OK)
