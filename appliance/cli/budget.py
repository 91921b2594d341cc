"""`appliance budget`: what each part may take against what it takes, whether all fits, and what to change."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.config import load
from appliance.control import NotRunning, asked
from appliance.errors import ApplianceError

if TYPE_CHECKING:
    from appliance.budget.fit import Planned
    from appliance.budget.report import Report
    from appliance.config.model import Config

NAME = "budget"
HELP = "compare the memory of each part with its budget, and advise when a larger machine is due"
MARKS = {"": "", "over": "[red]over its budget[/]", "near": "[yellow]near its limit[/]"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to leave out."""
    parser.add_argument(
        "--no-probe",
        action="store_true",
        help="do not measure the disk: that writes a small file, and removes it",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print it; status 1 when something is over its budget, or not everything fits."""
    from appliance.budget import measure, probe, requests

    config = load.load(arguments.config, os.environ).config
    data = Path(config.paths.data)
    status = _status(data)
    pid = next((each["pid"] for each in (status or {}).get("stages", ()) if each["pid"]), None)
    root = None if pid is None else measure.supervisor_of(pid)
    took = None if arguments.no_probe else probe.write_p95_ms(data)
    report = requests.look(config, _planned(config, status), status, root, took)
    if arguments.json:
        for line in rows(report):
            print(json.dumps(line, ensure_ascii=False))
    else:
        _print(report)
    return 0 if report.good else 1


def _status(data: Path) -> dict[str, Any] | None:
    try:
        return asyncio.run(asked(data, "status"))
    except NotRunning:
        return None


def _planned(config: Config, status: Mapping[str, Any] | None) -> Sequence[Planned]:
    """With models that are missing, what the table allots stands for the parts that run."""
    from appliance import plan
    from appliance.budget.fit import planned
    from appliance.budget.table import BUDGETS
    from appliance.config import profiles
    from appliance.supervision import room

    try:
        return room.plan(config, plan.make(config).specs)
    except ApplianceError:
        budget = BUDGETS[profiles.resolve(config.profile, profiles.this_machine()).name]
        engines = {each["name"]: each["engine"] for each in (status or {}).get("stages", ())}
        return planned(budget, engines, {}, engines or [row.part for row in budget.rows])


def rows(report: Report) -> list[dict[str, Any]]:
    """One object for the machine, each part, the whole, and each piece of advice."""
    import msgspec

    parts: list[dict[str, Any]] = [
        {
            "kind": "machine", "profile": report.profile, **msgspec.to_builtins(report.hardware),
            "suggested": report.suggestion.profile, "running": report.running,
        }
    ]  # fmt: skip
    parts += [{"kind": "part", **msgspec.to_builtins(line)} for line in report.lines]
    parts.append({"kind": "fit", **msgspec.to_builtins(report.fit), "good": report.good})
    parts.append({"kind": "figures", **msgspec.to_builtins(report.figures)})
    parts += [{"kind": "advice", **msgspec.to_builtins(each)} for each in report.advice]
    return parts


def _print(report: Report) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False, emoji=False, soft_wrap=True)
    console.print(f"profile [bold]{report.profile}[/]: {escape(report.suggestion.why)}")
    if report.suggestion.profile != report.profile:
        console.print(f"  suggested: {report.suggestion.profile}")
    table = Table(box=None, padding=(0, 2))
    table.add_column("part")
    for column in ("priority", "loaded", "peak", "limit", "now", "most"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("")
    for line in report.lines:
        note = MARKS[line.mark] or ("not loaded until it is asked" if line.resting else "")
        limit = f"{line.max_mb:,}" if line.max_mb else ""
        table.add_row(
            line.part, str(line.priority), f"{line.loaded_mb:,}", f"{line.peak_mb:,}", limit,
            _mb(line.now_mb), _mb(line.most_mb), note,
        )  # fmt: skip
    console.print(table)
    console.print(
        "MB; loaded, peak: planned; now, most: measured" + ("" if report.running else " (nothing runs)")
    )
    mark = "[green]✓[/]" if report.fit.good else "[yellow]![/]"
    console.print(f"{mark} {escape(report.fit.message)}")
    if report.fit.hint:
        console.print(f"    → {escape(report.fit.hint)}")
    for each in report.advice:
        console.print(
            f"[yellow]![/] [bold]{each.name}[/]: {escape(each.figure)} (limit {escape(each.limit)})"
        )
        console.print(f"    [dim]{escape(each.why)}[/]")
        console.print(f"    → {escape(each.do)}")


def _mb(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"
