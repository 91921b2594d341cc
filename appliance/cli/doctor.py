"""`appliance doctor`: what is wrong on this machine, why it matters, and how to mend it."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.cli.run import NO_CARD, without_card
from appliance.config import load
from appliance.control import asked
from appliance.errors import ApplianceError, ControlError

if TYPE_CHECKING:
    from appliance.config.model import Config
    from appliance.ops.check import Check

    Report = Callable[[Check], None]

NAME = "doctor"
HELP = "check this machine: what is found, why it matters, how to mend it"
MARKS = {"good": "[green]✓[/]", "weak": "[yellow]![/]", "bad": "[red]✗[/]"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None of its own."""
    del parser


def run(arguments: argparse.Namespace) -> int:
    """Print every check; status 1 when one is bad."""
    from appliance.ops import doctor

    loaded = load.load(arguments.config, os.environ)
    config = loaded.config
    report = _print_json if arguments.json else _printer()
    status = _running_status(Path(config.paths.data))
    if isinstance(status, dict) and status["audio"]["device"] == NO_CARD:
        # A demonstration runs without a card whatever the configuration says.
        config = without_card(config)
    good = doctor.run_all(config, time.time(), report, loaded.files)
    for check in _budget(config):
        report(check)
    report(_updates(config))
    return 0 if _running(status, report) and good else 1


def _budget(config: Config) -> Iterator[Check]:
    """Machine, profile, and whether all that is configured fits into the memory."""
    from appliance import plan
    from appliance.budget.checks import checks
    from appliance.supervision import room

    try:
        fit = room.fit(config, plan.make(config).specs)
    except ApplianceError:
        fit = None  # what keeps it from being planned was told by its own check
    yield from checks(config, fit)


def _updates(config: Config) -> Check:
    """Of the image; elsewhere the owner updates it as it was installed."""
    from appliance.ops.check import Check
    from appliance.updating import release, state
    from appliance.updating.errors import UpdateError
    from appliance.updating.places import Places

    why = "faults that are found later are mended by them"
    places = Places()
    try:
        running = release.read(places.root)
    except UpdateError as error:
        damaged = (places.root / release.FILE).exists()
        return Check(
            "updates", "bad" if damaged else "good", error.message, why, error.hint if damaged else ""
        )
    now = state.read(places.state) or state.State()
    if now.phase == "failed":
        return Check("updates", "weak", now.problem, why, now.hint or "appliance update install")
    if now.undone:
        found = f"{now.undone} was tried and taken back: {now.undone_why}"
        return Check("updates", "weak", found, why, "wait for the next version; appliance update status")
    if not config.update.url:
        return Check(
            "updates", "weak", f"{running.version}; nobody is asked for newer ones", why, "set update.url"
        )
    return Check("updates", "good", running.version, why)


def _running_status(data: Path) -> dict[str, Any] | ControlError:
    """What the running appliance says about itself, or why there is none to ask."""
    try:
        return asyncio.run(asked(data, "status"))
    except ControlError as error:
        return error


def _running(status: dict[str, Any] | ControlError, report: Report) -> bool:
    """Report the running appliance, if there is one."""
    from appliance.ops.check import Check

    why = "this is what listens"
    if isinstance(status, ControlError):
        report(Check("running", "weak", status.message, why, status.hint))
        return True
    good = True
    for stage in status["stages"]:
        ready = stage["state"] in {"ready", "resting"}  # one that rests is started when it is asked
        good = good and ready
        found = f"{stage['state']}, {stage['restarts']} restarts"
        trouble = stage["last_error"] if not ready else ""
        report(
            Check(
                f"stage {stage['name']}",
                "good" if ready else "bad",
                f"{found} {trouble}".strip(),
                why,
                stage["hint"] if not ready else "",
            )
        )
    trouble = (status.get("web") or {}).get("trouble", "")
    if trouble:
        report(Check("running web page", "bad", trouble, why, "appliance logs --errors"))
        good = False
    for words in (status.get("records") or {}).get("troubles", ()):
        report(Check("running backup", "weak", words, why, "appliance backup"))
    mqtt = status["mqtt"]
    found = f"{mqtt['host']}:{mqtt['port']} {mqtt['problem'] or 'connected'}"
    report(Check("running broker", "good" if mqtt["connected"] else "bad", found, why, mqtt["hint"]))
    return bool(good and mqtt["connected"])


def _print_json(check: Check) -> None:
    import msgspec

    print(json.dumps(msgspec.to_builtins(check), ensure_ascii=False))


def _printer() -> Report:
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False, emoji=False, soft_wrap=True)

    def show(check: Check) -> None:
        console.print(f"{MARKS[check.verdict]} [bold]{check.name:<16}[/] {escape(check.found)}")
        if check.verdict != "good":
            console.print(f"    [dim]{escape(check.why)}[/]")
            if check.mend:
                console.print(f"    → {escape(check.mend)}")

    return show
