"""`appliance satellite add | list | revoke`: who may be the appliance's ears and mouth in other rooms."""

from __future__ import annotations

import argparse

from appliance.cli import _accounts

NAME = "satellite"
HELP = "add, list and revoke satellites: microphones and loudspeakers in other rooms"
KINDS = {"own": "satellite", "hermes": "hermes"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    add = actions.add_parser("add", help="make a credential for one; it reaches only its own topics")
    add.add_argument("name", metavar="NAME", help="letters, digits, _ and -; also its site id")
    add.add_argument("--area", default="", metavar="ROOM", help="the room it stands in")
    add.add_argument(
        "--protocol",
        choices=sorted(KINDS),
        default="own",
        help="own: `appliance run --mode satellite`; hermes: Rhasspy 2.5, ESP32-Rhasspy-Satellite",
    )
    add.add_argument("--host", default="", metavar="NAME", help="how it reaches this machine")
    add.add_argument("--no-code", action="store_true", help="print no QR code")
    _accounts.add_common(actions)


def run(arguments: argparse.Namespace) -> int:
    """Do it; the exit status."""
    if arguments.action == "list":
        return _accounts.print_list(arguments, KINDS.values())
    if arguments.action == "revoke":
        return _accounts.revoke(arguments)
    kind = KINDS[arguments.protocol]
    answer = _accounts.ask(
        arguments, "account_add", name=arguments.name, kind=kind, area=arguments.area, host=arguments.host
    )
    code = _accounts.tell(arguments, answer, _lines(answer))
    if "uri" in answer and not (arguments.json or arguments.no_code):
        _accounts.print_code(answer["uri"])
    return code


def _lines(answer: dict[str, object]) -> list[str]:
    if "uri" in answer:
        return [
            "appliance run --mode satellite --join -",
            "",
            "and paste this line there:",
            "",
            str(answer["uri"]),
        ]
    if "password" in answer:
        return [*_accounts.connection(answer), "", f"site id     {answer['name']}"]
    return []
