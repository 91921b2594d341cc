"""The few things that are done to files here, each so small that a power cut falls between two of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from appliance.firstboot.errors import SetupError


class Disk(Protocol):
    """What survives a power cut: a file after `sync`, a name after `sync_folder`."""

    def read(self, path: Path, limit: int) -> bytes | None:
        """The first `limit` bytes; None when there is no such regular file."""

    def create(self, path: Path, content: bytes, mode: int) -> None:
        """A file with this content, in place of one of this name."""

    def sync(self, path: Path) -> None:
        """Its content is on the disk from now on."""

    def rename(self, old: Path, new: Path) -> None:
        """In one step, in place of what had the new name."""

    def remove(self, path: Path) -> None:
        """Nothing of this name is there any more."""

    def sync_folder(self, path: Path) -> None:
        """The names in it are on the disk from now on."""


class RealDisk:
    """The real one. `owner` is whom new files belong to (user, group); None: who runs this."""

    def __init__(self, owner: tuple[int, int] | None = None) -> None:
        self._owner = owner

    def read(self, path: Path, limit: int) -> bytes | None:
        """See Disk. Raises SetupError when it is there and cannot be read."""
        try:
            number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _broken(path, error) from error
        with os.fdopen(number, "rb") as file:
            try:
                return file.read(limit)
            except OSError as error:
                raise _broken(path, error) from error

    def create(self, path: Path, content: bytes, mode: int) -> None:
        """See Disk."""
        try:
            path.unlink(missing_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(path, flags, mode), "wb") as file:
                os.fchmod(file.fileno(), mode)
                self.own(file.fileno())
                file.write(content)
        except OSError as error:
            raise _broken(path, error) from error

    def own(self, descriptor: int) -> None:
        """An open file belongs to whom new files belong to. Raises OSError."""
        if self._owner is not None:
            os.fchown(descriptor, *self._owner)

    def sync(self, path: Path) -> None:
        """See Disk."""
        self._sync(path, os.O_RDONLY)

    def rename(self, old: Path, new: Path) -> None:
        """See Disk."""
        try:
            old.replace(new)
        except OSError as error:
            raise _broken(new, error) from error

    def remove(self, path: Path) -> None:
        """See Disk."""
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _broken(path, error) from error

    def sync_folder(self, path: Path) -> None:
        """See Disk."""
        self._sync(path, os.O_RDONLY | os.O_DIRECTORY)

    def _sync(self, path: Path, flags: int) -> None:
        try:
            number = os.open(path, flags | os.O_CLOEXEC)
            try:
                os.fsync(number)
            finally:
                os.close(number)
        except OSError as error:
            raise _broken(path, error) from error


def put(disk: Disk, path: Path, content: bytes, mode: int = 0o600) -> None:
    """The file as a whole in place of the former one, on the disk when this returns."""
    beside = path.with_name(f".{path.name}.new")
    disk.create(beside, content, mode)
    disk.sync(beside)
    disk.rename(beside, path)
    disk.sync_folder(path.parent)


def _broken(path: Path, error: OSError) -> SetupError:
    return SetupError(f"{path}: {error.strerror}", "is the disk full, damaged or read-only?")
