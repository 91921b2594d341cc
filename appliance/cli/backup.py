"""`appliance backup`: everything that cannot be fetched again, in one file."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from appliance.config.model import Config

NAME = "backup"
HELP = "put settings, people, timers and credentials into one file, while the appliance runs or not"


def never(words: str) -> NoReturn:
    """A passphrase as an argument: refused without repeating it. Type of an argument."""
    del words
    raise argparse.ArgumentTypeError("everybody on this machine could see it here: use --passphrase-file")


def add_source(parser: argparse.ArgumentParser) -> None:
    """Which backup: a file, or a copy elsewhere."""
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="what `appliance backup` made")
    parser.add_argument(
        "--offsite", nargs="?", const="", metavar="NAME",
        help="instead of FILE: the newest copy in backup.offsite, or the one of this name",
    )  # fmt: skip


def add_passphrase(parser: argparse.ArgumentParser, text: str) -> None:
    """Where the passphrase is; `text` is the help. The second is not to be taken for the first."""
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE", help=text)
    parser.add_argument("--passphrase", type=never, help=argparse.SUPPRESS)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to, and what with."""
    parser.add_argument(
        "--to",
        type=Path,
        default=Path(),
        metavar="FILE|DIR",
        help="a new file, or a folder (default: this one)",
    )
    add_passphrase(
        parser,
        "encrypt with the passphrase in it; also: $APPLIANCE_BACKUP_PASSPHRASE, backup.passphrase_file",
    )
    parser.add_argument(
        "--no-passphrase", action="store_true", help="do not encrypt: passwords, PINs and keys are left out"
    )

    elsewhere = parser.add_mutually_exclusive_group()
    elsewhere.add_argument(
        "--offsite", action="store_true", help="make a snapshot now, and copy it to backup.offsite"
    )
    elsewhere.add_argument(
        "--offsite-init", action="store_true", help="make an empty repository at backup.offsite"
    )


def run(arguments: argparse.Namespace) -> int:
    """Make it and say what is in it."""
    from datetime import UTC, datetime

    from appliance.backup import passphrase
    from appliance.backup.making import make
    from appliance.config import load

    config = load.load(arguments.config, os.environ).config
    if arguments.offsite or arguments.offsite_init:
        return _offsite(arguments, config)
    secret = ""
    if not arguments.no_passphrase:
        secret = passphrase.find(arguments.passphrase_file, config, os.environ, new=True)
    made = make(config, arguments.to, secret, datetime.now(UTC))
    manifest = made.manifest
    if arguments.json:
        print(
            json.dumps(
                {
                    "path": made.path, "bytes": made.size, "encrypted": made.encrypted,
                    "files": [entry.path for entry in manifest.files], "left_out": manifest.left_out,
                    "shortened": manifest.shortened, "models": manifest.models, "outside": manifest.outside,
                }
            )
        )  # fmt: skip
        return 0
    how = "encrypted" if made.encrypted else "not encrypted"
    print(f"{made.path}: {len(manifest.files)} files, {made.size} bytes, {how}")
    for line in _left_out(manifest.left_out, manifest.shortened, manifest.outside):
        print(line, file=sys.stderr)
    return 0


def _offsite(arguments: argparse.Namespace, config: Config) -> int:
    from datetime import UTC, datetime

    from appliance.backup.__main__ import carry_out
    from appliance.backup.offsite import Offsite
    from appliance.backup.snapshots import Order
    from appliance.errors import ApplianceError

    offsite = Offsite(config)
    if arguments.offsite_init:
        offsite.begin()
        said = f"there is an empty repository now: {config.backup.offsite}"
        print(json.dumps({"repository": config.backup.offsite}) if arguments.json else said)
        return 0
    taken = carry_out(Order(config, datetime.now(UTC)))
    if taken.offsite_error:
        raise ApplianceError(
            f"{taken.path} was made, but not copied: {taken.offsite_error}", taken.offsite_hint
        )
    said = f"{taken.path}: {taken.size} bytes, copied to {config.backup.offsite}"
    print(json.dumps({"path": taken.path, "bytes": taken.size}) if arguments.json else said)
    if taken.left_out:
        print("passwords, PINs and keys are not in it; see backup.passphrase_file", file=sys.stderr)
    return 0


def _left_out(left_out: tuple[str, ...], shortened: tuple[str, ...], outside: tuple[str, ...]) -> list[str]:
    lines = []
    if left_out:
        lines.append(f"left out, because there is no passphrase: {', '.join(left_out)}")
    if shortened:
        lines.append(f"without its passwords, because there is no passphrase: {', '.join(shortened)}")
    if outside:
        lines.append(f"not in it, because they lie outside the data directory: {', '.join(outside)}")
    return lines
