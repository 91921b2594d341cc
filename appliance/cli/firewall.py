"""`appliance firewall`: what this machine lets in and out."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from appliance.errors import ConfigError

NAME = "firewall"
HELP = "show, check and load the packet filter: in what is offered, out what is configured"
MAX_MINUTES = 240


def _minutes(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= MAX_MINUTES):
        raise argparse.ArgumentTypeError(f"between 0 and {MAX_MINUTES}")
    return int(text)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do; nothing shows."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    actions.add_parser("show", help="the rules that the configuration asks for (the default)")
    actions.add_parser("check", help="can nft read them, and are they the ones in force? Needs root")
    actions.add_parser("apply", help="put them in force. Needs root")
    fetching = actions.add_parser("fetch", help="let models be fetched from anywhere for a while. Needs root")
    fetching.add_argument("--minutes", type=_minutes, default=60, help="0 ends it; 60")
    hotspot = actions.add_parser("hotspot", help="open what the set-up hotspot needs. Needs root")
    hotspot.add_argument("interface", nargs="*", metavar="INTERFACE", help="where it is up; none: nowhere")


def run(arguments: argparse.Namespace) -> int:
    """Status 1 when other rules are in force than the configuration asks for."""
    from appliance.firewall import machine

    match arguments.action:
        case "check":
            return _check(arguments)
        case "apply":
            machine.apply(arguments.config)
        case "fetch":
            machine.open_for_models(arguments.minutes)
            machine.apply(arguments.config)
        case "hotspot":
            machine.set_hotspot(tuple(arguments.interface))
            machine.apply(arguments.config)
        case _:
            _show(arguments)
    return 0


def _text(config: Path | None) -> str:
    from appliance.firewall import machine

    return machine.wanted_text(machine.configuration(config), machine.state())


def _show(arguments: argparse.Namespace) -> None:
    text = _text(arguments.config)
    print(json.dumps({"ruleset": text}) if arguments.json else text, end="\n" if arguments.json else "")


def _check(arguments: argparse.Namespace) -> int:
    from appliance.firewall import machine

    try:
        text = _text(arguments.config)
    except ConfigError as error:
        raise ConfigError(f"{error.message}; the rules of the defaults are in force", error.hint) from error
    machine.try_out(text)
    loaded, current = bool(machine.loaded_digest()), machine.is_in_force(text)
    if arguments.json:
        print(json.dumps({"valid": True, "loaded": loaded, "current": current}))
    else:
        print(_sentence(loaded, current))
    return 0 if current else 1


def _sentence(loaded: bool, current: bool) -> str:
    if current:
        return (
            "The rules of the configuration are in force."
            if loaded
            else "The packet filter is off, as configured."
        )
    return (
        "Other rules are in force: appliance firewall apply"
        if loaded
        else "No rules are in force: appliance firewall apply"
    )
