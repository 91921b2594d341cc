"""What a satellite keeps over a restart: its loudness, and that its microphone was closed."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

LOG = logging.getLogger(__name__)
MAX_BYTES = 4_096


class Memory(msgspec.Struct, frozen=True):
    """See `unit_session`."""

    muted: bool
    volume: Annotated[float, Meta(ge=0.0, le=1.0)]


def path(data: Path) -> Path:
    """Where it is kept."""
    return data / "satellite" / "state.json"


def load(data: Path, otherwise: Memory) -> Memory:
    """What was kept; `otherwise` when nothing was, or nothing that can be read."""
    try:
        with path(data).open("rb") as file:
            return msgspec.json.decode(file.read(MAX_BYTES), type=Memory)
    except FileNotFoundError:
        return otherwise
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        LOG.warning("%s is not used: %s", path(data), error)
        return otherwise


def save(data: Path, memory: Memory) -> None:
    """Keep it; a full or read-only disk costs the memory, not the satellite."""
    fresh = path(data).with_suffix(".new")
    try:
        fresh.parent.mkdir(mode=0o700, exist_ok=True)
        fresh.write_bytes(msgspec.json.encode(memory))
        fresh.replace(path(data))
    except OSError as error:
        LOG.warning("%s cannot be written: %s", path(data), error.strerror)
