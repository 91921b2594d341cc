"""Variables of UEFI and of its boot loader interface: files of efivarfs, four bytes of attributes, then more.

The kernel makes such files immutable, so that nobody removes one by accident; that flag is lifted for a
write. A write is one system call, which the firmware carries out whole or not at all.
See https://systemd.io/BOOT_LOADER_INTERFACE/.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from pathlib import Path

from appliance.updating.durable import read_small

FOLDER = "sys/firmware/efi/efivars"
LOADER = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
"""Vendor id of the boot loader interface."""
ATTRIBUTES = 0x7
"""Kept, and seen before and after the start of the system."""
MAX_BYTES = 4_096
GET_FLAGS, SET_FLAGS, IMMUTABLE = 0x80086601, 0x40086602, 0x10
UNSUPPORTED = {errno.ENOTTY, errno.EOPNOTSUPP, errno.EINVAL}


def path_of(folder: Path, name: str, vendor: str = LOADER) -> Path:
    """The variable's file."""
    return folder / f"{name}-{vendor}"


def read(folder: Path, name: str) -> str:
    """The variable's text; empty when it is not set. Raises OSError."""
    return read_bytes(folder, name, LOADER).decode("utf-16-le", "replace").rstrip("\0")


def read_bytes(folder: Path, name: str, vendor: str) -> bytes:
    """The variable's value; empty when it is not set. Raises OSError."""
    content = read_small(path_of(folder, name, vendor), MAX_BYTES)
    return content[4:] if content is not None else b""


def write(folder: Path, name: str, text: str) -> None:
    """Set it, unless it is so already: flash wears. Raises OSError."""
    if read(folder, name) != text:
        write_bytes(folder, name, LOADER, (text + "\0").encode("utf-16-le"))


def write_bytes(folder: Path, name: str, vendor: str, value: bytes) -> None:
    """Set it. Raises OSError."""
    path = path_of(folder, name, vendor)
    _lift_immutable(path)
    content = struct.pack("<I", ATTRIBUTES) + value
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        written = os.write(descriptor, content)
        if written != len(content):
            raise OSError(errno.EIO, "only partly written", str(path))
        # efivarfs replaces the value as a whole; an ordinary file, as tests use, would keep a longer tail.
        if os.fstat(descriptor).st_size > len(content):
            os.ftruncate(descriptor, len(content))
    finally:
        os.close(descriptor)


def remove(folder: Path, name: str) -> None:
    """Unset it. Raises OSError."""
    path = path_of(folder, name)
    _lift_immutable(path)
    path.unlink(missing_ok=True)


def _lift_immutable(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        flags = bytearray(8)
        fcntl.ioctl(descriptor, GET_FLAGS, flags)
        (value,) = struct.unpack_from("<I", flags)
        if value & IMMUTABLE:
            fcntl.ioctl(descriptor, SET_FLAGS, struct.pack("<Q", value & ~IMMUTABLE))
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
    finally:
        os.close(descriptor)
