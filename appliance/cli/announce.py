"""`appliance announce TEXT`: say something in some rooms, or in all of them."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from pathlib import Path
from typing import Any

from appliance.config import load
from appliance.control import ControlClient, socket_path
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


async def _announce(path: Path, text: str, rooms: list[str]) -> dict[str, Any]:
    async with ControlClient(path) as client:
        return await client.ask("announce", text=text, rooms=rooms)


def run(arguments: argparse.Namespace) -> int:
    """Print where it will be said."""
    config = load.load(arguments.config, os.environ).config
    path = socket_path(Path(config.paths.data))
    answer = asyncio.run(_announce(path, " ".join(arguments.text), arguments.room))
    if arguments.json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        print(f"said in: {', '.join(clean(room) for room in answer['rooms'])}")
    return 0
