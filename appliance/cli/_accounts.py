"""What `appliance satellite` and `appliance device` share: asking, and telling what to type where."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from appliance.config import load
from appliance.config.model import Config
from appliance.control import NotRunning, asked
from appliance.supervision.lines import clean

MAX_SHOWN = 4_000
QUIET_ZONE = 2
"""Modules around the code; terminals have a margin of their own."""
WHAT = {
    "satellite": "satellite",
    "hermes": "satellite (Hermes)",
    "device": "device",
    "home_assistant": "Home Assistant",
}


def add_common(actions: Any) -> None:
    """The actions that both commands have."""
    actions.add_parser("list", help="everyone who was added")
    revoke = actions.add_parser("revoke", help="lock one out, at once")
    revoke.add_argument("name", metavar="NAME")


def ask(arguments: argparse.Namespace, do: str, **fields: Any) -> dict[str, Any]:
    """From the running appliance, or from its files when none runs. Raises ApplianceError."""
    config = load.load(arguments.config, os.environ).config
    return asyncio.run(_ask(config, do, fields))


async def _ask(config: Config, do: str, fields: dict[str, Any]) -> dict[str, Any]:
    data = Path(config.paths.data)
    try:
        return await asked(data, do, **fields)
    except NotRunning:
        from appliance.satellites.credentials import Credentials

        return await Credentials(data, config, None).handlers()[do](fields)


def print_list(arguments: argparse.Namespace, kinds: Iterable[str]) -> int:
    """One line each."""
    answer = ask(arguments, "account_list")
    shown = [account for account in answer["accounts"] if account["kind"] in set(kinds)]
    if arguments.json:
        for account in shown:
            print(json.dumps(account, ensure_ascii=False))
        return 0
    for account in shown:
        more = [account["area"], *(f"{topic}/#" for topic in account["topics"])]
        about = ", ".join(clean(each) for each in more if each)
        print(f"{clean(account['name']):<24} {WHAT[account['kind']]:<20} {about}".rstrip())
    if not shown:
        print("nobody was added")
    return 0


def revoke(arguments: argparse.Namespace) -> int:
    """Lock one out."""
    answer = ask(arguments, "account_revoke", name=arguments.name)
    print(json.dumps(answer) if arguments.json else f"{clean(answer['revoked'])} may not connect any more")
    return 0


def tell(arguments: argparse.Namespace, answer: dict[str, Any], lines: list[str]) -> int:
    """What was added, and what to type into it."""
    if arguments.json:
        print(json.dumps(answer, ensure_ascii=False))
        return 0
    if "external" in answer:
        _tell_external(answer)
        return 0
    print(f"{clean(answer['name'])} may connect. The password is shown only now:\n")
    for line in lines:
        print(f"  {clean(line, MAX_SHOWN)}".rstrip())
    if answer["tls"] and "uri" not in answer:
        print()
        for line in answer["authority"].splitlines():  # not indented: it goes into a file as it is
            print(clean(line))
    if not answer["listens"]:
        print('\nOnly this machine can reach the broker so far: set mqtt.listen = "0.0.0.0", then restart.')
    elif answer["tls"] and not answer["authority"]:
        print("\nThe broker's certificate is made when the appliance starts: start it, then add this again.")
    return 0


def connection(answer: dict[str, Any]) -> list[str]:
    """Host, port, name and password, for a form that asks for each."""
    encryption = "TLS, with the certificate authority below" if answer["tls"] else "none"
    return [
        f"host        {answer['host']}",
        f"port        {answer['port']}",
        f"encryption  {encryption}",
        f"user        {answer['name']}",
        f"password    {answer['password']}",
    ]


def print_code(text: str) -> None:
    """A QR code, on a terminal only."""
    if not sys.stdout.isatty():
        return
    import segno

    code = segno.make(text, error="l")
    wide, columns = code.symbol_size(border=QUIET_ZONE)[0], shutil.get_terminal_size().columns
    if wide > columns:
        print(f"\nFor the QR code, make this window {wide} columns wide (it has {columns}) and add it anew.")
        return
    print()
    code.terminal(compact=True, border=QUIET_ZONE)


def _tell_external(answer: dict[str, Any]) -> None:
    print(
        f"The broker {clean(answer['external'])} is not the appliance's own, so it decides who may connect."
    )
    print(f"Add the user {clean(answer['name'])!r} there, with these rights and no others:\n")
    for what in ("read", "write", "denied"):
        for topic in answer[what]:
            print(f"  {what:<7} {clean(topic)}")
