"""`appliance intercom ROOM ROOM`: let two rooms hear each other."""

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

NAME = "intercom"
HELP = "let two rooms hear each other, or end that"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Two rooms, or one that hangs up."""
    parser.add_argument("rooms", nargs="+", metavar="ROOM", help="a satellite, an area, or `local`")
    parser.add_argument("--end", action="store_true", help="hang up (one room is enough)")


async def _call(path: Path, rooms: list[str], end: bool) -> dict[str, Any]:
    async with ControlClient(path) as client:
        if end:
            return await client.ask("hang_up", room=rooms[0])
        return await client.ask("connect", one=rooms[0], other=rooms[1])


def run(arguments: argparse.Namespace) -> int:
    """Print who is connected; status 2 for a wrong number of rooms."""
    if not arguments.end and len(arguments.rooms) != 2:
        print("appliance intercom: name two rooms, or --end and one")
        return 2
    config = load.load(arguments.config, os.environ).config
    answer = asyncio.run(_call(socket_path(Path(config.paths.data)), arguments.rooms, arguments.end))
    if arguments.json:
        print(json.dumps(answer, ensure_ascii=False))
    elif arguments.end:
        print(f"{clean(answer['room'])} hung up")
    else:
        print(f"connected: {' and '.join(clean(room) for room in answer['connected'])}")
    return 0
