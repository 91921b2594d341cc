"""Nothing tries to write to the read-only root.

The kernel has noted every system call that ended with EROFS since the first services started; a program that
keeps quiet about it is found as well as one that complains in the journal.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from image_observing import TRACING

from image_checks import Bench, Row

NAME = "writes"
HELP = "no program has tried to write to the read-only root"
ORDER = 15
PROBE = "python: mkdir"
"""The appliance tries out, before it trusts a sandbox, that nobody in it can write: supervision/launch.py."""
LINE = re.compile(r"^\s*(?P<program>.+?)-(?P<pid>\d+)\s+\[\d+\].*?sys_(?P<call>\w+)")


def attempts(trace: str) -> Counter[str]:
    """Program and call → how often, from the text of the kernel's trace."""
    found = (LINE.match(line) for line in trace.splitlines() if not line.startswith("#"))
    return Counter(f"{match['program']}: {match['call']}" for match in found if match)


def run(bench: Bench) -> Iterator[Row]:
    """Two rows: what the kernel refused, and what programs said."""
    tried = attempts(bench.guest.says(f"cat {TRACING}/trace"))
    probes = tried.pop(PROBE, 0)
    lines = [f"{count} × {what}" for what, count in sorted(tried.items())]
    yield Row(
        "the kernel has refused no write to the root",
        not tried,
        f"{sum(tried.values())} tries, {probes} probes of sandboxes",
        "\n".join(lines),
    )
    words = "-e 'Read-only file system' -e EROFS -e '[Ee]rrno 30'"
    _, text = bench.guest.run(f"journalctl -b -q --no-pager -o short-monotonic | grep {words}")
    said = [line for line in text.splitlines() if line.strip()]
    yield Row("no complaint about it in the journal", not said, f"{len(said)} lines", "\n".join(said[:20]))
