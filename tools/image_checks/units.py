"""No unit has failed, and nothing is still waiting to be started."""

from __future__ import annotations

from collections.abc import Iterator

from image_checks import Bench, Row

NAME = "units"
HELP = "no failed units; systemd is running, not degraded"
ORDER = 10
BOARDS = ("n100", "pi5")


def run(bench: Bench) -> Iterator[Row]:
    """Two rows."""
    bench.guest.wait_until("! systemctl is-system-running | grep -q -x -e starting -e initializing", 180)
    _, state = bench.guest.run("systemctl is-system-running")
    failed = bench.guest.says(
        "systemctl list-units --failed --plain --no-legend --no-pager | awk '{print $1}'"
    )
    names = failed.split()
    detail = "\n".join(bench.guest.run(f"systemctl status --no-pager -n 15 {name}")[1] for name in names[:5])
    yield Row("no failed units", not names, f"{len(names)} failed", detail)
    yield Row("the system is running", state.strip() == "running", state.strip())
