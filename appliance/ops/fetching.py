"""`python -m appliance.ops.fetching`: one fetch of models, in a process of its own.

The running appliance starts it: downloads and archives never come near the supervisor. It reads `Order` as
JSON from standard input and writes one JSON object a line: `{"name", "done", "total"}` as it goes on, then
`{"fetched": […]}` or `{"error", "hint"}`.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import msgspec

from appliance.config.model import Config
from appliance.errors import ApplianceError
from appliance.ops.install import Fetcher

MAX_ORDER_BYTES = 1024 * 1024
REPORT_SECONDS = 0.25


class Order(msgspec.Struct, frozen=True):
    """What to fetch, for which configuration."""

    config: Config
    names: tuple[str, ...]
    trust_first: bool = False


def say(what: dict[str, Any]) -> None:
    """One line."""
    sys.stdout.write(msgspec.json.encode(what).decode() + "\n")
    sys.stdout.flush()


class Reporter:
    """Progress, a few times a second."""

    def __init__(self) -> None:
        self._last: tuple[str, float] = ("", 0.0)

    def update(self, name: str, done: int, total: int) -> None:
        """As `install.Progress`."""
        now = time.monotonic()
        if name == self._last[0] and done < total and now - self._last[1] < REPORT_SECONDS:
            return
        self._last = (name, now)
        say({"name": name, "done": done, "total": total})


def main() -> int:
    """The exit status."""
    try:
        order = msgspec.json.decode(sys.stdin.buffer.read(MAX_ORDER_BYTES), type=Order)
        fetcher = Fetcher(order.config, Reporter().update, trust_first=order.trust_first)
        fetched = fetcher.fetch(order.names)
    except msgspec.DecodeError as error:
        say({"error": f"no order to fetch: {error}", "hint": "the appliance starts this itself"})
        return 2
    except ApplianceError as error:
        say({"error": error.message, "hint": error.hint})
        return 1
    say({"fetched": [msgspec.to_builtins(each) for each in fetched]})
    return 0


if __name__ == "__main__":
    sys.exit(main())
