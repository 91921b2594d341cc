"""The data directory at the start: private, and with a little room even when somebody has filled its disk.

A start replaces small files (the broker's, the lock of a database), for which a full disk has no block. So
some room is kept by a file of nothing, which gives way when it is needed and comes back when there is room.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from appliance.errors import ApplianceError
from appliance.folders import sync_folder

LOG = logging.getLogger(__name__)
BALLAST = "ballast"
BALLAST_BYTES = 4 << 20
"""Several times what a start writes."""
NEEDED_BYTES = 2 << 20
"""With less free than that the ballast goes."""
PLENTY_BYTES = 64 << 20
"""With more free than that it comes back."""


def prepare(data: Path) -> None:
    """Make it, for its owner alone, and see to its room. Raises ApplianceError when it cannot be made."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ApplianceError(
            f"the data directory {data} cannot be made: {error.strerror}",
            "set paths.data to a folder you own",
        ) from error
    try:
        keep_room(data)
    except OSError as error:
        LOG.warning("%s: %s", data, error.strerror)


def keep_room(data: Path, free_bytes: int | None = None) -> None:
    """Drop or make the ballast. Raises OSError."""
    ballast = data / BALLAST
    free = _free_bytes(data) if free_bytes is None else free_bytes
    if free < NEEDED_BYTES:
        make_room(data, free)
        LOG.error("the disk of %s is full; what is not needed there should go: appliance doctor", data)
    elif free > PLENTY_BYTES and not ballast.exists():
        with _new(ballast) as number:
            os.posix_fallocate(number, 0, BALLAST_BYTES)


def make_room(data: Path, free_bytes: int | None = None) -> None:
    """Drop the ballast when there is too little room: before the appliance itself starts. Raises OSError."""
    ballast = data / BALLAST
    if ballast.exists() and (_free_bytes(data) if free_bytes is None else free_bytes) < NEEDED_BYTES:
        ballast.unlink()
        sync_folder(data)


def _free_bytes(data: Path) -> int:
    found = os.statvfs(data)
    return found.f_bavail * found.f_frsize


@contextmanager
def _new(path: Path) -> Iterator[int]:
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        yield number
    finally:
        os.close(number)
