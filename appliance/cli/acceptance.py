"""`appliance acceptance`: five trials of the running appliance, as a table."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.acceptance.result import Result
    from appliance.config.model import Config

NAME = "acceptance"
HELP = "try the running appliance: cold start, health, log, backup, an alert to Home Assistant"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None of its own."""
    del parser


def run(arguments: argparse.Namespace) -> int:
    """Print each row as it is known; status 0 when all five are good. Raises ControlError when none runs."""
    from appliance.config import load
    from appliance.observe import logs

    config = load.load(arguments.config, os.environ).config
    logs.configure("error", config.log.format)
    return asyncio.run(_run(config, arguments))


async def _run(config: Config, arguments: argparse.Namespace) -> int:
    good = True
    if not arguments.json:
        print(f"{'':<2}{'what':<12} {'limit':>7}  found", flush=True)
    async for row in trials(config, arguments.config):
        good = good and row.ok
        _print(row, as_json=arguments.json)
    return 0 if good else 1


async def trials(config: Config, file: Path | None) -> AsyncIterator[Result]:
    """All five, in turn. Raises ControlError when no appliance runs."""
    from appliance.acceptance import alerting, asking, result, starting
    from appliance.control import asked
    from appliance.errors import ApplianceError

    status = await asked(Path(config.paths.data), "status")
    try:
        start = await starting.cold_start(config, file, result.COLD_START_SECONDS)
    except ApplianceError as error:
        start = starting.Start(trouble=error.message)
    yield result.cold_start(start.listening, start.trouble)
    yield result.healthy(start.healthy, result.unhealthy(status))
    yield await asking.log_queries(config)
    yield await asking.backup(config)
    yield await alerting.send_test(config)


def _print(row: Result, *, as_json: bool) -> None:
    import msgspec

    if as_json:
        print(json.dumps(msgspec.to_builtins(row), ensure_ascii=False), flush=True)
        return
    print(f"{'✓' if row.ok else '✗'} {row.what:<12} {row.limit:>7}  {row.found}", flush=True)
    if row.hint:
        print(f"    → {row.hint}", flush=True)
