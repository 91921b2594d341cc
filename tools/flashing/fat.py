"""Puts files on a FAT file system with mtools.

mtools is small, kept up and packaged everywhere, works on a part of a device without mounting it (so nothing
on the PC sees it half made), and takes contents on standard input, so that no password lies in a file or in a
command line. The Python libraries for FAT are less kept up and need a file system framework around them.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tools.flashing.errors import DeviceFailed, FlashError
from tools.flashing.settings import Files

TIMEOUT_SECONDS = 120
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin:/usr/local/bin",
    "LC_ALL": "C.UTF-8",
    "MTOOLSRC": "/dev/null",
    "MTOOLS_SKIP_CHECK": "1",
}


def require() -> None:
    """Raise FlashError unless mtools is installed."""
    if shutil.which("mcopy") is None:
        raise FlashError("the program mtools, which puts settings on the card, is not installed",
                         "sudo apt-get install mtools")  # fmt: skip


def put(path: Path, offset: int, files: Files) -> None:
    """Write files, over those of the same names, to the file system at `offset` bytes of `path`.

    mcopy calls it success when there was no room for all of a file: only `check` tells.
    """
    for name, content in files.items():
        _run(["mcopy", "-o", "-i", f"{path}@@{offset}", "-", f"::{name}"], content)


def check(path: Path, offset: int, files: Files) -> None:
    """Raise DeviceFailed unless the files read back as they were written."""
    for name, content in files.items():
        if _run(["mtype", "-i", f"{path}@@{offset}", f"::{name}"], b"") != content:
            raise DeviceFailed(f"{path} does not give back {name}", "flash again, on another card")


def _run(command: list[str], content: bytes) -> bytes:
    try:
        done = subprocess.run(
            command, input=content, check=True, capture_output=True, timeout=TIMEOUT_SECONDS, env=ENVIRONMENT
        )
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip()[:200]
        raise DeviceFailed(f"settings cannot be put on the card: {said}", "flash again") from error
    except subprocess.TimeoutExpired as error:
        raise DeviceFailed("the card does not answer", "plug it in again, then flash again") from error
    return done.stdout
