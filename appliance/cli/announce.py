"""`appliance announce TEXT`: say something in some rooms, or in all of them."""

from __future__ import annotations

import argparse
import json

from appliance.cli._running import ask_running
from appliance.supervision.lines import clean

NAME = "announce"
HELP = "say something in every room, or in those named"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The words, and where."""
    parser.add_argument("text", nargs="+", metavar="TEXT")
    parser.add_argument(
        "--room",
        action="append",
        default=[],
        metavar="NAME",
        help="a satellite, an area, or `local`; may be repeated; none is everywhere",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print where it will be said."""
    answer = ask_running(arguments, "announce", text=" ".join(arguments.text), rooms=arguments.room)
    if arguments.json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        print(f"said in: {', '.join(clean(room) for room in answer['rooms'])}")
    return 0
