"""Putting a backup in place of what is there, as a whole, and undoing that.

Everything is unpacked and verified in `.restore/new` before anything else is touched. Then
`.restore/plan.json` appears in one step: from there on the restore is decided, and `resume` carries it on
after a power cut, file by file, each moved in one step. What was there goes to `set-aside/<number>-<time>`,
with a list, so that it can be put back in the same way.

Without `plan.json` the data directory is as it was; with it, whoever starts next must call `resume` first.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from appliance.backup import catalogue, plans
from appliance.backup.errors import BackupError, cannot
from appliance.backup.files import give_to, give_tree_to, make_folders, sync_tree, write_fresh
from appliance.backup.inspecting import unpack_whole
from appliance.backup.manifest import Manifest
from appliance.backup.plans import Move, Plan
from appliance.claim import claim
from appliance.folders import sync_folder

WORK, NEW, PLAN = ".restore", "new", "plan.json"


class Restored(msgspec.Struct, frozen=True):
    """What was done."""

    files: tuple[str, ...]
    removed: tuple[str, ...]
    """Files that the backup says were not there."""
    aside: str
    """Where what was there is now."""
    manifest: Manifest | None = None
    missing_models: tuple[str, ...] = ()


def restore(data: Path, backup: Path, passphrase: str, now: datetime) -> Restored:
    """Put `backup` in place. Raises BackupError, ControlError while an appliance runs."""

    def unpacked(new: Path) -> tuple[tuple[Move, ...], Manifest]:
        manifest = unpack_whole(backup, passphrase, new)
        return _moves(manifest), manifest

    return _exchange(data, now, unpacked)


def undo(data: Path, now: datetime) -> Restored:
    """Put back what the last restore set aside. Raises BackupError, ControlError. Undone again by another."""
    if not data.is_dir():
        raise BackupError(f"there is no data directory {data}", "check paths.data")

    def copied(new: Path) -> tuple[tuple[Move, ...], None]:
        aside = plans.newest_aside(data)
        touched = [move.path for move in plans.read(aside / plans.RECORD).moves]
        moves = tuple(Move(path, os.path.lexists(aside / path)) for path in touched)
        for move in moves:
            if move.arrives:
                _copy(aside / move.path, new, move.path)
        return moves, None

    return _exchange(data, now, copied)


def _exchange(
    data: Path, now: datetime, fill: Callable[[Path], tuple[tuple[Move, ...], Manifest | None]]
) -> Restored:
    """Let `fill` put files into an empty folder, then let them change places with those of `data`."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with claim(data):
            _resume(data)
            try:
                new = _fresh_work(data) / NEW
                new.mkdir(mode=0o700)
                moves, manifest = fill(new)
                plan = _commit(data, moves, now)
                _carry_out(data, plan)
            finally:
                _forget_undecided(data)
    except OSError as error:
        raise cannot(f"what is in {data} cannot be exchanged", error) from error
    return _restored(data, plan, manifest)


def resume(data: Path) -> bool:
    """Finish a restore that a power cut interrupted; True when there was one. Raises BackupError.

    To be called under the claim on the data directory, before anything in it is opened.
    """
    try:
        return _resume(data)
    except OSError as error:
        raise cannot("an interrupted restore cannot be finished", error) from error


def _resume(data: Path) -> bool:
    if not os.path.lexists(data / WORK / PLAN):
        return False
    _carry_out(data, plans.read(data / WORK / PLAN))
    return True


def _moves(manifest: Manifest) -> tuple[Move, ...]:
    arriving = tuple(Move(entry.path, arrives=True) for entry in manifest.files)
    leaving = tuple(Move(path, arrives=False) for path in manifest.absent)
    databases = [entry.path for entry in manifest.files if entry.kind == "database"]
    databases += [path for path in manifest.absent if path in _DATABASES]
    journals = tuple(Move(path + each, arrives=False) for path in databases for each in catalogue.JOURNALS)
    # An old journal must be gone before the new database is there.
    return (*journals, *leaving, *arriving)


_DATABASES = frozenset(item.path for item in catalogue.ITEMS if item.kind == "database")


def _fresh_work(data: Path) -> Path:
    """An empty `.restore`; what lies there without a plan was never decided."""
    work = data / WORK
    _forget_undecided(data)
    work.mkdir(mode=0o700)
    return work


