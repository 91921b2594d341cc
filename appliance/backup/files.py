"""Small file work that survives power cuts: private files, folders, leftovers of the killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from appliance.folders import sync_folder

FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@contextlib.contextmanager
def write_fresh(path: Path) -> Iterator[BinaryIO]:
    """A new file of its owner alone, on the disk when the block ends. Raises OSError."""
    with os.fdopen(os.open(path, FLAGS, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def make_folders(root: Path, path: str) -> None:
    """The folders above `path` below `root`, each of its owner alone. Raises OSError."""
    folder = root
    for part in path.split("/")[:-1]:
        folder /= part
        folder.mkdir(mode=0o700, exist_ok=True)


def sync_tree(folder: Path) -> None:
    """`sync_folder` for it and everything below; files are not looked at."""
    for each, _, _ in os.walk(folder):
        sync_folder(Path(each))


def give_to(path: Path, owner: os.stat_result) -> None:
    """What root makes belongs to the owner of the data directory: the appliance must be able to use it."""
    if os.geteuid() == 0:
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def give_tree_to(folder: Path, owner: os.stat_result) -> None:
    """`give_to` for a folder and everything below."""
    for each, folders, files in os.walk(folder):
        give_to(Path(each), owner)
        for name in (*folders, *files):
            give_to(Path(each, name), owner)


@contextlib.contextmanager
def scratch(parent: Path, prefix: str) -> Iterator[Path]:
    """A private folder for as long as the block lasts; those of killed processes go first. Raises OSError."""
    sweep(parent.glob(f"{prefix}*"))
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def sweep(leftovers: Iterable[Path]) -> None:
    """Remove those that no living process holds; a file or folder that cannot be removed stays."""
    for path in leftovers:
        with contextlib.suppress(OSError):
            _remove_unheld(path)


def _remove_unheld(path: Path) -> None:
    lock = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if stat.S_ISDIR(os.fstat(lock).st_mode):
            shutil.rmtree(path)
        else:
            path.unlink()
    finally:
        os.close(lock)
