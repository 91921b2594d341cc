"""The note on the data partition, the clock itself, and what became of it at this boot."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from appliance.errors import ApplianceError
from appliance.folders import sync_folder
from appliance.machine_clock import decide
from appliance.machine_clock.decide import MAX_NOTE_BYTES, Note, Start

NOTE = Path("/data/clock/last-known.json")
STARTED = Path("/run/appliance-clock/start.json")
IMAGE = Path("/usr/lib/appliance/release")
"""Made when the image was made."""
SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
"""Made by systemd-timesyncd when a server has set the clock in this boot."""


def read_note(path: Path = NOTE) -> Note | None:
    """The last known time; None when there is none, or it is damaged."""
    return decide.parse(_read(path))


def started(path: Path = STARTED) -> Start | None:
    """What happened to the clock at this boot; None where the unit does not run."""
    return decide.parse_start(_read(path))


def kept_time(path: Path = STARTED) -> bool | None:
    """Did the machine's own clock go on while it was off? None is not known.

    When it did not, the wall clock is too early by as long as the machine was off, until a server sets it.
    """
    start = started(path)
    return None if start is None else start.kept_time


def synchronised(marker: Path = SYNCHRONISED) -> bool:
    """Has a time server set the clock in this boot?"""
    return marker.exists()


def forward(
    note: Path = NOTE,
    image: Path = IMAGE,
    said: Path = STARTED,
    set_clock: Callable[[float], None] | None = None,
) -> Start:
    """Set the clock to the last known time when it is behind, and say so in `said`. Raises ApplianceError."""
    start = decide.start(time.time(), read_note(note), _made(image))
    if start.source != "own":
        try:
            (set_clock or _set_clock)(start.wall_s)
        except OSError as error:
            raise ApplianceError(
                f"the clock cannot be set: {error.strerror}", "it takes CAP_SYS_TIME: run it as its unit does"
            ) from error
    _write(said, decide.encode(start), lasting=False)
    return start


def save(note: Path = NOTE, marker: Path = SYNCHRONISED) -> Note | None:
    """Write the time down if that says something new. Raises ApplianceError when it cannot be written."""
    new = decide.note_now(time.time(), read_note(note), synchronised=synchronised(marker))
    if new is not None:
        _write(note, decide.encode(new), lasting=True)
    return new


def _set_clock(wall_s: float) -> None:
    time.clock_settime(time.CLOCK_REALTIME, wall_s)


def _made(image: Path) -> float:
    try:
        return image.stat().st_mtime
    except OSError:
        return 0.0


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_NOTE_BYTES + 1)
    except OSError:
        return b""


def _write(path: Path, raw: bytes, *, lasting: bool) -> None:
    """As a whole or not at all; with `lasting` it survives a power cut right after."""
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        # What a power cut left behind, or anything else by that name, is not written into.
        with contextlib.suppress(FileNotFoundError):
            part.unlink()
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "wb") as file:
            file.write(raw)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        part.replace(path)
        if lasting:
            sync_folder(path.parent)
    except OSError as error:
        raise ApplianceError(
            f"{path} cannot be written: {error.strerror}", "is /data mounted, and not full? df -h /data"
        ) from error
