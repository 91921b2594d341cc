"""`appliance device add | list | revoke`: bridges, devices and Home Assistant at the own broker."""

from __future__ import annotations

import argparse

from appliance.cli import _accounts

NAME = "device"
HELP = "add, list and revoke devices, bridges and Home Assistant at the own broker"
KINDS = ("device", "home_assistant")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    add = actions.add_parser("add", help="make a credential; a device announces itself and owns its topics")
    add.add_argument("name", metavar="NAME", help="letters, digits, _ and -")
    add.add_argument(
        "--topic",
        action="append",
        default=[],
        metavar="TOPIC",
        help="beginning of its topics, such as zigbee2mqtt; may be repeated; its name if none is given",
    )
    add.add_argument("--home-assistant", action="store_true", help="all topics but the satellites'")
    add.add_argument("--host", default="", metavar="NAME", help="how it reaches this machine")
    _accounts.add_common(actions)


def run(arguments: argparse.Namespace) -> int:
    """Do it; the exit status."""
    if arguments.action == "list":
        return _accounts.print_list(arguments, KINDS)
    if arguments.action == "revoke":
        return _accounts.revoke(arguments)
    kind = "home_assistant" if arguments.home_assistant else "device"
    answer = _accounts.ask(
        arguments,
        "account_add",
        name=arguments.name,
        kind=kind,
        topics=arguments.topic,
        host=arguments.host,
    )
    return _accounts.tell(arguments, answer, _accounts.connection(answer) if "password" in answer else [])
