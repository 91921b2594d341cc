"""`appliance migrate`: what an older version wrote, in the form of this one."""

from __future__ import annotations

import argparse
import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.migrating.migration import Row

NAME = "migrate"
HELP = "bring data and configuration that an older version wrote to the form of this one"
WORDS = {"present": "as it should be", "old": "is old", "done": "is done", "trouble": "cannot be done"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Look only, or do it."""
    parser.add_argument("--dry-run", action="store_true", help="show what would be done, and change nothing")


def run(arguments: argparse.Namespace) -> int:
    """Show each file; status 1 when one cannot be brought over. Raises ApplianceError."""
    from datetime import UTC, datetime

    from appliance.config import load
    from appliance.migrating import migration

    system_files = (load.SYSTEM_FILE, load.ENVIRONMENT_FILE)
    where = migration.places(arguments.config, os.environ, system_files)
    good = True
    rows = migration.look(where) if arguments.dry_run else migration.carry_out(where, datetime.now(UTC))
    for row in rows:
        good = good and row.state != "trouble"
        _print(row, as_json=arguments.json)
    return 0 if good else 1


def _print(row: Row, *, as_json: bool) -> None:
    if as_json:
        import msgspec

        print(json.dumps(msgspec.to_builtins(row), ensure_ascii=False), flush=True)
        return
    to = f" → {row.to}" if row.to else ""
    print(f"{WORDS[row.state]:<16} {row.path}: {row.found}{to}", flush=True)
    if row.hint:
        print(f"    → {row.hint}", flush=True)
