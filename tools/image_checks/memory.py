"""Memory in use once it listens, engines loaded: what is neither free nor cache that can be given back."""

from __future__ import annotations

from collections.abc import Iterator

from image_checks import Bench, Row

NAME = "memory"
HELP = "memory used after boot, listening, with the offline engines: at most 600 MB"
ORDER = 40
BOARDS = ("n100", "pi5")
LIMIT_MB = 600


def used_mb(meminfo: str) -> int:
    """MemTotal less MemAvailable, in MB of 10⁶ bytes, from the text of /proc/meminfo."""
    kib = {line.split(":")[0]: int(line.split()[1]) for line in meminfo.splitlines() if ":" in line}
    return round((kib["MemTotal"] - kib["MemAvailable"]) * 1024 / 1e6)


def run(bench: Bench) -> Iterator[Row]:
    """One row, and what each service takes."""
    used = used_mb(bench.guest.says("cat /proc/meminfo"))
    yield Row(
        f"memory used ≤ {LIMIT_MB} MB",
        used <= LIMIT_MB,
        f"{used} MB",
        bench.guest.run("systemd-cgtop -b -n 1 -m --raw | head -n 25")[1],
    )
    own = bench.guest.says("cat /sys/fs/cgroup/system.slice/appliance.service/memory.current").strip()
    yield Row("the appliance's own control group", True, f"{int(own) / 1e6:.0f} MB with its file cache")
