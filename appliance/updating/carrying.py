"""Carry out what `slots` decides: on the firmware's side and in the record, in the order given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from appliance.updating import record, slots
from appliance.updating.boards import Firmware
from appliance.updating.errors import SlotError
from appliance.updating.slots import Commit, DoNotTry, Facts, Note, Step, Try


def facts(firmware: Firmware, folder: Path) -> Facts:
    """How things stand. Raises SlotError when what the firmware reads cannot be read."""
    known = record.read(folder)
    return Facts(
        running=firmware.running(),
        committed=firmware.committed(),
        pending=firmware.pending(),
        marks=known.marks,
        epochs=known.epochs,
    )


def carrying_out(firmware: Firmware, folder: Path, steps: Iterable[Step]) -> Iterator[str]:
    """Each step, stopping before whatever reaches a medium. Raises OSError and SlotError."""
    for step in steps:
        match step:
            case Try(slot):
                yield from firmware.try_once(slot)
            case DoNotTry():
                yield from firmware.do_not_try()
            case Commit(slot):
                yield from firmware.commit(slot)
            case Note():
                yield from _note(folder, step)


def _note(folder: Path, note: Note) -> Iterator[str]:
    known = record.read(folder)
    after = record.noted(known, note)
    if after != known:
        folder.mkdir(parents=True, exist_ok=True)
        yield from record.writing(folder, after)


def carry_out(firmware: Firmware, folder: Path, steps: Iterable[Step]) -> None:
    """All of it. Raises SlotError."""
    _run(carrying_out(firmware, folder, steps))


def settling(firmware: Firmware, folder: Path) -> Iterator[str]:
    """At each start: learn where the firmware led, and mend what a power cut left behind."""
    now = facts(firmware, folder)
    if not now.trying:
        yield from firmware.mend(now.committed)
    yield from carrying_out(firmware, folder, slots.settle(now))


def settle(firmware: Firmware, folder: Path) -> Facts:
    """Do that; how things stand then. Raises SlotError."""
    _run(settling(firmware, folder))
    return facts(firmware, folder)


def _run(steps: Iterator[str]) -> None:
    doing = "begin"
    try:
        for label in steps:
            doing = label
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        raise SlotError(
            f"the slots cannot be switched ({doing}): {what}{error.strerror or error}",
            "is the boot partition mounted for writing? see: findmnt /efi /boot",
        ) from error
