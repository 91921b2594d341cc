"""`appliance ask TEXT`: a sentence to the running appliance, as if it had been heard."""

from __future__ import annotations

import argparse
import json

from appliance.cli._running import ask_running
from appliance.supervision.lines import clean

NAME = "ask"
MAX_SHOWN = 4_000
HELP = "give the running appliance a sentence, as if it had been heard"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The sentence."""
    parser.add_argument("text", nargs="+", metavar="TEXT")


def run(arguments: argparse.Namespace) -> int:
    """Print the answer; status 1 when a deed was not confirmed."""
    answer = ask_running(arguments, "ask", text=" ".join(arguments.text))
    if arguments.json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        print(clean(answer["answer"], MAX_SHOWN) or f"({answer['outcome']})")
        for deed in answer["deeds"]:
            mark = "✓" if deed["done"] else "✗"
            line = f"{mark} {deed['name']}  {deed['ms']:.0f} ms  {deed['reason']}"
            print(f"  {clean(line, MAX_SHOWN)}")
        if answer["latency_ms"] is not None:
            print(f"  first audio after {answer['latency_ms']} ms")
    return 0 if all(deed["done"] for deed in answer["deeds"]) else 1
