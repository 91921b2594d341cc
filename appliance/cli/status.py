"""`appliance status`: what the running appliance's stages are doing."""

from __future__ import annotations

import argparse
import json
from typing import Any

from appliance.cli._others import lines_of_others
from appliance.cli._running import ask_running

NAME = "status"
HELP = "show stages, pids, states, restarts, memory, limits and the sandbox level"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None of its own."""
    del parser


def run(arguments: argparse.Namespace) -> int:
    """Print it; status 1 when the appliance is not listening."""
    status = ask_running(arguments, "status")
    if arguments.json:
        print(json.dumps(status, ensure_ascii=False))
    else:
        _print(status)
    return 0 if status["listening"] or status["muted"] else 1


def _print(status: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from appliance.supervision.lines import clean

    console = Console(highlight=False, emoji=False, soft_wrap=True)
    state = "muted" if status["muted"] else "listening" if status["listening"] else "[yellow]not listening[/]"
    console.print(f"appliance {status['version']}: [bold]{state}[/]")
    table = Table(box=None, padding=(0, 2))
    for column in ("stage", "engine", "state", "pid", "restarts", "memory"):
        table.add_column(column, no_wrap=True)
    troubles = []
    for stage in status["stages"]:
        limit_mb = stage["limits"]["memory_max_mb"]
        memory = f"{stage['memory_mb']:.0f} of {limit_mb} MB" if stage["memory_mb"] else ""
        pid, restarts = str(stage["pid"] or ""), str(stage["restarts"])
        state = "rests until asked" if stage.get("resting") else stage["state"]
        table.add_row(stage["name"], stage["engine"], state, pid, restarts, memory)
        if stage["state"] != "ready" and stage["last_error"]:
            troubles.append((stage["name"], stage["last_error"], stage["hint"]))
    for name, why in status["absent"].items():
        table.add_row(name, "", "[yellow]not yet[/]", "", "", "")
        troubles.append((name, why["message"], why["hint"]))
    console.print(table)
    for name, trouble, hint in troubles:
        console.print(f"{name}: [yellow]{escape(clean(trouble))}[/] → {escape(clean(hint))}")
    sandbox, mqtt = status["sandbox"], status["mqtt"]
    console.print(f"sandbox: [bold]{sandbox['level']}[/] {escape('; '.join(sandbox.get('reasons', [])))}")
    state = (
        "connected"
        if mqtt["connected"]
        else f"[yellow]{escape(clean(mqtt['problem']))}[/] → {escape(mqtt['hint'])}"
    )
    console.print(f"broker: {mqtt['host']}:{mqtt['port']} {state}")
    console.print(f"home: {status['home']['entities']} entities in {status['home']['areas']} areas")
    for line in lines_of_others(status):
        console.print(line)
    for room in status.get("rooms", []):
        where = f" ({escape(clean(room['area']))})" if room["area"] else ""
        unheard = escape(clean(room["not_searched"]))
        why = f" [yellow]not searched: {unheard}[/]" if unheard else ""
        console.print(f"room: {escape(clean(room['name']))}{where} {room['phase']}{why}")
