"""`appliance timers`: what is set; set, cancel and silence timers, alarms and reminders."""

from __future__ import annotations

import argparse
import json
from typing import Any

from appliance.cli._running import ask_running
from appliance.supervision.lines import clean

NAME = "timers"
HELP = "list, set, cancel and silence timers, alarms and reminders"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do; nothing lists."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    actions.add_parser("list", help="everything that is set (the default)")
    setting = actions.add_parser(
        "set", help='as one says it: "10 minutes for pasta", "wake me at 7 tomorrow"'
    )
    setting.add_argument("text", nargs="+", metavar="TEXT")
    setting.add_argument("--room", default="", metavar="NAME", help="the satellite that rings; none is here")
    cancelling = actions.add_parser("cancel", help="remove one, or all")
    cancelling.add_argument("id", metavar="ID", help="its number in the list, or `all`")
    stopping = actions.add_parser("stop", help="silence what rings")
    stopping.add_argument("--room", default="", metavar="NAME", help="only in this room")


def _request(arguments: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """The name of the request and what goes with it."""
    match arguments.action:
        case "set":
            return "timer_set", {"text": " ".join(arguments.text), "room": arguments.room}
        case "cancel":
            number = int(arguments.id) if arguments.id.isdecimal() else arguments.id
            return "timer_cancel", {"id": number}
        case "stop":
            return "timer_stop", {"room": arguments.room}
        case _:
            return "timers", {}


def _line(timer: dict[str, Any]) -> str:
    """One timer for people."""
    state = timer["state"]
    if state == "running":
        left_s = timer["left_s"]
        state = "waits for the clock" if left_s is None else f"in {_length(left_s)}"
    elif state == "paused":
        state = f"paused, {_length(timer['left_s'] or 0)} left"
    return f"{timer['id']:>4}  {clean(timer['name'])}  ({state}, {clean(timer['room'])})"


def _length(seconds: float) -> str:
    """1:02:03."""
    whole = max(round(seconds), 0)
    hours, rest = divmod(whole, 3_600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def _shown(answer: dict[str, Any], action: str | None) -> str:
    if action == "stop":
        return "silent" if answer["stopped"] else "nothing rings"
    if "answer" in answer:
        return clean(answer["answer"])
    return "\n".join(map(_line, answer["timers"])) or "nothing is set"


def run(arguments: argparse.Namespace) -> int:
    """Print what is set, or what was done."""
    do, values = _request(arguments)
    answer = ask_running(arguments, do, **values)
    if not arguments.json:
        print(_shown(answer, arguments.action))
    elif do == "timers":
        for timer in answer["timers"]:
            print(json.dumps(timer, ensure_ascii=False))
    else:
        print(json.dumps(answer, ensure_ascii=False))
    return 0
