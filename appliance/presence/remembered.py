"""What was announced, kept over restarts: `announced.json` in `paths.data`. Small, bounded, never fatal."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

LOG = logging.getLogger(__name__)
FILE = "announced.json"
MAX_BYTES = 1_048_576

Announced = dict[str, dict[str, str]]
"""Discovery topic → object id → component."""


def path_of(data: Path) -> Path:
    """Where the file of this data directory is."""
    return data / FILE


def read(file: Path) -> Announced:
    """What the file says; empty when there is none, or it is broken (it is replaced at the next change)."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
    except OSError:
        return {}
    try:
        return msgspec.json.decode(raw, type=Announced) if len(raw) <= MAX_BYTES else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        LOG.warning("%s is broken; what it remembered is looked for on the broker", file)
        return {}


def write(file: Path, announced: Mapping[str, Mapping[str, str]]) -> None:
    """Replace the file in one step. Trouble is told, and costs only what it remembers."""
    beside = file.with_name(f".{file.name}.new")
    try:
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
            new.write(msgspec.json.encode(announced))
        beside.replace(file)
    except OSError as error:
        LOG.warning("%s cannot be written: %s", file, error.strerror)
