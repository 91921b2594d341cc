"""Carry out a plan so that a power cut at any moment loses nothing.

Order: every output is on the disk; then the note of what was taken; then the sources go; then the note goes.
A cut before the note repeats everything, which gives the same result. A cut after it only removes the sources
again, and never writes an output a second time, so that what was changed since is not lost when a source
cannot be removed (a worn or locked card).

Removing is all that can be done about secrets on flash memory: an overwritten file is written elsewhere by
its controller, so overwriting would wear it out and leave the former bytes where they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from appliance.firstboot import drop
from appliance.firstboot.disk import Disk, put
from appliance.firstboot.errors import SetupError

NOTE = ".taken-over.json"
MAX_NOTE_BYTES = 65_536
MODES: Mapping[str, int] = {drop.KEYS: 0o644, drop.COUNTRY: 0o644, drop.CONFIG: 0o640}
"""Public ones, and what the appliance's group reads; everything else is 0600."""

Keep = Callable[[str], None]
DiskFor = Callable[[str], Disk]


def noted(disk: Disk, folder: Path) -> dict[str, str]:
    """What was taken over and perhaps not removed. An unreadable note is none: everything is taken anew."""
    content = disk.read(folder / NOTE, MAX_NOTE_BYTES)
    if content is None:
        return {}
    try:
        return msgspec.json.decode(content, type=dict[str, str])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}


def carry_out(plan: drop.Plan, disk_for: DiskFor, source: Path, target: Path, keep_code: Keep) -> None:
    """Write, note, remove. Raises SetupError.

    `disk_for` gives the disk for an output's path (they differ in whom the file belongs to), "" is the one
    for everything else; `keep_code` stores a claim code.
    """
    disk = disk_for("")
    for path, text in sorted(plan.outputs.items()):
        put(disk_for(path), target / path, text.encode(), MODES.get(path, 0o600))
    if plan.claim_code:
        keep_code(plan.claim_code)
    if plan.taken:
        put(disk, target / NOTE, msgspec.json.encode(plan.taken | _left(plan, disk, target)))
    going = {*plan.taken, *plan.leftover}
    failed = _remove(plan, disk, source, going)
    if not failed and disk.read(target / NOTE, 1) is not None:
        disk.remove(target / NOTE)
        disk.sync_folder(target)


def _left(plan: drop.Plan, disk: Disk, target: Path) -> dict[str, str]:
    return {name: mark for name, mark in noted(disk, target).items() if name in plan.leftover}


def _remove(plan: drop.Plan, disk: Disk, source: Path, going: set[str]) -> bool:
    """Did one stay? It is said in the findings, and tried again at the next start."""
    if not going:
        return False
    failed = False
    for name in sorted(going):
        try:
            disk.remove(source / name)
        except SetupError as error:
            failed = True
            plan.findings.append(_stays(name, error))
    try:
        disk.sync_folder(source)
    except SetupError as error:
        failed = True
        plan.findings.append(_stays("", error))
    return failed


def _stays(name: str, error: SetupError) -> drop.Finding:
    hint = "remove it on another computer: it may hold a password"
    return drop.Finding(name, False, f"taken over, but it cannot be removed here: {error.message}", hint)
