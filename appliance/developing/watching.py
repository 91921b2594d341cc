"""What changed on the disk, once it has come to rest."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

Kind = Literal["code", "configuration"]
Stamp = tuple[int, int, int]
Seen = Mapping[str, tuple[Kind, Stamp]]

QUIET_SECONDS = 0.4
"""An editor writes a file in several steps, a checkout many files: so long nothing more must change."""
MAX_FILES = 20_000
SKIPPED = frozenset({"__pycache__", "static"})
"""Compiled code; and what a browser asks for anew by itself."""


class Changes:
    """Debounced differences between looks. Pure."""

    def __init__(self, seen: Seen, quiet_seconds: float = QUIET_SECONDS) -> None:
        self._seen = seen
        self._quiet = quiet_seconds
        self._waiting: dict[str, Kind] = {}
        self._since = 0.0

    def take(self, seen: Seen, now: float) -> dict[str, Kind]:
        """File → kind of everything that changed, when it is at rest; empty before. `now` in seconds."""
        new = {name: found[0] for name, found in seen.items() if self._seen.get(name) != found}
        gone = {name: found[0] for name, found in self._seen.items() if name not in seen}
        self._seen = seen
        if new or gone:
            self._waiting |= new | gone
            self._since = now
        if not self._waiting or now - self._since < self._quiet:
            return {}
        done, self._waiting = self._waiting, {}
        return done


def look(code: Path, configuration: Iterable[Path]) -> Seen:
    """Every source file below `code`, and these files; one that is not there is not seen."""
    found: dict[str, tuple[Kind, Stamp]] = {}
    for folder, folders, files in os.walk(code):
        folders[:] = [name for name in folders if name not in SKIPPED]
        for name in files:
            if name.endswith((".py", ".json", ".toml", ".yaml")) and len(found) < MAX_FILES:
                _see(found, os.path.join(folder, name), "code")  # noqa: PTH118 - a thousand files, twice a second
    for file in configuration:
        _see(found, str(file), "configuration")
    return found


def _see(found: dict[str, tuple[Kind, Stamp]], name: str, kind: Kind) -> None:
    try:
        status = os.stat(name)  # noqa: PTH116
    except OSError:
        return  # between two steps of an editor it is not there
    found[name] = (kind, (status.st_mtime_ns, status.st_size, status.st_ino))
