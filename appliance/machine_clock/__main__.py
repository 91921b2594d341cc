"""`python -m appliance.machine_clock forward|save`: what the units appliance-clock*.service do."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from appliance.errors import ApplianceError
from appliance.machine_clock import keeping

USAGE = "usage: python -m appliance.machine_clock forward|save   (at boot; from then on and at shutdown)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 1 with a sentence when it could not be done; the machine starts all the same."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given not in (["forward"], ["save"]):
        print(USAGE, file=sys.stdout if "--help" in given else sys.stderr)
        return 0 if "--help" in given else 2
    try:
        print(_forward() if given == ["forward"] else _save())
    except ApplianceError as error:
        print(f"appliance: {error}", file=sys.stderr)
        return 1
    return 0


def _forward() -> str:
    start = keeping.forward()
    if start.kept_time:
        return "the clock is not behind any known time"
    return f"the clock was at {_shown(start.found_s)}: set to {_shown(start.wall_s)} ({start.source})"


def _save() -> str:
    note = keeping.save()
    return "nothing new to write down" if note is None else f"written down: {_shown(note.wall_s)}"


def _shown(wall_s: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(wall_s))


if __name__ == "__main__":
    sys.exit(main())
