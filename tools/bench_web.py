"""How long answers of the HTTP API take for a client on the same machine; started by tools/bench-web."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.web.routes.served import Served

PATHS = ("/healthz", "/health", "/metrics", "/api/health/history", "/api/setup", "/api/devices", "/voices")
GOALS_MS = {"/health": 10.0, "/metrics": 10.0}


def measured(served: Served, path: str, times: int) -> list[float]:
    """Milliseconds of each answer, the shortest first; one connection, kept alive."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        served.http.get(path).raise_for_status()
        found.append((time.perf_counter() - began) * 1000)
    return sorted(found)


def main() -> int:
    """1 when a goal was missed."""
    parser = argparse.ArgumentParser(prog="tools/bench-web", description=__doc__)
    parser.add_argument("--times", type=int, default=200, help="requests of each path")
    times = parser.parse_args().times
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        served = Served(Path(folder))
        try:
            served.until_up()
            for path in PATHS:
                ms = measured(served, path, times)
                middle, late = ms[len(ms) // 2], ms[int(len(ms) * 0.95)]
                goal = GOALS_MS.get(path)
                missed += goal is not None and middle > goal
                print(
                    f"{path:<22} p50 {middle:6.1f} ms   p95 {late:6.1f} ms"
                    + (f"   goal {goal:g}" if goal else "")
                )
        finally:
            served.close()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
