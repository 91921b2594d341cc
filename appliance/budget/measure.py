"""What a part really uses: its control group where it has one, else its processes. Reads /proc and cgroupfs.

    group    memory.current and memory.peak, without the part of the page cache that nobody used lately
    pss      proportional memory: pages shared by several processes are counted once in all
    rss      where the kernel does not show that: what lies in memory, shared or not

A process that ended meanwhile counts nothing. Every read is bounded; nothing raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from appliance.supervision.usage import descendants

Source = Literal["group", "pss", "rss"]
MB = 1024 * 1024
MAX_BYTES = 65_536
PROC = Path("/proc")


class Measured(msgspec.Struct, frozen=True):
    """One part; None is not known."""

    now_mb: float
    peak_mb: float | None = None
    """The most since it started, as the kernel counted it."""
    source: Source = "pss"


def text(path: Path) -> str:
    """The beginning of a small file; empty when there is none."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES).decode("ascii", "replace")
    except OSError:
        return ""


def group(path: Path) -> Measured | None:
    """A control group of version 2; None without the memory controller."""
    now = _number(text(path / "memory.current"))
    if now is None:
        return None
    cold = _field(text(path / "memory.stat"), "inactive_file", 1) or 0
    peak = _number(text(path / "memory.peak"))
    used = max(0, now - cold)
    return Measured(_mb(used), None if peak is None else _mb(max(peak, used)), "group")


def process(pid: int, proc: Path = PROC) -> Measured | None:
    """One process; None when it is gone."""
    status = text(proc / str(pid) / "status")
    rss = _field(status, "VmRSS")
    if rss is None:
        return None
    peak = _field(status, "VmHWM")
    pss = _field(text(proc / str(pid) / "smaps_rollup"), "Pss")
    now, source = (rss, "rss") if pss is None else (pss, "pss")
    # The kernel keeps the peak of the resident memory alone; what is shared now was shared then.
    shared = rss - now
    most = None if peak is None else max(now, peak - shared)
    return Measured(_mb(now), None if most is None else _mb(most), "pss" if source == "pss" else "rss")


def tree(pid: int, proc: Path = PROC) -> Measured | None:
    """A process and everything below it."""
    return together(process(each, proc) for each in descendants(pid, proc))


def together(parts: Iterable[Measured | None]) -> Measured | None:
    """The sum; None of nothing."""
    found = [part for part in parts if part is not None]
    if not found:
        return None
    peaks = [part.peak_mb for part in found]
    peak = None if None in peaks else round(sum(each for each in peaks if each is not None), 1)
    sources = {part.source for part in found}
    return Measured(
        round(sum(part.now_mb for part in found), 1), peak, "rss" if "rss" in sources else found[0].source
    )


def stage(status: Mapping[str, Any], proc: Path = PROC) -> Measured | None:
    """A stage as `appliance status` shows it; None when it has no process."""
    pid, folder = status.get("pid"), str(status.get("cgroup") or "")
    if not isinstance(pid, int) or isinstance(pid, bool) or pid <= 0:
        return None
    counted = group(Path(folder)) if folder.startswith("/sys/fs/cgroup/") else None
    return tree(pid, proc) if counted is None else counted


def _number(content: str) -> int | None:
    content = content.strip()
    return int(content) if content.isdecimal() and len(content) < 20 else None


def _field(content: str, name: str, scale: int = 1024) -> int | None:
    """Bytes of `name: 123 kB` or `name 123`."""
    found = re.search(rf"^{name}:?\s+(\d{{1,18}})", content, re.MULTILINE)
    return int(found[1]) * scale if found else None


def _mb(count: int) -> float:
    return round(count / MB, 1)


MAX_WALLS = 4
"""Processes between a stage and the supervisor."""


def supervisor_of(pid: int, proc: Path = PROC) -> int | None:
    """The process that started this stage, outside its walls; None when it is gone."""
    for _ in range(MAX_WALLS):
        found = re.search(r"^PPid:\s+(\d{1,10})", text(proc / str(pid) / "status"), re.MULTILINE)
        pid = int(found[1]) if found else 0
        if pid <= 1:
            return None
        line = text(proc / str(pid) / "cmdline")
        if line and "appliance.stages" not in line:
            return pid
    return None


OTHERS = {"mosquitto": "broker", "appliance.web": "web"}
"""What a command line holds → the part that it is."""


def others(root: int, stages: Iterable[int | None], proc: Path = PROC) -> dict[str, Measured]:
    """The supervisor itself, its broker, the web process; everything else below it is left out."""
    staged = {each for pid in stages if pid for each in descendants(pid, proc)}
    own = process(root, proc)
    found: dict[str, Measured] = {} if own is None else {"supervisor": own}
    for pid in descendants(root, proc)[1:]:
        line = text(proc / str(pid) / "cmdline")
        name = next((part for word, part in OTHERS.items() if word in line), "")
        part = process(pid, proc) if name and pid not in staged else None
        summed = together([found.get(name), part]) if part is not None else None
        if summed is not None:
            found[name] = summed
    return found
