"""A second entry for our boot loader in the firmware's order.

A kernel that cannot even be loaded makes systemd-boot give up, and the firmware goes on with its next entry:
a shell, the network, or nothing. With a second entry for the same loader that is our loader again, which by
then has forgotten the try and starts the committed slot. Formats: UEFI specification 3.1.3 and 3.3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from appliance.updating import efivars

GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
"""Vendor id of the firmware's own variables."""
DESCRIPTION = "appliance, once more"
ACTIVE = 0x1
MAX_ENTRIES = 256


class Option(msgspec.Struct, frozen=True):
    """A load option."""

    value: bytes
    """All of it."""
    path: bytes = b""
    """Where it leads: the device path, as the firmware wrote it; empty when it cannot be read."""
    active: bool = False
    """Is it tried at all?"""


class Plan(msgspec.Struct, frozen=True):
    """The variables to write, in this order."""

    number: int
    option: bytes
    order: tuple[int, ...]


def parse(value: bytes) -> Option:
    """A `Boot####`."""
    if len(value) < 6:
        return Option(value)
    attributes, length = struct.unpack_from("<IH", value)
    end = next((at for at in range(6, len(value) - 1, 2) if value[at : at + 2] == b"\0\0"), None)
    if end is None or not length or len(value) < end + 2 + length:
        return Option(value)
    return Option(value, value[end + 2 : end + 2 + length], bool(attributes & ACTIVE))


def plan(current: int, order: tuple[int, ...], options: Mapping[int, Option]) -> Plan | None:
    """None when the loader that runs is in the order twice already, or nothing is known of it."""
    path = options[current].path if current in options else b""
    if not path or current not in order:
        return None
    tried = [options[number] for number in order if number in options and options[number].active]
    if sum(option.path == path for option in tried) >= 2:
        return None
    description = (DESCRIPTION + "\0").encode("utf-16-le")
    value = struct.pack("<IH", ACTIVE, len(path)) + description + path
    # One that a power cut kept out of the order is used, before another one fills the firmware's memory.
    left = (number for number, option in options.items() if option.value == value and number not in order)
    free = (number for number in range(0xFFFF) if number not in options and number not in order)
    number = next(left, None)
    number = next(free) if number is None else number
    at = order.index(current) + 1
    return Plan(number, value, (*order[:at], number, *order[at:]))


def ensure(folder: Path) -> Iterator[str]:
    """Make the second entry, unless it is there; yields the name of each step before it. Raises OSError."""
    made = plan(*_read(folder))
    if made is None:
        return
    name = _name(made.number)
    yield f"set {name}"
    efivars.write_bytes(folder, name, GLOBAL, made.option)
    yield "set BootOrder"
    efivars.write_bytes(folder, "BootOrder", GLOBAL, struct.pack(f"<{len(made.order)}H", *made.order))


def _read(folder: Path) -> tuple[int, tuple[int, ...], dict[int, Option]]:
    current = efivars.read_bytes(folder, "BootCurrent", GLOBAL)
    listed = efivars.read_bytes(folder, "BootOrder", GLOBAL)
    order = struct.unpack(f"<{len(listed) // 2}H", listed[: len(listed) // 2 * 2])
    numbers = sorted(_numbers(folder))[:MAX_ENTRIES]
    options = {number: parse(efivars.read_bytes(folder, _name(number), GLOBAL)) for number in numbers}
    return struct.unpack("<H", current)[0] if len(current) == 2 else -1, order, options


def _numbers(folder: Path) -> Iterator[int]:
    for path in folder.glob(f"Boot[0-9A-F][0-9A-F][0-9A-F][0-9A-F]-{GLOBAL}"):
        yield int(path.name[4:8], 16)


def _name(number: int) -> str:
    return f"Boot{number:04X}"
