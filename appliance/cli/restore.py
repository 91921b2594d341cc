"""`appliance restore FILE`: put a backup in place of what is there; `--undo` takes that back."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.cli.backup import add_passphrase, add_source
from appliance.errors import ApplianceError

if TYPE_CHECKING:
    from appliance.backup.manifest import Manifest
    from appliance.backup.restoring import Restored
    from appliance.config.model import Config

NAME = "restore"
HELP = "put a backup in place of settings, people, timers and credentials; the appliance must be stopped"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which, where to, and whether to ask."""
    add_source(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--undo", action="store_true", help="put back what the last restore set aside")
    add_passphrase(parser, "also: $APPLIANCE_BACKUP_PASSPHRASE, or a prompt")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="this data directory, whatever the configuration says"
    )


def run(arguments: argparse.Namespace) -> int:
    """Verify, ask, do it, and say what is still to do."""
    given = (arguments.file is not None, arguments.offsite is not None, arguments.undo)
    if given.count(True) != 1:
        raise ApplianceError("name one backup, or --offsite, or --undo", "appliance restore FILE")
    data = arguments.data or Path(_config(arguments).paths.data)
    restored = _undo(arguments, data) if arguments.undo else _found(arguments, data)
    if restored is None:
        return 1
    if arguments.json:
        print(_as_json(restored))
        return 0
    print(f"{len(restored.files)} files are in place in {data}; what was there is in {restored.aside}")
    for line in _still_to_do(restored):
        print(line)
    print("to take it back: appliance restore --undo")
    return 0


def _config(arguments: argparse.Namespace) -> Config:
    from appliance.config import load

    return load.load(arguments.config, os.environ).config


def _found(arguments: argparse.Namespace, data: Path) -> Restored | None:
    """From a file, or from a copy that is fetched for as long as this takes."""
    import tempfile

    from appliance.backup.errors import cannot
    from appliance.backup.offsite import Offsite

    if arguments.offsite is None:
        return _restore(arguments, arguments.file, data)
    try:
        with tempfile.TemporaryDirectory(prefix="appliance-offsite-") as folder:
            file = Offsite(_config(arguments)).fetch(Path(folder), arguments.offsite)
            return _restore(arguments, file, data)
    except OSError as error:
        raise cannot("the copy cannot be fetched", error) from error


def _restore(arguments: argparse.Namespace, file: Path, data: Path) -> Restored | None:
    from datetime import UTC, datetime

    from appliance.backup import archive, passphrase, restoring
    from appliance.backup.inspecting import verify

    secret = ""
    if archive.needs_passphrase(file):
        secret = passphrase.find(arguments.passphrase_file, None, os.environ, new=False)
    if not arguments.yes and not _agreed(_question(verify(file, secret), data)):
        return None
    return restoring.restore(data, file, secret, datetime.now(UTC))


def _undo(arguments: argparse.Namespace, data: Path) -> Restored | None:
    from datetime import UTC, datetime

    from appliance.backup import restoring

    if not arguments.yes and not _agreed(f"Put back what the last restore set aside in {data}?"):
        return None
    return restoring.undo(data, datetime.now(UTC))


def _question(manifest: Manifest, data: Path) -> str:
    what = f"{len(manifest.files)} files of {manifest.made_at}"
    return f"Put {what} in place of what is in {data}? What is there is set aside."


def _agreed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise ApplianceError("nobody is here to be asked", "say --yes")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().casefold() in {"y", "yes"}:
        return True
    print("nothing was changed", file=sys.stderr)
    return False


def _still_to_do(restored: Restored) -> list[str]:
    from appliance.supervision.lines import clean

    lines = []
    if restored.missing_models:
        lines.append(f"models to fetch again: {', '.join(map(clean, restored.missing_models))}")
        lines.append("  → appliance models fetch")
    manifest = restored.manifest
    if manifest and manifest.left_out:
        lines.append(f"not in the backup, left as they are here: {', '.join(map(clean, manifest.left_out))}")
    if manifest and manifest.shortened:
        lines.append(f"passwords to set again: {', '.join(map(clean, manifest.shortened))}")
    if manifest and manifest.outside:
        lines.append(f"files to bring yourself: {', '.join(map(clean, manifest.outside))}")
    return lines


def _as_json(restored: Restored) -> str:
    manifest = restored.manifest
    return json.dumps(
        {
            "files": restored.files, "removed": restored.removed, "aside": restored.aside,
            "missing_models": restored.missing_models, "left_out": manifest.left_out if manifest else (),
            "shortened": manifest.shortened if manifest else (),
            "outside": manifest.outside if manifest else (),
        }
    )  # fmt: skip