def _forget_undecided(data: Path) -> None:
    if not os.path.lexists(data / WORK / PLAN):
        shutil.rmtree(data / WORK, ignore_errors=True)


def _commit(data: Path, moves: tuple[Move, ...], now: datetime) -> Plan:
    """Make everything ready and durable, then decide."""
    _check_folders(data, moves)
    plan = Plan(plans.aside_name(data, now), moves)
    aside = data / catalogue.SET_ASIDE / plan.aside
    aside.parent.mkdir(mode=0o700, exist_ok=True)
    aside.mkdir(mode=0o700)
    owner = data.stat()
    for move in moves:
        make_folders(aside, move.path)
        if move.arrives:
            make_folders(data, move.path)
            _give_folders(data, move.path, owner)
    work = data / WORK
    give_to(data / catalogue.SET_ASIDE, owner)
    give_tree_to(aside, owner)
    give_tree_to(work, owner)
    sync_tree(work)
    sync_tree(aside)
    sync_folder(data / catalogue.SET_ASIDE)
    fresh = work / f"{PLAN}.new"
    with write_fresh(fresh) as file:
        file.write(msgspec.json.encode(plan))
    give_to(fresh, owner)
    sync_folder(data)
    fresh.rename(work / PLAN)
    sync_folder(work)
    return plan


def _give_folders(data: Path, path: str, owner: os.stat_result) -> None:
    for depth in range(1, path.count("/") + 1):
        give_to(data.joinpath(*path.split("/")[:depth]), owner)


def _check_folders(data: Path, moves: tuple[Move, ...]) -> None:
    """A file is moved in one step only within one disk, and never through a link to elsewhere."""
    device = data.stat().st_dev
    for folder in sorted({(data / move.path).parent for move in moves}):
        for each in (folder, *folder.parents):
            if each == data:
                break
            if os.path.lexists(each) and (
                each.is_symlink() or not each.is_dir() or each.stat().st_dev != device
            ):
                raise BackupError(
                    f"{each} is not a folder on the same disk as {data}",
                    f"put it right, or away: ls -ld {each}",
                )
    for move in moves:
        place = data / move.path
        if place.is_dir() and not place.is_symlink():
            raise BackupError(
                f"{place} is a folder, and a file belongs there", f"put it away: ls -ld {place}"
            )


def _carry_out(data: Path, plan: Plan) -> None:
    """Do what was decided; may be begun again after every step. Raises OSError."""
    aside, new = data / catalogue.SET_ASIDE / plan.aside, data / WORK / NEW
    plans.record(aside, plan)
    for move in plan.moves:
        waits = not move.arrives or os.path.lexists(new / move.path)
        if waits and os.path.lexists(data / move.path) and not os.path.lexists(aside / move.path):
            (data / move.path).rename(aside / move.path)
    _sync_around(data, aside, plan)
    for move in plan.moves:
        if move.arrives and os.path.lexists(new / move.path):
            (new / move.path).replace(data / move.path)
    _sync_around(data, aside, plan)
    (data / WORK / PLAN).unlink()
    sync_folder(data / WORK)
    shutil.rmtree(data / WORK, ignore_errors=True)
    plans.prune(data)


def _sync_around(data: Path, aside: Path, plan: Plan) -> None:
    sync_tree(aside)
    for folder in {(data / move.path).parent for move in plan.moves}:
        if folder.is_dir():
            sync_folder(folder)


def _copy(source: Path, root: Path, path: str) -> None:
    make_folders(root, path)
    with source.open("rb") as old, write_fresh(root / path) as new:
        shutil.copyfileobj(old, new)


def _restored(data: Path, plan: Plan, manifest: Manifest | None) -> Restored:
    aside = data / catalogue.SET_ASIDE / plan.aside
    arrived = tuple(move.path for move in plan.moves if move.arrives)
    removed = tuple(
        move.path for move in plan.moves if not move.arrives and os.path.lexists(aside / move.path)
    )
    models = manifest.models if manifest else ()
    missing = tuple(name for name in models if not (data / "models" / name).is_dir())
    return Restored(arrived, removed, str(aside), manifest, missing)
