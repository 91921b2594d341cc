"""`appliance support-bundle`: what somebody who helps needs to know, without anything about the home."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from appliance.config.load import Loaded
    from appliance.observe.entries import Entry
    from appliance.support.collecting import Piece
    from appliance.support.scrub import Scrubber

NAME = "support-bundle"
HELP = "put into one file what somebody who helps needs to know, without words, names and secrets"
SINCE_SECONDS = 2 * 86_400.0
REFUSED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where it goes."""
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write it there; the default is a new file here"
    )
    parser.add_argument("--log", type=Path, metavar="FILE", help="take the log of this file, not the journal")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--print", action="store_true", dest="shown", help="print all of it, and write nothing"
    )


def run(arguments: argparse.Namespace) -> int:
    """Show what will be in it, ask, write. Raises ApplianceError."""
    from datetime import UTC, datetime

    from appliance.errors import ApplianceError
    from appliance.support import bundle

    now = datetime.now(UTC)
    pieces = collected(arguments, now.timestamp())
    if arguments.shown:
        return _print(pieces, as_json=arguments.json)
    content = bundle.packed(pieces, now)
    path = arguments.out or Path(bundle.file_name(now))
    if not arguments.json:
        print("This will be in it; read all of it with --print:")
        for piece in pieces:
            print(f"  {piece.name:<20} {len(piece.content):>9,} bytes  {piece.what}")
    if not arguments.yes:
        if arguments.json or not sys.stdin.isatty():
            raise ApplianceError("nobody can be asked here", "look with --print, then write it with --yes")
        if input(f"Write {path} ({len(content):,} bytes)? [y/N] ").strip().lower() not in {"y", "yes"}:
            print("nothing was written")
            return REFUSED
    bundle.write(path, content)
    told = {"path": str(path), "bytes": len(content), "files": [piece.name for piece in pieces]}
    print(json.dumps(told) if arguments.json else f"{path}: {len(content):,} bytes")
    return 0


def _print(pieces: list[Piece], *, as_json: bool) -> int:
    for piece in pieces:
        text = piece.content.decode()
        print(json.dumps({"file": piece.name, "content": text}) if as_json else f"--- {piece.name}\n{text}")
    return 0


def collected(arguments: argparse.Namespace, now_seconds: float) -> list[Piece]:
    """Every piece. The appliance need not run. Raises ConfigError."""
    from appliance.config import load
    from appliance.support import collecting, known, vocabulary
    from appliance.support.scrub import Scrubber

    loaded = load.load(arguments.config, os.environ)
    secrets = known.of(loaded.config)
    scrubber = Scrubber(vocabulary.words(), secrets.secrets, secrets.people, secrets.hosts)
    data = Path(loaded.config.paths.data)
    status, metrics = _asked(data)
    pieces = [
        collecting.machine_piece(data),
        collecting.configuration_piece(loaded, scrubber),
        collecting.checks_piece(loaded, scrubber, now_seconds),
        collecting.status_piece(status, scrubber),
        collecting.data_piece(loaded, now_seconds),
        _log(arguments, loaded, scrubber),
    ]
    return [*pieces, collecting.metrics_piece(metrics, scrubber)] if metrics else pieces


def _asked(data: Path) -> tuple[dict[str, Any] | str, str]:
    """Status and metrics of the running appliance; why there is none, and nothing."""
    import asyncio

    from appliance.control import ControlClient, socket_path
    from appliance.errors import ControlError

    async def ask() -> tuple[dict[str, Any], str]:
        async with ControlClient(socket_path(data)) as client:
            return await client.ask("status"), str((await client.ask("metrics"))["text"])

    try:
        return asyncio.run(ask())
    except ControlError as error:
        return error.message, ""


def _log(arguments: argparse.Namespace, loaded: Loaded, scrubber: Scrubber) -> Piece:
    from appliance.errors import ControlError
    from appliance.support import collecting

    try:
        return collecting.log_piece(_entries(arguments, Path(loaded.config.paths.data)), scrubber)
    except ControlError as error:
        return collecting.log_piece((), scrubber, error.message)


def _entries(arguments: argparse.Namespace, data: Path) -> Iterator[Entry]:
    """Of the file, the journal, or what the running appliance remembers. Raises ControlError."""
    from appliance.cli.logs import of_appliance
    from appliance.observe import entries, journal

    if arguments.log is not None:
        yield from map(entries.from_line, journal.of_file(arguments.log, follow=False))
    elif journal.has_lines():
        for line in journal.of_journal(time.time() - SINCE_SECONDS, None, follow=False):
            entry = entries.from_journal(line)
            if entry is not None:
                yield entry
    else:
        yield from (entries.from_line(line.encode()) for line in of_appliance(data, follow=False))
