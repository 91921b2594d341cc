"""It says that it listens, every stage is ready and confined, and how long that took."""

from __future__ import annotations

import json
from collections.abc import Iterator

from image_checks import Bench, Row

NAME = "listening"
HELP = "`appliance status`: listening, all stages ready, sandbox full"
ORDER = 0
BOARDS = ("n100", "pi5")


def run(bench: Bench) -> Iterator[Row]:
    """One row a fact of the status."""
    _, text = bench.guest.run("runuser -u appliance -- appliance status --json")
    if "{" not in text:
        yield Row("`appliance status` answers", False, "", text)
        return
    status = json.loads(text[text.index("{") :].strip().splitlines()[0])
    stages = {stage["name"]: stage["state"] for stage in status["stages"]}
    late = [name for name, state in stages.items() if state != "ready"]
    yield Row(
        "it listens",
        bool(status["listening"]),
        f"{bench.seconds_to_listening:.0f} s after the kernel started",
    )
    yield Row("every stage is ready", not late, ", ".join(stages), text)
    yield Row(
        "the sandbox is complete",
        status["sandbox"]["level"] == "full",
        status["sandbox"]["level"],
        str(status["sandbox"]),
    )
    yield Row(
        "its broker answers",
        bool(status["mqtt"]["connected"]),
        f"{status['mqtt']['host']}:{status['mqtt']['port']}",
        str(status["mqtt"]),
    )
