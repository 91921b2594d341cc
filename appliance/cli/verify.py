"""`appliance verify FILE`: is a backup whole, and what is in it?"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from appliance.cli.backup import add_passphrase, add_source

NAME = "verify"
HELP = "read every byte of a backup, check its databases, and list what is in it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which, and with what."""
    add_source(parser)
    add_passphrase(parser, "also: $APPLIANCE_BACKUP_PASSPHRASE, or a prompt")


def run(arguments: argparse.Namespace) -> int:
    """List it; an error is raised for a backup that could not be restored."""
    from appliance.errors import ApplianceError

    if (arguments.file is None) == (arguments.offsite is None):
        raise ApplianceError("name one backup, or --offsite", "appliance verify FILE")
    return _verify(arguments, arguments.file) if arguments.file else _offsite(arguments)


def _offsite(arguments: argparse.Namespace) -> int:
    """Read all of the repository, then look at one copy as at any other backup."""
    import tempfile

    from appliance.backup.errors import cannot
    from appliance.backup.offsite import Offsite
    from appliance.config import load

    offsite = Offsite(load.load(arguments.config, os.environ).config)
    try:
        with tempfile.TemporaryDirectory(prefix="appliance-offsite-") as folder:
            offsite.check()
            if not arguments.json:
                for copy in offsite.copies():
                    print(f"{copy.id[:8]}  {copy.name}")
            return _verify(arguments, offsite.fetch(Path(folder), arguments.offsite))
    except OSError as error:
        raise cannot("the copy cannot be fetched", error) from error


def _verify(arguments: argparse.Namespace, file: Path) -> int:
    import msgspec

    from appliance.backup import archive, passphrase
    from appliance.backup.inspecting import verify
    from appliance.supervision.lines import clean

    secret = ""
    if archive.needs_passphrase(file):
        secret = passphrase.find(arguments.passphrase_file, None, os.environ, new=False)
    manifest = verify(file, secret)
    if arguments.json:
        print(msgspec.json.encode(manifest).decode())
        return 0
    print(
        f"made {manifest.made_at} by version {clean(manifest.appliance)} on {clean(manifest.machine)}; whole"
    )
    for entry in manifest.files:
        print(f"{entry.size:>12}  {entry.sha256[:16]}  {entry.path}")
    for what, names in (
        ("left out, for want of a passphrase", manifest.left_out),
        ("without its passwords", manifest.shortened),
        ("models, to be fetched again", manifest.models),
        ("outside the data directory, not in it", manifest.outside),
    ):
        if names:
            print(f"{what}: {', '.join(map(clean, names))}")
    return 0
