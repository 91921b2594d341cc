"""`appliance update status | check | install | rollback | channel`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from appliance.config.model import Config
    from appliance.updating.places import Places
    from appliance.updating.state import State

NAME = "update"
HELP = "new versions of the whole system: look, install, go back"
LOOK_SECONDS = 0.5
BAR_CHARS = 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action")
    status = actions.add_parser("status", help="what runs, what is beside it, what is under way")
    check = actions.add_parser(
        "check", help="ask the channel for a newer version; status 1 when there is one"
    )
    install = actions.add_parser("install", help="install the newest version, or this bundle, and restart")
    install.add_argument(
        "source", nargs="?", default="", metavar="FILE_OR_URL", help="a .raucb file or its https address"
    )
    install.add_argument(
        "--allow-downgrade",
        action="store_true",
        help="an older version too; as root, not behind a security fix",
    )
    install.add_argument("--no-restart", action="store_true", help="it starts with the next restart")
    back = actions.add_parser(
        "rollback", help="restart into the former version, which is tried like a new one"
    )
    channel = actions.add_parser("channel", help="which channel is followed, or follow another")
    channel.add_argument("name", nargs="?", choices=("stable", "beta"), help="follow this one from now on")
    for action in (status, check, install, back, channel):
        # Also after the action, without undoing what stood before it.
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        action.add_argument(
            "--config", type=Path, default=argparse.SUPPRESS, metavar="FILE", help=argparse.SUPPRESS
        )


def run(arguments: argparse.Namespace) -> int:
    """Do it; the exit status. Raises UpdateError."""
    does = {"check": _check, "install": _install, "rollback": _roll_back, "channel": _channel}
    return does.get(arguments.action or "status", _status)(arguments)


def _config(arguments: argparse.Namespace) -> Config:
    from appliance.config import load

    return load.load(arguments.config, os.environ).config


def _places() -> Places:
    from appliance.updating.places import Places

    return Places()


def _status(arguments: argparse.Namespace) -> int:
    import msgspec

    from appliance.updating import release, state

    places = _places()
    running = release.read(places.root)
    now = state.read(places.state) or state.State()
    update = _config(arguments).update
    if arguments.json:
        shown = {"version": running.version, "board": running.board, "epoch": running.epoch}
        print(json.dumps({**shown, **msgspec.to_builtins(now), "channel": now.channel or update.channel}))
        return 0
    trial = "   on trial: not yet found healthy" if now.running and now.trying else ""
    print(f"version:   {running.version} for {running.board}, slot {now.running or '?'}{trial}")
    print(f"beside it: {now.beside or 'nothing to go back to'}")
    nobody = "" if update.url else " (no update.url is set: nobody is asked)"
    print(f"channel:   {now.channel or update.channel}{nobody}")
    for line in _under_way(now):
        print(line)
    return 0


def _under_way(now: State) -> list[str]:
    lines = []
    if now.busy:
        lines.append(f"now:       {now.phase} {now.version} {now.percent} %  {now.doing}")
    if now.phase == "failed":
        lines.append(f"failed:    {now.problem}" + (f"\n  → {now.hint}" if now.hint else ""))
    if now.pending:
        lines.append(f"next:      slot {now.pending} is tried at the next restart")
    if now.undone:
        lines.append(f"undone:    {now.undone} was tried and taken back: {now.undone_why}")
    return lines


def _check(arguments: argparse.Namespace) -> int:
    from appliance.updating import fetching, release, state, versions

    places = _places()
    running = release.read(places.root)
    now = state.read(places.state) or state.State()
    latest = fetching.latest(
        places, _config(arguments).update, running.board, seen=now.serial, chosen=now.channel
    )
    newer = versions.newer(latest.version, running.version)
    if arguments.json:
        found = {"installed": running.version, "latest": latest.version, "newer": newer}
        more = {"size": latest.size, "released": latest.released, "notes": latest.notes}
        print(json.dumps({**found, **more}, ensure_ascii=False))
    elif newer:
        print(f"{latest.version} is newer than {running.version} ({latest.size / 1e6:.0f} MB at most)")
        print(f"{latest.notes}\n  → appliance update install".strip())
    else:
        print(f"{running.version} is the newest in {latest.channel}")
    return 1 if newer else 0


def _install(arguments: argparse.Namespace) -> int:
    from appliance.updating import asking

    source = arguments.source
    if source and "://" not in source:
        source = str(Path(source).absolute())
    places = _places()
    asking.ask(
        places,
        "install",
        source=source,
        allow_downgrade=arguments.allow_downgrade,
        restart=not arguments.no_restart,
    )
    return _follow(places, as_json=arguments.json)


def _follow(places: Places, *, as_json: bool) -> int:
    """Show how far it is until it is done. Whoever leaves earlier changes nothing."""
    from appliance.updating import state

    shown: State | None = None
    while True:
        now = state.read(places.state) or state.State()
        if now != shown:
            _show(now, as_json=as_json)
            shown = now
        if not now.busy or now.phase == "restarting":
            break
        time.sleep(LOOK_SECONDS)
    if now.phase != "failed":
        return 0
    from appliance.updating.errors import UpdateError

    if as_json:
        return 1
    raise UpdateError(now.problem, now.hint)


def _show(now: State, *, as_json: bool) -> None:
    if as_json:
        told: dict[str, Any] = {"phase": now.phase, "percent": now.percent, "version": now.version}
        print(json.dumps({**told, "doing": now.doing, "error": now.problem, "hint": now.hint}), flush=True)
        return
    if not now.busy:
        print(f"\n{now.doing}" if now.doing else "")
        return
    full = now.percent * BAR_CHARS // 100
    bar = "━" * full + "╌" * (BAR_CHARS - full)
    if sys.stdout.isatty():
        print(f"\r\x1b[K{bar} {now.percent:3d} %  {now.doing[:60]}", end="", flush=True)
    else:
        print(f"{now.phase}: {now.percent} % {now.doing}", flush=True)


def _roll_back(arguments: argparse.Namespace) -> int:
    from appliance.updating import asking

    version = str(asking.ask(_places(), "rollback").get("version", ""))
    print(
        json.dumps({"version": version}) if arguments.json else f"restarting into {version}, which is tried"
    )
    return 0


def _channel(arguments: argparse.Namespace) -> int:
    from appliance.updating import asking, state

    update, places = _config(arguments).update, _places()
    if arguments.name:
        asking.ask(places, "channel", name=arguments.name)
    now = state.read(places.state) or state.State()
    name = now.channel or update.channel
    if arguments.json:
        print(json.dumps({"channel": name, "url": update.url}))
    else:
        print(f"{name} at {update.url or 'no server (update.url is empty)'}")
    return 0
