"""New versions of the image, and snapshots of what cannot be fetched again."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from appliance.web.answers import route
from appliance.web.context import Context

TAG = "upkeep"


class Updates(msgspec.Struct, frozen=True):
    """What runs, what there is, and what is under way."""

    installed: str
    latest: str
    """Equal to `installed` when nothing newer is known."""
    available: bool
    in_progress: bool
    percent: int | None
    """While something is under way and its progress is known."""
    doing: str
    notes: str
    released: str
    size_mb: int
    trying: bool
    """The installed version is on trial: it is taken back when it is not well."""
    undone: str
    """A version that was tried and taken back."""
    undone_why: str
    problem: str
    hint: str


class RolledBack(msgspec.Struct, frozen=True):
    """The version that starts next."""

    version: str


class Kept(msgspec.Struct, frozen=True):
    """A snapshot."""

    where: str
    at: float | None
    """When it was made, in seconds since 1970, as its name says."""


class Backups(msgspec.Struct, frozen=True):
    """All snapshots, and what is wrong with making them."""

    snapshots: list[Kept]
    trouble: str
    offsite_trouble: str


class Snapshot(msgspec.Struct, frozen=True):
    """One that was made now."""

    path: str
    size: int
    """Bytes."""
    left_out: int
    """Secrets that are not in it: `backup.passphrase_file` keeps them."""
    removed: list[str]
    """Older ones that were let go."""


@route("GET /api/updates", "admin", TAG, "Versions, and what is under way")
async def updates(context: Context) -> Updates:
    """Only the image updates itself; elsewhere this is refused."""
    return _updates(await context.ask("update"))


@route("POST /api/updates/check", "admin", TAG, "Look for a newer version")
async def check(context: Context) -> Updates:
    """Asks the channel (`update.url`); nothing is installed by that."""
    return _updates(await context.ask("update_check"))


@route("POST /api/updates/install", "admin", TAG, "Install the newer version")
async def install(context: Context) -> Updates:
    """From the channel, and from nowhere else: a file of one's own needs `appliance update`."""
    return _updates(await context.ask("update_install"))


@route("POST /api/updates/rollback", "admin", TAG, "Go back to the version before")
async def roll_back(context: Context) -> RolledBack:
    """It starts anew with that one."""
    return RolledBack(str((await context.ask("update_rollback"))["version"]))


@route("GET /api/backups", "admin", TAG, "Snapshots")
async def backups(context: Context) -> Backups:
    """Where each lies, the oldest first."""
    told = await context.ask("backup_list")
    kept = [Kept(str(each), made_at(str(each))) for each in told["snapshots"]]
    return Backups(kept, str(told["trouble"]), str(told["offsite_trouble"]))


STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d{6}Z")


def made_at(name: str) -> float | None:
    """The time in the name of a snapshot."""
    found = STAMP.findall(name)
    if not found:
        return None
    try:
        return datetime.strptime(found[-1], "%Y-%m-%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


@route("POST /api/backups", "admin", TAG, "Make a snapshot now", status=201)
async def take(context: Context) -> Snapshot:
    """Beside the one of every day (`backup.enabled`)."""
    return msgspec.convert(await context.ask("backup_take"), Snapshot)


def _updates(told: dict[str, Any]) -> Updates:
    return msgspec.convert(told, Updates)


ROUTES: list[Any] = [updates, check, install, roll_back, backups, take]
