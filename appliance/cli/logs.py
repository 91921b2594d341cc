"""`appliance logs`: what happened, of one turn, what failed, what was slow."""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

from appliance.cli._running import data_folder
from appliance.control import NotRunning, asked
from appliance.errors import ControlError
from appliance.observe import entries, journal
from appliance.observe.entries import Entry, Wanted

NAME = "logs"
HELP = "show the log: of one turn, only errors, only what was slow"
SINCE = "1d"
POLL_SECONDS = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which lines, and where they are."""
    parser.add_argument(
        "--trace", default="", metavar="ID", help="of one turn: its id, or the beginning of it"
    )
    parser.add_argument("--errors", action="store_true", help="only errors")
    parser.add_argument("--slower-than", metavar="TIME", help="only what took longer: 500ms, 1s")
    parser.add_argument(
        "--since",
        default=SINCE,
        metavar="TIME",
        help=f"how far back: 30s, 10m, 2h, 1d (the default is {SINCE})",
    )
    parser.add_argument("--follow", action="store_true", help="go on with what comes, until Ctrl-C")
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--file", type=Path, metavar="FILE", help="read this file, not the journal")
    place.add_argument("--live", action="store_true", help="ask the running appliance for its newest lines")
    place.add_argument("--journal", type=Path, metavar="FOLDER", help="read the journals in this folder")


def wanted(arguments: argparse.Namespace, now: float) -> Wanted:
    """What the arguments ask for; `now` in seconds since 1970. Raises ControlError."""
    slower = arguments.slower_than
    return Wanted(
        trace=entries.trace(arguments.trace) if arguments.trace else "",
        errors=arguments.errors,
        slower_than_ms=None if slower is None else entries.seconds(slower) * 1000,
        since=max(0.0, now - entries.seconds(arguments.since)),
    )


def read(arguments: argparse.Namespace, since: float | None) -> Iterator[Entry]:
    """Every entry of the file, the journal, or what the appliance remembers. Raises ControlError."""
    if arguments.file is not None:
        yield from map(entries.from_line, journal.of_file(arguments.file, follow=arguments.follow))
    elif arguments.journal is not None or (not arguments.live and journal.has_lines()):
        for line in journal.of_journal(since, arguments.journal, follow=arguments.follow):
            entry = entries.from_journal(line)
            if entry is not None:
                yield entry
    else:
        yield from _remembered(arguments)


def _remembered(arguments: argparse.Namespace) -> Iterator[Entry]:
    data = data_folder(arguments)
    try:
        for line in of_appliance(data, follow=arguments.follow):
            yield entries.from_line(line.encode())
    except NotRunning as error:
        raise ControlError(
            f"no appliance runs with the data in {data}, and no journal here holds a line of one",
            "try it with sudo, or give the file that the log was written to: --file FILE",
        ) from error


def of_appliance(data: Path, *, follow: bool) -> Iterator[str]:
    """The lines that a running appliance remembers, page by page. Raises ControlError."""
    after, more = 0, True
    with asyncio.Runner() as runner:
        while more or follow:
            page = runner.run(asked(data, "logs", after=after))
            yield from page["lines"]
            after, more = page["next"], page["more"]
            if follow and not more:
                time.sleep(POLL_SECONDS)


def run(arguments: argparse.Namespace) -> int:
    """Print what fits."""
    these = wanted(arguments, time.time())
    show = entries.as_json if arguments.json else entries.shown
    for entry in read(arguments, these.since):
        if these.fits(entry):
            print(show(entry), flush=arguments.follow)
    return 0
