"""Temperature, disk and memory of this machine; what it does not have is None. Every read is bounded."""

from __future__ import annotations

import os
import re
from pathlib import Path

import msgspec

MAX_BYTES = 16_384
MAX_SENSORS = 64
MB = 1024 * 1024
COLDEST_C, HOTTEST_C = -60.0, 200.0
PROCESSOR_SENSORS = ("cpu", "soc", "x86_pkg", "coretemp", "k10temp", "acpitz")
"""Names of thermal zones, the best first."""
PROBE = ".writable"


class Machine(msgspec.Struct, frozen=True):
    """One look."""

    temperature_c: float | None = None
    disk_free_mb: float | None = None
    disk_percent: float | None = None
    memory_percent: float | None = None
    memory_pressure_percent: float | None = None
    """Share of the last minute in which something waited for memory."""
    memory_mb: float | None = None
    """In use, and could not be given back."""
    load: float | None = None
    """What works or waits to, averaged over a minute; the number of processors is all that fits."""


def look(data: Path, root: Path = Path("/")) -> Machine:
    """How this machine is doing; `root` is where its /proc and /sys are. Never raises."""
    free, used = disk(data)
    return Machine(
        temperature_c=temperature(root / "sys/class/thermal"),
        disk_free_mb=free,
        disk_percent=used,
        memory_percent=memory(root / "proc/meminfo"),
        memory_mb=memory_used(root / "proc/meminfo"),
        load=load(root / "proc/loadavg"),
        memory_pressure_percent=pressure(root / "proc/pressure/memory"),
    )


def _text(path: Path) -> str:
    """The beginning of a file; empty when there is none, or the kernel does not give it."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def temperature(zones: Path) -> float | None:
    """Of the processor, in °C."""
    found: list[tuple[int, float]] = []
    for number in range(MAX_SENSORS):
        zone = zones / f"thermal_zone{number}"
        if not zone.is_dir():
            break
        name = _text(zone / "type").strip().lower()
        rank = next((i for i, each in enumerate(PROCESSOR_SENSORS) if each in name), len(PROCESSOR_SENSORS))
        celsius = _number(_text(zone / "temp"))
        if celsius is not None and COLDEST_C <= celsius / 1000 <= HOTTEST_C:
            found.append((rank, celsius / 1000))
    return min(found)[1] if found else None


def disk(folder: Path) -> tuple[float | None, float | None]:
    """(free MB, used %) of the disk below `folder`."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return None, None
    if not disk.f_blocks:
        return None, None
    return disk.f_bavail * disk.f_frsize / MB, 100.0 * (1.0 - disk.f_bavail / disk.f_blocks)


def _memory_kb(meminfo: Path) -> tuple[int, int] | None:
    """(total, in use)."""
    values = {
        name: int(kilobytes)
        for name, kilobytes in re.findall(
            r"^(MemTotal|MemAvailable):\s+(\d{1,15}) kB", _text(meminfo), re.MULTILINE
        )
    }
    total, available = values.get("MemTotal", 0), values.get("MemAvailable")
    if not total or available is None or available > total:
        return None
    return total, total - available


def memory(meminfo: Path) -> float | None:
    """Share of the memory that is in use and could not be given back, in %."""
    found = _memory_kb(meminfo)
    return None if found is None else 100.0 * found[1] / found[0]


def memory_used(meminfo: Path) -> float | None:
    """The same, in MB."""
    found = _memory_kb(meminfo)
    return None if found is None else found[1] / 1024


def load(loadavg: Path) -> float | None:
    """The kernel's average of the last minute."""
    found = re.match(r"(\d{1,6}\.\d{1,6}) ", _text(loadavg))
    return float(found[1]) if found else None


def pressure(file: Path) -> float | None:
    """The kernel's `some avg60`, in %."""
    found = re.search(r"^some .*?\bavg60=(\d{1,3}(?:\.\d{1,6})?)", _text(file), re.MULTILINE)
    return min(100.0, float(found[1])) if found else None


def writable(data: Path) -> bool:
    """Can a file be made in the data directory? It is gone before it costs the card a write."""
    probe = data / PROBE
    try:
        with os.fdopen(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(b"1")
        probe.unlink()
    except OSError:
        return False
    return True


def _number(text: str) -> float | None:
    text = text.strip()
    return float(text) if re.fullmatch(r"-?\d{1,9}", text) else None
