"""`appliance token create | list | revoke | claim`: who may use the web, while it runs and without it."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

NAME = "token"
HELP = "make, list and revoke tokens of programs that use the HTTP API; claim the page on the console"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    create = actions.add_parser("create", help="one more; it is shown only once")
    create.add_argument(
        "--scope",
        action="append",
        default=[],
        metavar="SCOPE",
        help="what it may do: speak, chat, read, control or admin; may be given several times",
    )
    create.add_argument("--name", default="", metavar="TEXT", help="what it is for")
    create.add_argument("--days", type=int, default=0, metavar="N", help="until it expires; default: never")
    create.add_argument(
        "--area",
        action="append",
        default=[],
        metavar="ROOM",
        help="a room in which it may claim to be; may be given several times; default: any",
    )
    actions.add_parser("list", help="all of them, without their secrets")
    revoke = actions.add_parser("revoke", help="end one, at once")
    revoke.add_argument("which", metavar="ID", help="from the list; or its name")
    actions.add_parser("claim", help="show a code with which you set the page's passphrase (also a lost one)")


def run(arguments: argparse.Namespace) -> int:
    """Do it; the exit status."""
    answer = _ACTIONS[arguments.action](arguments)
    if arguments.json:
        for line in answer.get("tokens", [answer]):
            print(json.dumps(line, ensure_ascii=False))
    else:
        print("\n".join(_told(arguments.action, answer)))
    return 0


def _store(arguments: argparse.Namespace) -> Any:
    from appliance.config import load
    from appliance.web.access.store import Store

    config = load.load(arguments.config, os.environ).config
    return Store(Path(config.paths.data) / "web")


def _create(arguments: argparse.Namespace) -> dict[str, Any]:
    from appliance.web.access import tokens

    token, secret = _store(arguments).change(
        lambda state: tokens.create(
            state, arguments.scope, arguments.name, arguments.days, int(time.time()), areas=arguments.area
        )
    )
    return {"token": secret} | _shown(token)


def _list(arguments: argparse.Namespace) -> dict[str, Any]:
    return {"tokens": [_shown(token) for token in _store(arguments).read().tokens]}


def _revoke(arguments: argparse.Namespace) -> dict[str, Any]:
    from appliance.web.access import tokens

    token = _store(arguments).change(lambda state: tokens.revoke(state, arguments.which))
    return {"revoked": token.id, "name": token.name}


def _claim(arguments: argparse.Namespace) -> dict[str, Any]:
    from appliance.web.access.codes import CODE_SECONDS, make_code

    code = _store(arguments).change(lambda state: make_code(state, int(time.time())))
    return {"code": code, "seconds": CODE_SECONDS}


_ACTIONS = {"create": _create, "list": _list, "revoke": _revoke, "claim": _claim}


def _shown(token: Any) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": list(token.scopes),
        "made": token.made,
        "expires": token.expires,
        "used": token.used,
        "areas": list(token.areas),
    }


def _told(action: str, answer: dict[str, Any]) -> list[str]:
    match action:
        case "create":
            if not sys.stdout.isatty():  # for a script: the secret alone
                return [answer["token"]]
            return [answer["token"], "", "It is shown only now. Programs send it as: Authorization: Bearer …"]
        case "list":
            return [_line(each) for each in answer["tokens"]] or ["no tokens"]
        case "revoke":
            return [f"{answer['revoked']} ({answer['name'] or 'without a name'}) is of no use any more"]
        case _:
            minutes = answer["seconds"] // 60
            return [
                answer["code"],
                "",
                f"Type it in the page within {minutes} minutes. It ends all sessions.",
            ]


def _line(each: dict[str, Any]) -> str:
    from appliance.supervision.lines import clean

    until = f"until {_day(each['expires'])}" if each["expires"] else "for ever"
    if each["expires"] and each["expires"] <= time.time():
        until = f"expired {_day(each['expires'])}"
    used = f"used {_day(each['used'])}" if each["used"] else "never used"
    rooms = f" (only in {', '.join(each['areas'])})" if each["areas"] else ""
    about = f"{' '.join(each['scopes']):<32} {until:<20} {used:<16} {clean(each['name'] + rooms)}"
    return f"{each['id']:<10}{about}".rstrip()


def _day(seconds: int) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(seconds))
