"""`appliance selftest`: does a spoken command go all the way, on this machine, now? Without a sound."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.errors import ConfigError

if TYPE_CHECKING:
    from appliance.config.model import Config
    from appliance.selftest.exam import Exam
    from appliance.selftest.steps import Step

NAME = "selftest"
HELP = "say a sentence to a private copy of the appliance and follow it to the answer; nothing is audible"
USUAL_SECONDS = 60.0
MIN_SECONDS, MAX_SECONDS = 5.0, 1_800.0
INTERRUPTED = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How long it may take, and for whom it is."""
    parser.add_argument(
        "--timeout", type=float, default=USUAL_SECONDS, metavar="S",
        help="seconds for all of it (default 60); taking it down comes on top",
    )  # fmt: skip
    parser.add_argument(
        "--for-update",
        action="store_true",
        help="a broker on another machine that is away does not count: no update can mend it",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print each row as it is known; status 0 when all are good. Raises ApplianceError."""
    from appliance.config import load
    from appliance.observe import logs
    from appliance.selftest import surroundings
    from appliance.selftest.exam import Exam

    seconds = arguments.timeout
    if not MIN_SECONDS <= seconds <= MAX_SECONDS:
        raise ConfigError(f"--timeout {seconds}: not from {MIN_SECONDS:.0f} to {MAX_SECONDS:.0f} seconds")
    config: Config = load.load(arguments.config, os.environ).config
    logs.configure("error", config.log.format)
    os.umask(0o077)
    surroundings.step_back()
    report = _print_json if arguments.json else _printer()
    exam = Exam(config, report, seconds, outside_counts=not arguments.for_update)
    with surroundings.alone(Path(config.paths.data)):
        return asyncio.run(_until_done(exam))


async def _until_done(exam: Exam) -> int:
    """The exit status; a signal ends it early, and takes everything down all the same."""
    task = asyncio.ensure_future(exam.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    try:
        return 0 if await task else 1
    except asyncio.CancelledError:
        return INTERRUPTED


def _print_json(step: Step) -> None:
    import msgspec

    print(json.dumps(msgspec.to_builtins(step), ensure_ascii=False), flush=True)


def _printer() -> Callable[[Step], None]:
    from rich.console import Console
    from rich.markup import escape

    from appliance.supervision.lines import clean

    console = Console(file=sys.stdout, highlight=False, emoji=False, soft_wrap=True)

    def show(step: Step) -> None:
        mark = "[green]✓[/]" if step.ok else "[red]✗[/]"
        took = f"{step.ms:7.0f} ms" if step.ms is not None else " " * 10
        console.print(f"{mark} [bold]{step.what:<18}[/] {took}  {escape(clean(step.found))}")
        if step.hint:
            console.print(f"    → {escape(clean(step.hint))}")

    return show
