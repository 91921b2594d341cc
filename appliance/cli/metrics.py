"""`appliance metrics`: the figures of the running appliance, as Prometheus reads them."""

from __future__ import annotations

import argparse
import json

from appliance.cli._running import ask_running

NAME = "metrics"
HELP = "print latencies, counts, memory and states as Prometheus reads them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which of them."""
    parser.add_argument("prefix", nargs="?", default="", help="only metrics whose name begins so")


def chosen(text: str, prefix: str) -> list[str]:
    """Lines of the text about metrics whose name begins with `prefix`."""
    return [line for line in text.splitlines() if _name(line).startswith(prefix)]


def _name(line: str) -> str:
    """Of `# HELP name …`, `# TYPE name …`, `name{…} 1` and `name 1`."""
    words = line.split(maxsplit=3)
    return words[2] if line.startswith("#") and len(words) > 2 else line


def run(arguments: argparse.Namespace) -> int:
    """Print them."""
    form = "samples" if arguments.json else "text"
    answer = ask_running(arguments, "metrics", form=form)
    if arguments.json:
        for sample in answer["samples"]:
            if sample["name"].startswith(arguments.prefix):
                print(json.dumps(sample))
    else:
        for line in chosen(answer["text"], arguments.prefix):
            print(line)
    return 0
