"""`appliance audit`: who had what done, where and when. Never what was said."""

from __future__ import annotations

import argparse
import json
import re
import time
from datetime import datetime
from typing import Any

from appliance.cli import _people
from appliance.errors import ControlError
from appliance.supervision.lines import clean

NAME = "audit"
HELP = "who had what done by voice, where, when, and what came of it"
_AGO = re.compile(r"(\d{1,6})([mhdw])")
_SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to show, or to clear everything."""
    parser.add_argument("action", nargs="?", choices=("list", "clear"), default="list")
    parser.add_argument(
        "--since", default="", metavar="WHEN", help="2h, 3d, 1w, or a date or time like 2026-11-21T18:00"
    )
    parser.add_argument("--person", default="", metavar="NAME", help="only this person's")
    parser.add_argument("--limit", type=int, default=100, metavar="N", help="the newest N (default: 100)")


def since(text: str, now: float) -> float:
    """Seconds since 1970. Raises ControlError for a time that cannot be read."""
    if not text:
        return 0.0
    ago = _AGO.fullmatch(text)
    if ago:
        return now - int(ago[1]) * _SECONDS[ago[2]]
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise ControlError(f"{text!r} is no time", "say 2h, 3d, 1w, or 2026-11-21T18:00") from error


def run(arguments: argparse.Namespace) -> int:
    """Show or clear; the exit status."""
    if arguments.action == "clear":
        answer = _people.ask(arguments, "audit_clear")
        print(json.dumps(answer) if arguments.json else f"{answer['cleared']} entries are gone")
        return 0
    start = since(arguments.since, time.time())
    answer = _people.ask(arguments, "audit_list", since=start, person=arguments.person, limit=arguments.limit)
    for row in answer["rows"]:
        print(json.dumps(row, ensure_ascii=False) if arguments.json else _line(row))
    if not answer["rows"] and not arguments.json:
        print("nothing was recorded")
    return 0


def _line(row: dict[str, Any]) -> str:
    when = datetime.fromtimestamp(row["at"]).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    who = f"{row['who']} ({row['source']} {row['confidence']:.2f})" if row["who"] else "somebody"
    reason = f"  {row['reason']}" if row["reason"] else ""
    cells = (row["room"], who, f"{row['outcome']}{reason}", f"{row['what']} {row['entity']}".strip())
    return f"{when}  " + "  ".join(clean(cell) for cell in cells if cell)
