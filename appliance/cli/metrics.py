"""`appliance metrics`: the figures of the running appliance, as Prometheus reads them."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from pathlib import Path
from typing import Any

from appliance.config import load
from appliance.control import ControlClient, socket_path

NAME = "metrics"
HELP = "print latencies, counts, memory and states as Prometheus reads them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which of them."""
    parser.add_argument("prefix", nargs="?", default="", help="only metrics whose name begins so")


async def _fetch(path: Path, form: str) -> dict[str, Any]:
    async with ControlClient(path) as client:
        return await client.ask("metrics", form=form)


def chosen(text: str, prefix: str) -> list[str]:
    """Lines of the text about metrics whose name begins with `prefix`."""
    return [line for line in text.splitlines() if _name(line).startswith(prefix)]


def _name(line: str) -> str:
    """Of `# HELP name …`, `# TYPE name …`, `name{…} 1` and `name 1`."""
    words = line.split(maxsplit=3)
    return words[2] if line.startswith("#") and len(words) > 2 else line


def run(arguments: argparse.Namespace) -> int:
    """Print them."""
    config = load.load(arguments.config, os.environ).config
    form = "samples" if arguments.json else "text"
    answer = asyncio.run(_fetch(socket_path(Path(config.paths.data)), form))
    if arguments.json:
        for sample in answer["samples"]:
            if sample["name"].startswith(arguments.prefix):
                print(json.dumps(sample))
    else:
        for line in chosen(answer["text"], arguments.prefix):
            print(line)
    return 0
