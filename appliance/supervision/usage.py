"""Memory and tasks of a process and all its descendants, read from /proc; for where cgroups do not count."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from appliance.config.model import Limits
from appliance.supervision.cgroup import MIB
from appliance.supervision.sandbox import tasks_max

MAX_FILE_BYTES = 64 * 1024
MAX_PROCESSES = 2_048
"""A fork bomb is over its limit long before; no use in walking on."""
COUNTED_KB = (b"RssAnon:", b"RssShmem:", b"VmSwap:")
"""Not RssFile: the kernel takes the pages of a mapped model back whenever it wants."""


class Usage(msgspec.Struct, frozen=True):
    """What a sandbox uses now; `tasks` counts processes and threads."""

    memory_bytes: int
    tasks: int


def descendants(pid: int, proc: Path = Path("/proc")) -> list[int]:
    """The process and everything below it, oldest first; a process that ends meanwhile is left out."""
    found = [pid]
    for parent in found:
        if len(found) >= MAX_PROCESSES:
            break
        found += _children(parent, proc)
    return found


def _children(pid: int, proc: Path) -> list[int]:
    folder = f"{proc}/{pid}/task"
    try:
        threads = os.listdir(folder)  # noqa: PTH208 four times a second for every stage: pathlib costs half of it
    except OSError:
        return []
    return [int(child) for thread in threads for child in _read(f"{folder}/{thread}/children").split()]


def _read(name: str) -> bytes:
    """A small file of /proc; empty when its process is gone."""
    try:
        number = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(number, MAX_FILE_BYTES)
    except OSError:
        return b""
    finally:
        os.close(number)


def measure(pid: int, proc: Path = Path("/proc")) -> Usage:
    """Sum over the process and its descendants."""
    memory_kb = tasks = 0
    for process in descendants(pid, proc):
        for line in _read(f"{proc}/{process}/status").splitlines():
            if line.startswith(COUNTED_KB):
                memory_kb += _number(line)
            elif line.startswith(b"Threads:"):
                tasks += _number(line)
    return Usage(memory_kb * 1024, tasks)


def excess(used: Usage, limits: Limits) -> str:
    """A sentence when a limit is exceeded, else empty."""
    if used.memory_bytes > limits.memory_max_mb * MIB:
        return f"used {used.memory_bytes // MIB} MB of memory, its limit is {limits.memory_max_mb} MB"
    if used.tasks > tasks_max(limits):
        return f"ran {used.tasks} processes and threads, its limit is {limits.pids_max}"
    return ""


def _number(line: bytes) -> int:
    return int(line.split()[1])


def innermost(pid: int, proc: Path = Path("/proc")) -> int:
    """The stage itself: below `bwrap` and its init there is one process; without them it is `pid`.

    A stage may have helpers of its own, so at most two levels are taken.
    """
    for _ in range(2):
        children = _children(pid, proc) if _name(pid, proc) == b"bwrap" else []
        if not children:
            break
        pid = children[0]
    return pid


def _name(pid: int, proc: Path) -> bytes:
    return _read(f"{proc}/{pid}/comm").strip()


def cpu_seconds(pid: int, proc: Path = Path("/proc")) -> float | None:
    """Processor time that a process has used so far, in all its threads; None when it is gone."""
    fields = _read(f"{proc}/{pid}/stat").rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if len(fields) > 12 else None
