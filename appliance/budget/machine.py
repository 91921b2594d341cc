"""What this machine is: model, cores, memory, and the limit around us. Reads are bounded; nothing raises."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

MAX_BYTES = 16_384
MAX_CHARS = 80
MB = 1024 * 1024
ROOT = Path("/")
MODEL_FILES = ("proc/device-tree/model", "sys/class/dmi/id/product_name", "sys/class/dmi/id/board_name")
"""The first that says something; mini-PCs often have only the name of the board."""
NOTHING_SAID = frozenset({"", "default string", "to be filled by o.e.m.", "system product name", "none"})


class Hardware(msgspec.Struct, frozen=True):
    """One machine; what is not known is empty or 0."""

    model: str
    processor: str
    cores: int
    memory_mb: int
    """Of the machine, or the limit around us, if that is less."""
    architecture: str
    limited: bool = False
    """Is `memory_mb` such a limit?"""


def look(root: Path = ROOT) -> Hardware:
    """This machine."""
    total, limit = total_mb(root), limit_mb(root)
    limited = limit is not None and (not total or limit < total)
    names = (_name(text(root / file)) for file in MODEL_FILES)
    return Hardware(
        model=next((name for name in names if name.lower() not in NOTHING_SAID), ""),
        processor=_processor(text(root / "proc/cpuinfo")),
        cores=len(os.sched_getaffinity(0)),
        memory_mb=limit if limited and limit is not None else total,
        architecture=platform.machine().lower(),
        limited=limited,
    )


def memory_mb(root: Path = ROOT) -> int:
    """What we may use at most; 0 when that is not known."""
    return min(filter(None, (total_mb(root), limit_mb(root))), default=0)


def total_mb(root: Path = ROOT) -> int:
    """Of the machine; 0 when the kernel does not say."""
    found = re.search(r"^MemTotal:\s+(\d{1,15}) kB", text(root / "proc/meminfo"), re.MULTILINE)
    return int(found[1]) // 1024 if found else 0


def limit_mb(root: Path = ROOT) -> int | None:
    """The least limit of the control groups around us, of version 2; None without one."""
    own = next(
        (line[3:] for line in text(root / "proc/self/cgroup").splitlines() if line[:4] == "0::/"), None
    )
    if own is None:
        return None
    limits = [int(content) // MB for content in _limits(root / "sys/fs/cgroup", own) if content.isdecimal()]
    return min(limits, default=None)


def _limits(mount: Path, own: str) -> Iterator[str]:
    for part in (Path(own), *Path(own).parents):
        yield text(mount / str(part).lstrip("/") / "memory.max").strip()


def _processor(cpuinfo: str) -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
    return _name(found[1]) if found else ""


def _name(content: str) -> str:
    """One line of what can be printed."""
    return " ".join("".join(each if each.isprintable() else " " for each in content).split())[:MAX_CHARS]


def text(path: Path) -> str:
    """The beginning of a file; empty when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
