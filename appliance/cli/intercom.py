"""`appliance intercom ROOM ROOM`: let two rooms hear each other."""

from __future__ import annotations

import argparse
import json

from appliance.cli._running import ask_running
from appliance.supervision.lines import clean

NAME = "intercom"
HELP = "let two rooms hear each other, or end that"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Two rooms, or one that hangs up."""
    parser.add_argument("rooms", nargs="+", metavar="ROOM", help="a satellite, an area, or `local`")
    parser.add_argument("--end", action="store_true", help="hang up (one room is enough)")


def run(arguments: argparse.Namespace) -> int:
    """Print who is connected; status 2 for a wrong number of rooms."""
    if not arguments.end and len(arguments.rooms) != 2:
        print("appliance intercom: name two rooms, or --end and one")
        return 2
    if arguments.end:
        answer = ask_running(arguments, "hang_up", room=arguments.rooms[0])
    else:
        answer = ask_running(arguments, "connect", one=arguments.rooms[0], other=arguments.rooms[1])
    if arguments.json:
        print(json.dumps(answer, ensure_ascii=False))
    elif arguments.end:
        print(f"{clean(answer['room'])} hung up")
    else:
        print(f"connected: {' and '.join(clean(room) for room in answer['connected'])}")
    return 0
