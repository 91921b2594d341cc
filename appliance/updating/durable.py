"""Replace a small file so that a power cut leaves the former or the new one, on ext4 and on FAT.

FAT has no journal. What makes it safe all the same: the new content is on the medium before the directory
names it, names are short (8.3), so that an entry never spans two sectors, and the entry that changes hands is
one write of one sector. What a cut can leave behind is a file `*.new`, which the next write replaces.

`replacing` is a generator that stops before each write that reaches the medium; `replace` runs it to its end.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from appliance.folders import sync_folder

MAX_BYTES = 65_536


def beside(path: Path) -> Path:
    """The name under which the new content is written."""
    return path.with_name(f"{path.stem[:8]}.new")


def replacing(path: Path, content: bytes, mode: int = 0o644) -> Iterator[str]:
    """Replace the file step by step; what comes next is yielded. Raises OSError."""
    new = beside(path)
    yield "write"
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        _write_all(descriptor, content)
        yield "sync"
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    yield "rename"
    new.replace(path)
    yield "sync folder"
    sync_folder(path.parent)


def replace(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Replace the file; it is on the medium when this returns. Raises OSError."""
    for _ in replacing(path, content, mode):
        pass


def _write_all(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def read_small(path: Path, limit: int = MAX_BYTES) -> bytes | None:
    """The file's bytes; None when there is none. Raises OSError, also when it is larger than `limit`."""
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if len(content) > limit:
        raise OSError(27, f"larger than {limit} bytes", str(path))
    return content
