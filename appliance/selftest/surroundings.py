"""What a self test takes from its machine and leaves behind: memory, priority, processes."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from appliance.errors import ControlError

MAX_BYTES = 16_384
MAX_PROCESSES = 100_000
MAX_MOUNTS_BYTES = 1_048_576
OOM_SCORE = 800
"""Should memory run out after all, the kernel takes the self test, not what listens."""
NICE = 5
GONE_SECONDS = 5.0
IN_MEMORY = frozenset({"tmpfs", "ramfs"})
LOOK_SECONDS = 0.05


def available_mb(meminfo: Path = Path("/proc/meminfo")) -> float | None:
    """Memory that programs can still have; None when the kernel does not say."""
    try:
        with meminfo.open("rb") as file:
            text = file.read(MAX_BYTES).decode("ascii", "replace")
    except OSError:
        return None
    found = re.search(r"^MemAvailable:\s+(\d{1,15}) kB", text, re.MULTILINE)
    return int(found[1]) / 1024 if found else None


def folder_in_memory(places: Sequence[Path] = (), mounts: Path = Path("/proc/self/mountinfo")) -> Path:
    """Where temporary data costs the disk no write, else where it usually lies.

    Not /dev/shm and not /run: stages are shown nothing below them, and models are linked from there.
    """
    usual = Path(tempfile.gettempdir())
    try:
        with mounts.open("rb") as file:
            table = file.read(MAX_MOUNTS_BYTES).decode("utf-8", "replace")
    except OSError:
        return usual
    return next((each for each in (usual, *places) if _in_memory(each, table)), usual)


def _in_memory(place: Path, table: str) -> bool:
    """Is the mount that holds this folder one, and can we write there?"""
    kinds: dict[str, str] = {}
    for line in table.splitlines():
        left, _, right = line.partition(" - ")
        fields = left.split()
        if len(fields) > 4 and right:
            kinds[fields[4]] = right.split()[0]
    above = [str(each) for each in (place, *place.parents) if str(each) in kinds]
    return bool(above) and kinds[above[0]] in IN_MEMORY and os.access(place, os.W_OK | os.X_OK)


def step_back(proc: Path = Path("/proc/self")) -> None:
    """This process and its children go behind the running appliance, for the processor and for memory."""
    with contextlib.suppress(OSError):  # already as far back as that
        os.nice(NICE)
    with contextlib.suppress(OSError):  # a container may not let us; memory was looked at before
        (proc / "oom_score_adj").write_text(str(OOM_SCORE))


@contextlib.contextmanager
def alone(data: Path) -> Iterator[None]:
    """Only one self test of this appliance at a time. Raises ControlError; nothing is written."""
    try:
        folder = os.open(data, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        yield  # nothing to test there, which its first row says
        return
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(folder)
        raise ControlError("a self test of this appliance is running already", "wait for its end") from None
    except OSError as error:
        os.close(folder)
        raise ControlError(
            f"{data} cannot be locked: {error.strerror}", "set paths.data to a local disk"
        ) from error
    try:
        yield
    finally:
        os.close(folder)


def descendants(root: int, proc: Path = Path("/proc")) -> set[int]:
    """All processes below this one that still run."""
    parents: dict[int, int] = {}
    for process in islice(proc.iterdir(), MAX_PROCESSES):
        if process.name.isdecimal() and (parent := _parent(process)) is not None:
            parents[int(process.name)] = parent
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {root}


def _parent(process: Path) -> int | None:
    """None for one that is gone, or only waits to be buried."""
    try:
        with (process / "stat").open("rb") as file:
            fields = file.read(MAX_BYTES).rpartition(b")")[2].split()
    except OSError:
        return None
    return int(fields[1]) if len(fields) > 1 and fields[0] not in {b"Z", b"X"} else None


async def still_running(before: set[int]) -> set[int]:
    """Children that were not there before and do not end within some seconds."""
    deadline = asyncio.get_running_loop().time() + GONE_SECONDS
    left = descendants(os.getpid()) - before
    while left and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(LOOK_SECONDS)
        left = descendants(os.getpid()) - before
    return left
