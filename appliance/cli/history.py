"""`appliance history`: what was said, when it is kept (`history.days`)."""

from __future__ import annotations

import argparse
import json
import time
from datetime import datetime
from typing import Any

from appliance.cli._running import ask_running
from appliance.cli.audit import since
from appliance.supervision.lines import clean

NAME = "history"
HELP = "what was said and answered, if that is kept; or forget it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to show, or to forget everything."""
    parser.add_argument("action", nargs="?", choices=("list", "clear"), default="list")
    parser.add_argument(
        "--since", default="", metavar="WHEN", help="2h, 3d, 1w, or a date or time like 2026-11-21T18:00"
    )
    parser.add_argument("--limit", type=int, default=100, metavar="N", help="the newest N (default: 100)")


def run(arguments: argparse.Namespace) -> int:
    """Show or forget; the exit status."""
    if arguments.action == "clear":
        answer = ask_running(arguments, "history_clear")
        print(json.dumps(answer) if arguments.json else f"{answer['cleared']} exchanges are forgotten")
        return 0
    start = since(arguments.since, time.time())
    answer = ask_running(arguments, "history_list", since=start, limit=arguments.limit)
    for row in answer["rows"]:
        print(json.dumps(row, ensure_ascii=False) if arguments.json else _text(row))
    if not answer["rows"] and not arguments.json:
        print("nothing was said" if answer["kept"] else "what is said is not kept: history.days is 0")
    return 0


def _text(row: dict[str, Any]) -> str:
    when = datetime.fromtimestamp(row["at"]).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return f"{when}  {clean(row['room'])}  “{clean(row['words'])}”  →  {clean(row['answer']) or '–'}"
