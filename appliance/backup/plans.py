"""What a restore was decided to do, kept on the disk, and the folders of what restores set aside."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from appliance.backup import catalogue
from appliance.backup.errors import BackupError
from appliance.backup.files import give_to, write_fresh
from appliance.folders import sync_folder

RECORD = "restored.json"
MAX_PLAN_BYTES = 4_194_304
MAX_SET_ASIDE = 3
ASIDE_NAME = re.compile(r"(\d{4,9})-[\dTZ-]+")


class Move(msgspec.Struct, frozen=True):
    """One path below the data directory: what is there goes; `arrives` says whether something comes."""

    path: str
    arrives: bool


class Plan(msgspec.Struct, frozen=True):
    """A restore that was decided."""

    aside: str
    """Folder below `set-aside`."""
    moves: Annotated[tuple[Move, ...], Meta(max_length=10_000)]


def record(aside: Path, plan: Plan) -> None:
    """What `undo` goes by. Written once it is decided: a folder without it belongs to no restore."""
    fresh = aside / f"{RECORD}.new"
    fresh.unlink(missing_ok=True)
    with write_fresh(fresh) as file:
        file.write(msgspec.json.encode(plan))
    give_to(fresh, aside.stat())
    fresh.replace(aside / RECORD)
    sync_folder(aside)


def read(path: Path) -> Plan:
    """A plan of ours; one that names other places is not carried out."""
    with path.open("rb") as file:
        raw = file.read(MAX_PLAN_BYTES + 1)
    try:
        plan = msgspec.json.decode(raw, type=Plan)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BackupError(f"{path} is damaged: {error}", f"remove it: rm {path}") from error
    if ASIDE_NAME.fullmatch(plan.aside) is None or not all(_is_ours(move.path) for move in plan.moves):
        raise BackupError(f"{path} was not written by this program", f"remove it: rm {path}")
    return plan


def _is_ours(path: str) -> bool:
    journal = next((each for each in catalogue.JOURNALS if path.endswith(each)), "")
    return catalogue.is_allowed(path.removesuffix(journal) if journal else path)


def asides(data: Path) -> list[Path]:
    """Folders of former restores, the oldest first."""
    folder = data / catalogue.SET_ASIDE
    if not folder.is_dir():
        return []
    found = [each for each in folder.iterdir() if ASIDE_NAME.fullmatch(each.name) and each.is_dir()]
    return sorted(found, key=_number)


def _number(aside: Path) -> int:
    return int(aside.name.partition("-")[0])


def aside_name(data: Path, now: datetime) -> str:
    """Numbered, because clocks go wrong."""
    last = max(map(_number, asides(data)), default=0)
    return f"{last + 1:04}-{now.astimezone(UTC):%Y-%m-%dT%H%M%SZ}"


def newest_aside(data: Path) -> Path:
    """What the last restore set aside."""
    with_record = [each for each in asides(data) if (each / RECORD).is_file()]
    if not with_record:
        raise BackupError("there is no restore to undo", f"ls {data / catalogue.SET_ASIDE}")
    return with_record[-1]


def prune(data: Path) -> None:
    """Keep what the last few restores set aside."""
    of_restores = [each for each in asides(data) if (each / RECORD).is_file()]
    for old in set(asides(data)) - set(of_restores[-MAX_SET_ASIDE:]):
        shutil.rmtree(old, ignore_errors=True)
