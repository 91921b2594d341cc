"""`appliance setup …`: an appliance from the image, its network and its owner."""

from __future__ import annotations

import argparse
import json
import os
from typing import Any

NAME = "setup"
HELP = "show the name, the network and the claim code; let a new owner claim the appliance"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    actions.add_parser("status", help="name, network, and whether it has an owner")
    actions.add_parser("code", help="show the claim code")
    actions.add_parser("say-code", help="have the appliance say the claim code")
    actions.add_parser("reset-claim", help="forget all owners and make a new claim code")
    reset = actions.add_parser("factory-reset", help="start anew and remove everything that was kept")
    reset.add_argument("--yes", action="store_true", help="do not ask")


def run(arguments: argparse.Namespace) -> int:
    """Do it and show what came of it."""
    answer = _ACTIONS[arguments.action](arguments)
    print(json.dumps(answer, ensure_ascii=False) if arguments.json else _told(answer))
    return 0


def _status(_: argparse.Namespace) -> dict[str, Any]:
    import socket

    from appliance.firstboot import notes
    from appliance.firstboot.places import Places

    places = Places()
    name = socket.gethostname()
    return {
        "name": name,
        "address": f"{name}.local",
        "network": notes.network_phase(places) or "unknown",
        "claim": notes.owner_state(places),
        "ssh": (places.config / "authorized_keys").exists(),
    }


def _code(arguments: argparse.Namespace) -> dict[str, Any]:
    from appliance.firstboot import requests
    from appliance.firstboot.places import Places

    answer = _asked(arguments, "setup_code")
    return requests.code(Places()) if answer is None else answer


def _reset(arguments: argparse.Namespace) -> dict[str, Any]:
    from appliance.firstboot import requests
    from appliance.firstboot.places import Places

    answer = _asked(arguments, "setup_reset", sure=True)
    return requests.reset(Places()) if answer is None else answer


def _forget(arguments: argparse.Namespace) -> dict[str, Any]:
    from appliance.errors import ControlError

    if not arguments.yes:
        print("Settings, networks, keys, people, timers and all else that was kept will be gone.")
        try:
            typed = input("Type `forget everything` to go on: ")
        except EOFError:
            typed = ""
        if typed.strip() != "forget everything":
            raise ControlError("nothing was changed", "answer with `forget everything`, or give --yes")
    answer = _asked(arguments, "factory_reset", sure=True)
    if answer is None:
        raise ControlError(
            "no appliance runs that could do it",
            "put an empty file named factory-reset on the partition APPLIANCE and start the machine",
        )
    return answer


def _say_code(arguments: argparse.Namespace) -> dict[str, Any]:
    from appliance.config import load
    from appliance.errors import ControlError
    from appliance.firstboot import phrases
    from appliance.firstboot.codes import tidy

    code = tidy(str(_code(arguments)["code"]))
    language = load.load(arguments.config, os.environ).config.language
    text = phrases.say("code", language, digits=code)
    answer = _asked(arguments, "announce", text=text, rooms=["local"])
    if answer is None:
        raise ControlError("no appliance runs that could say it", "systemctl status appliance")
    return {"said in": ", ".join(answer["rooms"])}


def _asked(arguments: argparse.Namespace, do: str, **given: Any) -> dict[str, Any] | None:
    """The running appliance's answer; None when none runs. Raises ControlError."""
    from appliance.cli._running import ask_running
    from appliance.control import NotRunning

    try:
        return ask_running(arguments, do, **given)
    except NotRunning:
        return None


_ACTIONS = {
    "status": _status,
    "code": _code,
    "say-code": _say_code,
    "reset-claim": _reset,
    "factory-reset": _forget,
}


def _told(answer: dict[str, Any]) -> str:
    from appliance.supervision.lines import clean

    width = max(map(len, answer))
    return "\n".join(f"{key:<{width}}  {clean(str(value))}" for key, value in answer.items())
