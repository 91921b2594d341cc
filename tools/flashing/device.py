"""A disk opened for flashing: alone, and past the page cache, so that what is done is done on the disk.

O_EXCL lets the kernel refuse a disk that anybody has mounted or built on, be it a moment ago.
O_DIRECT makes progress true and lets reading back see the disk instead of our own memory.
"""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.flashing.errors import DeviceFailed, FlashError, Refused

CHUNK_BYTES = 4 * 1024 * 1024
ALIGNMENT = 4096
# linux/fs.h
BLKROGET, BLKRRPART, BLKGETSIZE64, BLKFLSBUF, BLKSSZGET, BLKDISCARD = (
    *(0x125E, 0x125F, 0x80081272),
    *(0x1261, 0x1268, 0x1277),
)
UNPLUGGED = "plug it in again or try another card, reader or cable, then flash again"
LOCKED = "slide the card's lock switch, or look at the adapter"
GONE = {errno.ENXIO, errno.ENODEV, errno.ENOMEDIUM}


def buffer() -> memoryview:
    """A chunk of memory that lies as O_DIRECT wants it."""
    return memoryview(mmap.mmap(-1, CHUNK_BYTES))


class Disk:
    """An open block device. Offsets and lengths are multiples of `sector_bytes`."""

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self._fd = fd
        self.size = self._number(BLKGETSIZE64, "Q")
        self.sector_bytes = self._number(BLKSSZGET, "i")
        self.read_only = bool(self._number(BLKROGET, "i"))

    def _number(self, request: int, form: str) -> int:
        answer = fcntl.ioctl(self._fd, request, bytes(struct.calcsize(form)))
        return int(struct.unpack(form, answer)[0])

    def padded(self, length: int) -> int:
        """Up to whole sectors."""
        return -(-length // self.sector_bytes) * self.sector_bytes

    def write(self, content: memoryview, offset: int) -> None:
        """All of `content` (from `buffer()`). Raises DeviceFailed."""
        done = 0
        while done < len(content):
            with _told(self.path, "written", offset + done):
                done += os.pwrite(self._fd, content[done:], offset + done)

    def read(self, target: memoryview, offset: int) -> None:
        """Fill `target` (from `buffer()`) from the disk. Raises DeviceFailed."""
        done = 0
        while done < len(target):
            with _told(self.path, "read", offset + done):
                count = os.preadv(self._fd, [target[done:]], offset + done)
            if not count:
                raise DeviceFailed(f"{self.path} ends at byte {offset + done}, before it should", UNPLUGGED)
            done += count

    def discard(self, offset: int, length: int) -> None:
        """Tell the disk that these bytes are not needed; what it then reads there is its own business."""
        try:
            fcntl.ioctl(self._fd, BLKDISCARD, struct.pack("QQ", offset, length))
        except OSError as error:
            if error.errno not in {errno.EOPNOTSUPP, errno.EINVAL, errno.EIO, errno.EREMOTEIO}:
                raise DeviceFailed(f"{self.path} failed: {error.strerror}", UNPLUGGED) from error

    def flush(self) -> None:
        """Return when everything is on the disk, and forget what memory holds of it."""
        with _told(self.path, "written", None):
            os.fsync(self._fd)
            self._forget()

    def _forget(self) -> None:
        try:
            fcntl.ioctl(self._fd, BLKFLSBUF, 0)
        except PermissionError:
            # For root only; whoever was given the device may say this much.
            os.posix_fadvise(self._fd, 0, 0, os.POSIX_FADV_DONTNEED)

    def reread_partitions(self) -> bool:
        """Show the new partitions. False when the kernel does not take them now."""
        try:
            fcntl.ioctl(self._fd, BLKRRPART, 0)
        except OSError as error:
            if error.errno not in {errno.EBUSY, errno.EINVAL, errno.EACCES}:
                raise DeviceFailed(f"{self.path}: {error.strerror}", UNPLUGGED) from error
            return False
        return True


@contextmanager
def _told(path: Path, what: str, offset: int | None) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = "" if offset is None else f" at byte {offset}"
        if error.errno in GONE:
            raise DeviceFailed(
                f"{path} is gone: it was pulled out, or its reader failed", UNPLUGGED
            ) from error
        raise DeviceFailed(f"{path} cannot be {what}{where}: {error.strerror}", UNPLUGGED) from error


@contextmanager
def opened(path: Path) -> Iterator[Disk]:
    """The disk at `path`, alone for us. Raises Refused when somebody has it, FlashError without the right."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_EXCL | os.O_DIRECT | os.O_CLOEXEC)
    except OSError as error:
        raise _refusal(path, error) from error
    try:
        disk = Disk(path, fd)
        if disk.read_only:
            raise Refused(f"{path} is read-only", LOCKED)
        yield disk
    finally:
        os.close(fd)


def _refusal(path: Path, error: OSError) -> FlashError:
    match error.errno:
        case errno.EBUSY:
            return Refused(f"{path} is in use by the system or another program", f"see by what: lsblk {path}")
        case errno.EACCES | errno.EPERM if os.geteuid() != 0:
            return FlashError(f"{path} may only be written by root", "put sudo before the command")
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return Refused(f"{path} is read-only", LOCKED)
        case errno.ENOMEDIUM:
            return Refused(f"there is no card in {path}", "put one in")
        case _:
            return FlashError(f"{path} cannot be opened: {error.strerror}", UNPLUGGED)
