"""What is old, and the way to the present form: a copy of each old file is set aside before.

Each is brought over as another copy, which then takes its place at once: at every moment either the old or
the new one is there, whole. Whatever ends it in the middle, the next call goes on with what is still old.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from appliance.backup import databases
from appliance.backup.catalogue import SET_ASIDE
from appliance.backup.files import give_to, make_folders, scratch, sweep, write_fresh
from appliance.claim import claim
from appliance.config import chosen, load
from appliance.config.environment import PREFIX
from appliance.config.model import Paths
from appliance.errors import ApplianceError, ConfigError
from appliance.folders import sync_folder
from appliance.migrating.renames import RENAMES, Rename, rewritten, wanted
from appliance.migrating.stores import STORES, Store, version_of

STAGING = ".migrate-"
State = Literal["present", "old", "done", "trouble"]


class Row(msgspec.Struct, frozen=True):
    """One file: what it is, and what is to be done, or was."""

    path: str
    state: State
    found: str
    """Its version, or the old keys in it."""
    to: str = ""
    hint: str = ""


class Places(msgspec.Struct, frozen=True):
    """Where things are, found without a configuration that may not be readable yet."""

    data: Path
    files: tuple[Path, ...] = ()


def places(explicit: Path | None, environ: Mapping[str, str], system_files: Sequence[Path]) -> Places:
    """The configuration's files that are there, and the data that they lead to. Raises ConfigError."""
    files = [explicit] if explicit is not None else [file for file in system_files if os.path.lexists(file)]
    data = environ.get(f"{PREFIX}PATHS__DATA", "")
    for file in reversed(files):
        paths = load.read_toml(file).get("paths")
        if not data and isinstance(paths, dict) and isinstance(paths.get("data"), str):
            data = str(file.absolute().parent / Path(paths["data"]).expanduser())
    folder = Path(data or Paths().data)
    own = folder / "appliance.toml"
    if (
        explicit is None
        and os.path.lexists(own)
        and own.absolute() not in {file.absolute() for file in files}
    ):
        files.append(own)
    if os.path.lexists(chosen.path_of(folder)):
        files.append(chosen.path_of(folder))
    return Places(folder, tuple(files))


def look(
    where: Places, renames: Sequence[Rename] = RENAMES, stores: Sequence[Store] = STORES
) -> Iterator[Row]:
    """What there is and what is old; changes nothing."""
    for file in where.files:
        yield _look_at_file(file, renames)
    for store in stores:
        if (where.data / store.path).exists():
            yield _look_at_store(where.data, store)


def _look_at_file(file: Path, renames: Sequence[Rename]) -> Row:
    try:
        text = load.read_bounded(file).decode("utf-8", "replace")
        old = wanted(load.parse_toml(text.encode(), str(file)), renames)
        if not old:
            return Row(str(file), "present", "no old key")
        rewritten(text, renames, load.parse_toml, str(file))
    except ConfigError as error:
        return Row(str(file), "trouble", error.message, hint=error.hint)
    return Row(str(file), "old", ", ".join(each.old for each in old), ", ".join(each.new for each in old))


def _look_at_store(data: Path, store: Store) -> Row:
    try:
        found = version_of(data / store.path)
    except ApplianceError as error:
        return Row(store.path, "trouble", error.message, hint=error.hint)
    if found > store.version:
        return Row(
            store.path, "trouble", f"version {found}, and this program knows {store.version}",
            hint="install the newer version of the appliance again, or restore a backup: appliance restore",
        )  # fmt: skip
    if found == store.version:
        return Row(store.path, "present", f"version {found}")
    return Row(store.path, "old", f"version {found}", f"version {store.version}")


def carry_out(
    where: Places, now: datetime, renames: Sequence[Rename] = RENAMES, stores: Sequence[Store] = STORES
) -> Iterator[Row]:
    """Do it; each row as it is done. Raises ControlError when an appliance runs with these data."""
    rows = list(look(where, renames, stores))
    sweep(where.data.glob(f"{STAGING}*"))
    if not any(row.state == "old" for row in rows):
        yield from rows
        return
    by_path = {store.path: store for store in stores}
    with claim(where.data):
        aside = where.data / SET_ASIDE / f"migrated-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        for row in rows:
            yield _done(row, where.data, aside, renames, by_path.get(row.path)) if row.state == "old" else row


def _done(row: Row, data: Path, aside: Path, renames: Sequence[Rename], store: Store | None) -> Row:
    try:
        if store is not None:
            _bring_store(data, store, aside)
        else:
            _bring_file(Path(row.path), data, renames, aside)
    except ApplianceError as error:
        return Row(row.path, "trouble", error.message, hint=error.hint)
    except (OSError, sqlite3.Error) as error:
        return Row(
            row.path, "trouble", f"it cannot be changed: {error}", hint="is it another user's? try sudo"
        )
    return Row(row.path, "done", row.found, row.to)


def _bring_store(data: Path, store: Store, aside: Path) -> None:
    path = data / store.path
    owner = path.stat()
    with scratch(data, STAGING) as work:
        fresh = work / "database"
        databases.copy(path, fresh)
        _set_aside(fresh, data, aside, store.path)
        store.migrate(fresh)
        found = version_of(fresh)
        if found != store.version:
            raise ApplianceError(f"{store.path} came out as version {found}", "appliance restore")
        databases.check(fresh, store.path)
        fresh.chmod(0o600)
        give_to(fresh, owner)
        _sync(fresh)
        fresh.replace(path)
    sync_folder(path.parent)


def _bring_file(file: Path, data: Path, renames: Sequence[Rename], aside: Path) -> None:
    raw, owner = load.read_bounded(file), file.stat()
    text = rewritten(raw.decode("utf-8"), renames, load.parse_toml, str(file))
    fresh = file.with_name(f".{file.name}{STAGING}")
    fresh.unlink(missing_ok=True)
    _set_aside(file, data, aside, f"{_place_of(file)}-{file.name}")
    with write_fresh(fresh) as opened:
        opened.write(text.encode())
    fresh.chmod(owner.st_mode & 0o777)
    give_to(fresh, owner)
    fresh.replace(file)
    sync_folder(file.parent)


def _place_of(file: Path) -> str:
    """Two files of the same name do not overwrite each other."""
    return file.absolute().parent.name or "root"


def _set_aside(path: Path, data: Path, aside: Path, name: str) -> None:
    """A private copy, whole or not at all."""
    make_folders(data, (aside / name).relative_to(data).as_posix())
    target = aside / name
    partial = target.with_name(f".{target.name}.partial")
    partial.unlink(missing_ok=True)
    with write_fresh(partial) as opened:
        opened.write(path.read_bytes())
    partial.replace(target)
    sync_folder(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
