"""`python -m appliance.stages NAME FD`: the process of one stage, started only by the supervisor."""

from __future__ import annotations

import importlib
import signal
import socket
import sys

from appliance.stages.loop import serve
from appliance.wire.channel import StageChannel
from appliance.wire.messages import STAGE_NAMES


def main(arguments: list[str]) -> int:
    """Serve the named stage on the inherited socket."""
    if len(arguments) != 2 or arguments[0] not in STAGE_NAMES or not arguments[1].isdecimal():
        print(f"usage: python -m appliance.stages {{{','.join(STAGE_NAMES)}}} FD", file=sys.stderr)
        return 2
    name, number = arguments
    # Ctrl+C in a terminal reaches the whole group; only the supervisor decides when a stage ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sock = socket.socket(fileno=int(number))
    stage = importlib.import_module(f"appliance.stages.{name}").STAGE()
    return serve(StageChannel(sock, name), stage)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
