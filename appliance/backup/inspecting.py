"""`verify`: is every byte of a backup as it was written, and is what it holds usable?"""

from __future__ import annotations

import tempfile
from pathlib import Path

from appliance import __version__
from appliance.backup import archive, databases
from appliance.backup.errors import BackupError, cannot, damaged
from appliance.backup.manifest import Manifest
from appliance.config.load import parse_toml
from appliance.errors import ConfigError

MAX_SETTINGS_BYTES = 1_048_576


def verify(path: Path, passphrase: str) -> Manifest:
    """Unpack it into a private folder for temporary files and look at everything. Raises BackupError."""
    try:
        with tempfile.TemporaryDirectory(prefix="appliance-verify-") as folder:
            return unpack_whole(path, passphrase, Path(folder))
    except OSError as error:
        raise cannot("the backup cannot be unpacked to look into it", error) from error


def unpack_whole(path: Path, passphrase: str, into: Path) -> Manifest:
    """Unpack it, and raise BackupError unless every checksum, database and settings file is good."""
    manifest = archive.unpack(path, passphrase, __version__, into)
    for entry in manifest.files:
        if entry.kind == "database":
            _look_at_database(into / entry.path, entry.path)
        elif entry.kind == "settings":
            _look_at_settings(into / entry.path, entry.path)
    return manifest


def _look_at_database(path: Path, name: str) -> None:
    try:
        databases.check(path, name)
    except BackupError as error:
        raise damaged(error.message) from error


def _look_at_settings(path: Path, name: str) -> None:
    if path.stat().st_size > MAX_SETTINGS_BYTES:
        raise damaged(f"{name} is larger than settings can be")
    try:
        parse_toml(path.read_bytes(), name)
    except ConfigError as error:
        raise damaged(error.message) from error
