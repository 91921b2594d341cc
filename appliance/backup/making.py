"""`make`: one backup into one file, in one step, while the appliance runs or not."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from appliance.backup import archive
from appliance.backup.collecting import Collector
from appliance.backup.errors import BackupError, cannot
from appliance.backup.files import FLAGS, give_to, scratch, sweep
from appliance.backup.manifest import Manifest
from appliance.config.model import Config
from appliance.folders import sync_folder

PREFIX, SUFFIX, SEALED_SUFFIX = "appliance-", ".tar.gz", ".tar.gz.sealed"
STAMP = "%Y-%m-%dT%H%M%SZ"
PARTIAL = ".partial"
STAGING = ".backup-"


class Made(msgspec.Struct, frozen=True):
    """What was made."""

    path: str
    size: int
    """Bytes."""
    encrypted: bool
    manifest: Manifest


def file_name(now: datetime, *, sealed: bool) -> str:
    """The name of a backup that is made now."""
    return f"{PREFIX}{now.astimezone(UTC):{STAMP}}{SEALED_SUFFIX if sealed else SUFFIX}"


def made_at(name: str) -> datetime | None:
    """When the backup of this name was made, by its machine's clock; None for other files."""
    stem = name.removesuffix(".sealed")
    if not (name.startswith(PREFIX) and stem.endswith(SUFFIX)):
        return None
    try:
        return datetime.strptime(stem.removeprefix(PREFIX).removesuffix(SUFFIX), STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def make(config: Config, to: Path, passphrase: str, now: datetime) -> Made:
    """Write a backup to `to`: a new file, or a folder in which it is named after `now`. Raises BackupError.

    Without a passphrase, secrets are left out; the manifest says which. The file appears as a whole, of mode
    0600, or not at all. Copies lie in a private folder of the data directory until then.
    """
    data = Path(config.paths.data)
    if not data.is_dir():
        raise BackupError(
            f"there is no data directory {data}", "nothing was ever kept there; check paths.data"
        )
    target = to / file_name(now, sealed=bool(passphrase)) if to.is_dir() else to
    if os.path.lexists(target):
        raise BackupError(f"{target} is already there", "give another name; no backup is overwritten")
    try:
        with scratch(data, STAGING) as staging:
            manifest = Collector(data, staging, secrets=bool(passphrase)).collect(config, now)
            with _appearing(target) as file:
                archive.write(file, manifest, staging, passphrase)
        return Made(str(target), target.stat().st_size, bool(passphrase), manifest)
    except OSError as error:
        raise cannot(f"{target} cannot be written", error) from error


@contextlib.contextmanager
def _appearing(target: Path) -> Iterator[BinaryIO]:
    """A file that is in its place when the block has ended well. Leftovers of killed processes go first."""
    sweep(target.parent.glob(f".{PREFIX}*{PARTIAL}"))
    partial = target.with_name(f".{PREFIX}{os.getpid()}-{target.name}{PARTIAL}")
    descriptor = os.open(partial, FLAGS, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with contextlib.suppress(OSError):  # not every network disk has locks; then nobody sweeps it
                fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            with contextlib.suppress(PermissionError):  # a network disk may not let root give files away
                give_to(partial, target.parent.stat())
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.rename(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)
