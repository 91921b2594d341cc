"""How short memory is, as the kernel says: of a control group, of the machine, or by what is available."""

from __future__ import annotations

import re
from pathlib import Path

from appliance.budget.relief import Pressure

MAX_BYTES = 4_096
ROOT = Path("/")


def look(given: str, group: str, root: Path = ROOT) -> Pressure:
    """`given` is a file in the kernel's format to look at alone, `group` our control group; either may be "".

    The worse of group and machine counts: what other programs take is missing here, too. Never raises.
    """
    if given:
        return Pressure(stalled(Path(given)), None, given)
    files = [Path(group) / "memory.pressure"] if group else []
    files.append(root / "proc/pressure/memory")
    found = [(percent, str(file)) for file in files if (percent := stalled(file)) is not None]
    if found:
        percent, source = max(found)
        return Pressure(percent, None, source)
    meminfo = root / "proc/meminfo"
    return Pressure(None, available(meminfo), str(meminfo))


def stalled(file: Path) -> float | None:
    """`some avg10` of a pressure file, in %; None when there is no such file, or it says something else."""
    found = re.search(r"^some (?:.* )?avg10=(\d{1,3}(?:\.\d{1,6})?)(?:\s|$)", text(file), re.MULTILINE)
    return min(100.0, float(found[1])) if found else None


def available(meminfo: Path) -> float | None:
    """Share of the memory that is available, in %."""
    rows = re.findall(r"^(MemTotal|MemAvailable):\s+(\d{1,15}) kB", text(meminfo), re.MULTILINE)
    values = {name: int(kilobytes) for name, kilobytes in rows}
    total, free = values.get("MemTotal", 0), values.get("MemAvailable")
    if not total or free is None or free > total:
        return None
    return 100.0 * free / total


def text(file: Path) -> str:
    """The beginning of a file; empty when it cannot be read."""
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES).decode("ascii", "replace")
    except OSError:
        return ""
