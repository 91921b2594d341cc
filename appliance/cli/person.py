"""`appliance person add | list | remove | pin set | enrol`: the people that the appliance may know."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from typing import Any

from appliance.cli import _people
from appliance.errors import ControlError
from appliance.supervision.lines import clean

NAME = "person"
HELP = "add, list and remove people, set their PINs, learn their voices"
MAX_PIN_LINE = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    add = actions.add_parser("add", help="one more person")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--role", default="adult", metavar="ROLE", help="owner, adult (default), child or guest")
    add.add_argument(
        "--room",
        action="append",
        default=[],
        metavar="NAME",
        help="where it is usually this person who speaks",
    )
    add.add_argument(
        "--rule",
        action="append",
        default=[],
        metavar="RULE",
        help='a rule of docs/judgement.md about this person, such as "pin lock.front_door"',
    )
    actions.add_parser("list", help="everybody")
    remove = actions.add_parser("remove", help="forget one, with every trace")
    remove.add_argument("name", metavar="NAME")
    pin = actions.add_parser("pin", help="set a PIN, asked for or read from standard input")
    pin.add_argument("what", choices=("set",))
    pin.add_argument("name", metavar="NAME")
    enrol = actions.add_parser("enrol", help="learn a voice from what is said next in a room")
    enrol.add_argument("name", metavar="NAME")
    enrol.add_argument("--room", default="local", metavar="NAME", help="a satellite; default: here")


def run(arguments: argparse.Namespace) -> int:
    """Do it; the exit status."""
    answer = _ACTIONS[arguments.action](arguments)
    if arguments.json:
        for line in answer.get("people", [answer]):
            print(json.dumps(line, ensure_ascii=False))
        return 0
    print("\n".join(_told(arguments.action, answer)))
    return 0


def _add(arguments: argparse.Namespace) -> dict[str, Any]:
    return _people.ask(
        arguments,
        "person_add",
        name=arguments.name,
        role=arguments.role,
        rooms=arguments.room,
        permissions=arguments.rule,
    )


def _list(arguments: argparse.Namespace) -> dict[str, Any]:
    return _people.ask(arguments, "person_list")


def _remove(arguments: argparse.Namespace) -> dict[str, Any]:
    return _people.ask(arguments, "person_remove", name=arguments.name)


def _pin(arguments: argparse.Namespace) -> dict[str, Any]:
    return _people.ask(arguments, "person_pin", name=arguments.name, pin=read_pin())


def _enrol(arguments: argparse.Namespace) -> dict[str, Any]:
    return _people.ask(arguments, "person_enrol", name=arguments.name, room=arguments.room)


_ACTIONS = {"add": _add, "list": _list, "remove": _remove, "pin": _pin, "enrol": _enrol}


def read_pin() -> str:
    """Asked for twice at a terminal without showing it; otherwise one line of standard input.

    Raises ControlError when the two differ, or nothing comes.
    """
    if sys.stdin.isatty():
        pin = getpass.getpass("PIN: ")
        if getpass.getpass("Again: ") != pin:
            raise ControlError("the two PINs differ", "try again")
    else:
        pin = sys.stdin.readline(MAX_PIN_LINE).rstrip("\r\n")
    if not pin:
        raise ControlError("no PIN was given", "type it when asked, or send it to standard input")
    return pin


def _told(action: str, answer: dict[str, Any]) -> list[str]:
    match action:
        case "list":
            return [_person(each) for each in answer["people"]] or ["nobody was added"]
        case "remove":
            rules = [f"a rule still names them: {clean(rule)}" for rule in answer["still_in_rules"]]
            return [f"{clean(answer['removed'])} is forgotten", *rules]
        case "pin":
            return [f"{clean(answer['name'])} has a new PIN"]
        case "enrol":
            room = clean(answer["room"])
            return [f"{clean(answer['name'])}: say {answer['needed']} or more different sentences in {room}"]
        case _:
            return [f"{clean(answer['name'])} is known as {answer['role']}"]


def _person(each: dict[str, Any]) -> str:
    more = [
        f"usually in {', '.join(each['rooms'])}" if each["rooms"] else "",
        f"voice known from {each['voices']} utterances" if each["voices"] else "",
        "has a PIN" if each["pin"] else "",
        *each["permissions"],
    ]
    about = "; ".join(clean(part) for part in more if part)
    return f"{clean(each['name']):<20} {each['role']:<6} {about}".rstrip()
