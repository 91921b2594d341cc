"""Verified model files of this machine by checksum, so that a second data folder downloads nothing.

Only used when `APPLIANCE_MODEL_CACHE` names a folder. Every file is verified again on its way out.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from appliance.ops import checksums

VARIABLE = "APPLIANCE_MODEL_CACHE"
LINK_BYTES = 64 * 1024**2
"""Files at least this large are linked, smaller ones copied: a copy cannot be damaged through its sibling."""


class Cache:
    """Files named by their SHA-256."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        named = environ.get(VARIABLE, "")
        self.folder = Path(named) if named else None

    def has(self, sha256: str) -> bool:
        """Is a file with this checksum there (not yet verified)?"""
        return bool(sha256) and self.folder is not None and (self.folder / sha256).is_file()

    def take(self, sha256: str, target: Path) -> bool:
        """Put the file at `target`; False when it is not there. A damaged one is removed."""
        if self.folder is None or not self.has(sha256):
            return False
        held = self.folder / sha256
        if checksums.sha256_of(held) != sha256:
            held.unlink(missing_ok=True)
            return False
        target.unlink(missing_ok=True)
        _same(held, target)
        return True

    def keep(self, path: Path, sha256: str) -> None:
        """Remember a verified file. A cache that cannot be written is not used."""
        if self.folder is None or self.has(sha256):
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # A name of its own: two processes may keep the same file at once.
            temporary = self.folder / f".{sha256}.{os.getpid()}"
            temporary.unlink(missing_ok=True)
            _same(path, temporary)
            temporary.replace(self.folder / sha256)
        except OSError:
            self.folder = None


def _same(source: Path, target: Path) -> None:
    if source.stat().st_size >= LINK_BYTES:
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)
    else:
        shutil.copyfile(source, target)
