"""One appliance a data directory: two would overwrite each other's broker, models and socket."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from appliance.control import socket_path
from appliance.errors import ControlError


@contextlib.contextmanager
def claim(data: Path) -> Iterator[None]:
    """Hold this data directory for as long as the block lasts.

    Raises ControlError when another one holds it, or when it cannot be written. The kernel lets go of it at
    the end of the process, whatever that end is.
    """
    folder = socket_path(data).parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ControlError(
            f"the data directory {data} cannot be written: {error.strerror}",
            "set paths.data to a folder you own",
        ) from error
    try:
        _lock(lock, data)
        yield
    finally:
        os.close(lock)


def _lock(lock: int, data: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ControlError(
            f"an appliance already runs with the data directory {data}",
            "stop it first, or set paths.data to another folder",
        ) from error
    except OSError as error:
        raise ControlError(
            f"the data directory {data} cannot be locked: {error.strerror}",
            "set paths.data to a folder on a local disk",
        ) from error
