"""`appliance models list | fetch | verify | add`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from appliance.ops.inventory import Listed

NAME = "models"
HELP = "list, fetch, verify and add models"
PATIENCE_SECONDS = 2.0
"""A fetch that takes no longer shows no progress bar."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    every = actions.add_parser("list", help="every known model: state, size, memory, languages, licence")
    fetch = actions.add_parser("fetch", help="bring models; without a name, what the configuration needs")
    fetch.add_argument("names", nargs="*", metavar="NAME")
    fetch.add_argument(
        "--trust-first-download",
        action="store_true",
        help="accept a file that the manifest has no checksum for, and pin what arrives",
    )
    verify = actions.add_parser("verify", help="read every byte of the models that are here, or of these")
    verify.add_argument("names", nargs="*", metavar="NAME")
    add = actions.add_parser("add", help="take a model file (or a Vosk folder) of your own")
    add.add_argument("file", type=Path, metavar="FILE")
    add.add_argument("--name", default="", help="how the configuration calls it (default: the file's name)")
    add.add_argument("--engine", default="", help="the engine that reads it (default: told from the file)")
    add.add_argument("--kind", default="", choices=("wake", "stt", "tts", "llm", "vad", "speaker"))
    add.add_argument("--licence", default="unknown")
    add.add_argument("--language", action="append", default=[], metavar="CODE", help="may be repeated")
    for action in (every, fetch, verify, add):
        # Also after the action, without undoing what stood before it.
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        action.add_argument(
            "--config", type=Path, default=argparse.SUPPRESS, metavar="FILE", help=argparse.SUPPRESS
        )


def run(arguments: argparse.Namespace) -> int:
    """Do it; the exit status."""
    return {"list": _list, "fetch": _fetch, "verify": _verify, "add": _add}[arguments.action](arguments)


def _list(arguments: argparse.Namespace) -> int:
    import msgspec

    from appliance.config.load import load
    from appliance.ops.inventory import listed

    models = listed(load(arguments.config).config)
    if arguments.json:
        for model in models:
            print(msgspec.json.encode(model).decode())
        return 0
    rows = [("", "name", "engine", "state", "size MB", "RAM MB", "languages", "licence")]
    for model in models:
        mark = "*" if model.needed else ""
        size = (
            f"{model.size_bytes / 1e6:.1f}" if model.size_bytes else "?" if model.state == "missing" else "-"
        )
        state = model.state if model.pinned else f"{model.state}, no checksum"
        ram = str(model.ram_mb or "-")
        languages = " ".join(model.languages) or "-"
        rows.append((mark, model.name, model.engine, state, size, ram, languages, model.licence))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print("* needed by the configuration")
    return 0


def _row(model: Listed) -> tuple[str, ...]:
    size = f"{model.size_bytes / 1e6:.1f}" if model.size_bytes else "-"
    state = model.state if model.pinned else f"{model.state}, no checksum"
    return (
        "*" if model.needed else "",
        model.name,
        model.engine,
        state,
        size,
        str(model.ram_mb or "-"),
        " ".join(model.languages) or "-",
        model.licence,
    )


def _fetch(arguments: argparse.Namespace) -> int:
    import msgspec

    from appliance.config.load import load
    from appliance.ops.install import Fetcher

    config = load(arguments.config).config
    with _Bar(shown=not arguments.json and sys.stderr.isatty()) as bar:
        fetcher = Fetcher(config, bar.update, trust_first=arguments.trust_first_download)
        fetched = fetcher.fetch(arguments.names)
    for model in fetched:
        if arguments.json:
            print(msgspec.json.encode(model).decode())
        else:
            print(f"{model.name}: {'fetched' if model.fetched else 'already here'}: {model.path}")
    if not fetched and not arguments.json:
        print("The configured engines bring their own models; nothing to fetch.")
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    import msgspec

    from appliance.config.load import load
    from appliance.ops.inventory import verdicts

    bad = False
    for verdict in verdicts(load(arguments.config).config, arguments.names):
        bad = bad or not verdict.ok
        if arguments.json:
            print(msgspec.json.encode(verdict).decode(), flush=True)
        elif verdict.ok:
            print(f"{verdict.name}: good", flush=True)
        else:
            print(
                f"{verdict.name}: {verdict.problem}\n  → appliance models fetch {verdict.name}",
                file=sys.stderr,
            )
    return 1 if bad else 0


def _add(arguments: argparse.Namespace) -> int:
    from appliance.config.load import load
    from appliance.ops.adding import Request, add

    request = Request(
        path=arguments.file,
        name=arguments.name,
        engine=arguments.engine,
        kind=arguments.kind,
        licence=arguments.licence,
        languages=tuple(arguments.language),
    )
    model = add(load(arguments.config).config, request)
    if arguments.json:
        print(json.dumps({"name": model.name, "kind": model.kind, "engine": model.engine}))
    else:
        setting = (
            f'wake.words = ["{model.name}"]'
            if model.kind == "wake"
            else f'{model.kind}.model = "{model.name}"'
        )
        print(f"{model.name}: added for {model.engine}. Use it with: {setting}")
    return 0


class _Bar:
    """A progress bar that only appears when a fetch takes longer than two seconds."""

    def __init__(self, *, shown: bool) -> None:
        self.shown = shown
        self.started = time.monotonic()
        self.progress: Progress | None = None
        self.tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.progress is not None:
            self.progress.stop()

    def update(self, name: str, done: int, total: int) -> None:
        """Take the state of one download."""
        if not self.shown or time.monotonic() - self.started < PATIENCE_SECONDS:
            return
        if self.progress is None:
            self.progress = _progress()
            self.progress.start()
        if name not in self.tasks:
            self.tasks[name] = self.progress.add_task(name, total=total or None)
        self.progress.update(self.tasks[name], completed=done, total=total or None)


def _progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))
