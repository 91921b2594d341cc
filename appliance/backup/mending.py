"""At start, before any database is opened: finish an interrupted restore, and mend what is damaged.

A damaged database is set aside in `set-aside/damaged-<time>`, and the newest snapshot that holds a good one
gives it back. At every moment the damaged file, the restored one, or both are there.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from appliance.backup import catalogue, databases, passphrase
from appliance.backup.files import make_folders, scratch, sweep
from appliance.backup.inspecting import unpack_whole
from appliance.backup.restoring import resume
from appliance.backup.retention import TOLERANCE
from appliance.backup.snapshots import folder, listed
from appliance.config.model import Config
from appliance.errors import ApplianceError
from appliance.folders import sync_folder

LOG = logging.getLogger(__name__)
STAGING, ASIDE = ".mend-", "damaged-"
MAX_SNAPSHOTS = 10
"""So many are tried: a start must not take for ever."""
MAX_ASIDE = 3
CHECK_SECONDS = 20.0
RESCUED = {"timers.sqlite": "SELECT body FROM timers LIMIT 1"}
"""Who owns this saves what can still be read: that is newer than any snapshot."""


class Mended(msgspec.Struct, frozen=True):
    """One database that was damaged."""

    path: str
    """Below the data directory."""
    trouble: str
    aside: str
    """Where the damaged file is now."""
    snapshot: datetime | None
    """When what is in its place was saved, UTC; None when nothing is, and it begins empty."""


def mend(config: Config, now: datetime) -> tuple[Mended, ...]:
    """To be called under the claim, before any database is opened; blocking.

    Raises BackupError only for an interrupted restore that cannot be finished. What else cannot be mended is
    logged, and left to whoever opens the file.
    """
    data = Path(config.paths.data)
    if resume(data):
        LOG.warning("a restore that was interrupted is finished now")
    sweep(data.glob(f"{STAGING}*"))
    done = []
    for path, trouble in _damaged(data):
        try:
            done.append(_mend_one(config, path, trouble, now))
        except OSError as error:
            LOG.error("%s is damaged, and cannot be mended: %s", path, error)  # noqa: TRY400 - for people
    return tuple(done)


def _damaged(data: Path) -> Iterator[tuple[str, str]]:
    for item in catalogue.ITEMS:
        if item.kind == "database" and (data / item.path).is_file():
            trouble = databases.trouble(data / item.path, CHECK_SECONDS)
            if trouble and not _is_rescued(data / item.path, item.path):
                yield item.path, trouble


def _is_rescued(path: Path, name: str) -> bool:
    return name in RESCUED and databases.readable(path, RESCUED[name])


def _mend_one(config: Config, path: str, trouble: str, now: datetime) -> Mended:
    data = Path(config.paths.data)
    with scratch(data, STAGING) as work:
        found = _newest_good(config, path, work, now)
        aside = _set_aside(data, path, now, keep=found is not None)
        if found is not None:
            (work / "found").replace(data / path)
        sync_folder((data / path).parent)
    LOG.error(
        "%s was damaged (%s): it is now %s; %s",
        *(data / path, trouble, aside, f"restored as of {found}" if found else "no snapshot holds it"),
    )
    return Mended(path, trouble, str(aside), found)


def _newest_good(config: Config, path: str, work: Path, now: datetime) -> datetime | None:
    """Put the database of the newest snapshot that has a good one into `work/found`; when it was made."""
    there = listed(folder(config))
    # Those of a wrong clock come last.
    order = sorted(there, key=lambda when: (when <= now + TOLERANCE, when), reverse=True)
    for number, when in enumerate(order[:MAX_SNAPSHOTS]):
        into = work / str(number)
        into.mkdir(mode=0o700)
        try:
            manifest = unpack_whole(there[when], _secret(config, there[when]), into)
        except ApplianceError as error:
            LOG.warning("%s cannot be used: %s", there[when], error.message)
        else:
            if any(entry.path == path and entry.kind == "database" for entry in manifest.files):
                (into / path).replace(work / "found")
                return when
        shutil.rmtree(into, ignore_errors=True)
    return None


def _secret(config: Config, snapshot: Path) -> str:
    return passphrase.configured(config, new=False) if snapshot.name.endswith(".sealed") else ""


def _set_aside(data: Path, path: str, now: datetime, *, keep: bool) -> Path:
    """Where it went. With `keep` the database itself stays in its place, too, until it is replaced."""
    root = data / catalogue.SET_ASIDE
    root.mkdir(mode=0o700, exist_ok=True)
    aside = root / f"{ASIDE}{now.astimezone(UTC):%Y-%m-%dT%H%M%S.%fZ}"
    aside.mkdir(mode=0o700, exist_ok=True)
    make_folders(aside, path)
    for journal in catalogue.JOURNALS:
        with contextlib.suppress(FileNotFoundError):
            (data / f"{path}{journal}").replace(aside / f"{path}{journal}")
    if keep:
        _twice(data / path, aside / path)
    else:
        (data / path).replace(aside / path)
    sync_folder((aside / path).parent)
    _prune(root)
    return aside / path


def _twice(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
        target.chmod(0o600)


def _prune(root: Path) -> None:
    for old in sorted(root.glob(f"{ASIDE}*"))[:-MAX_ASIDE]:
        shutil.rmtree(old, ignore_errors=True)
