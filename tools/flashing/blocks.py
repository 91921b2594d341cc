"""Block devices as the kernel tells of them: /sys/class/block, the mount tables and the swaps.

The two roots are parameters, so that any tree with these files can be asked.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.flashing.errors import FlashError, Refused

SYS = Path("/sys")
PROC = Path("/proc")
SECTOR_BYTES = 512
"""The unit of /sys/…/size, whatever the device's own sectors are."""
MAX_DEPTH = 8
MAX_TABLE_BYTES = 4 * 1024 * 1024
NO_DISK = re.compile(r"(ram|zram|dm-|md|sr|fd|nbd)\d+|mmcblk\d+(boot\d+|rpmb)")
OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Use:
    """Somebody who has a device or a part of it: a mount point, `swap`, or what is built on it (`dm-0`)."""

    part: str
    by: str


@dataclass(frozen=True, slots=True)
class Device:
    """A block device. `name` is the kernel's (`sdb`), `disk` the whole disk's when this is a partition."""

    name: str
    size: int
    read_only: bool
    removable: bool
    label: str
    disk: str | None = None
    uses: tuple[Use, ...] = ()

    @property
    def path(self) -> Path:
        """In /dev."""
        return Path("/dev", self.name)


def named(path: Path, sys: Path = SYS, proc: Path = PROC) -> Device:
    """The device that a path like /dev/sdb or /dev/disk/by-id/… leads to. Raises Refused when it is none."""
    try:
        status = path.stat()
    except OSError as error:
        raise Refused(f"there is no {path}: {error.strerror}", "see what there is: tools/flash") from error
    if not stat.S_ISBLK(status.st_mode):
        raise Refused(f"{path} is not a disk", "see what there is: tools/flash")
    number = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
    folder = (sys / "dev/block" / number).resolve()
    if not folder.is_dir():
        raise Refused(f"the kernel does not know {path} any more", "plug it in again")
    return read(folder, sys, proc)


def removable(sys: Path = SYS, proc: Path = PROC) -> list[Device]:
    """The disks that a person would flash: cards, sticks and disks on USB, with something in them."""
    folders = (entry.resolve() for entry in sorted((sys / "class/block").iterdir()))
    disks = (folder for folder in folders if not NO_DISK.fullmatch(folder.name) and not _is_partition(folder))
    return [device for folder in disks if (device := read(folder, sys, proc)).removable and device.size]


def read(folder: Path, sys: Path = SYS, proc: Path = PROC) -> Device:
    """The device of a folder in /sys."""
    disk = folder.parent if _is_partition(folder) else None
    return Device(
        name=folder.name.replace("!", "/"),
        size=int(_line(folder / "size") or 0) * SECTOR_BYTES,
        read_only=_line(folder / "ro") == "1",
        removable=_is_removable(disk or folder),
        label=_label(disk or folder),
        disk=disk.name if disk else None,
        uses=tuple(_uses(folder, sys, proc)),
    )


def _is_partition(folder: Path) -> bool:
    return (folder / "partition").exists()


def _is_removable(folder: Path) -> bool:
    # Disks in USB cases say that they are fixed. A card slot says mmc; eMMC soldered on has boot areas.
    where = folder.as_posix()
    card = "/mmc_host/" in where and not (folder.parent / f"{folder.name}boot0").exists()
    return _line(folder / "removable") == "1" or "/usb" in where or card


def _label(folder: Path) -> str:
    """Maker and model, with nothing that could play tricks on a terminal."""
    said = (_line(folder / "device" / name) for name in ("vendor", "model", "name"))
    text = " ".join(part for part in said if part)
    return "".join(letter for letter in text if letter.isprintable())[:60]


def _line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")[:4096].strip()
    except OSError:
        return ""


def _family(folder: Path, depth: int = 0) -> Iterator[tuple[Path, str]]:
    """The device, its partitions and all that is built on them, each with the disk's part it leads to."""
    yield folder, folder.name
    if depth >= MAX_DEPTH:
        raise FlashError(f"{folder.name}: devices on devices without an end", "take it apart first")
    for part in folder.iterdir() if depth == 0 else ():
        if part.is_dir() and _is_partition(part):
            yield from _family(part, 1)
    holders = folder / "holders"
    for holder in sorted(holders.iterdir()) if holders.is_dir() else ():
        for found, _ in _family(holder.resolve(), depth + 1):
            yield found, folder.name


def _uses(folder: Path, sys: Path, proc: Path) -> Iterator[Use]:
    family = {_line(member / "dev"): (member, part) for member, part in _family(folder)}
    for number, where in (*mounts(proc), *swaps(sys, proc)):
        if number in family:
            yield Use(family[number][1], where)
    for member, part in family.values():
        if member.name != part:
            yield Use(part, member.name)


def mounts(proc: Path = PROC) -> Iterator[tuple[str, str]]:
    """Device number and mount point of every mount that this process or the first one sees."""
    for table in (proc / "self/mountinfo", proc / "1/mountinfo"):
        for line in _table(table):
            before, _, after = line.partition(" - ")
            fields, source = before.split(" "), after.split(" ")
            if len(fields) < 5 or len(source) < 2:
                continue
            where = OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[4])
            yield fields[2], where
            # btrfs and overlays have a number of their own; the source still names the device.
            if source[1].startswith("/dev/") and (number := _number(Path(source[1]))):
                yield number, where


def swaps(sys: Path = SYS, proc: Path = PROC) -> Iterator[tuple[str, str]]:
    """Device number and `swap` of every device that is swapped to."""
    for line in _table(proc / "swaps")[1:]:
        path = OCTAL.sub(lambda match: chr(int(match[1], 8)), line.split(" ")[0].split("\t")[0])
        known = _line(sys / "class/block" / Path(path).name / "dev")
        if number := _number(Path(path)) or known:
            yield number, "swap"


def _table(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(MAX_TABLE_BYTES).splitlines()
    except OSError:
        return []


def _number(path: Path) -> str | None:
    try:
        status = path.stat()
    except OSError:
        return None
    if not stat.S_ISBLK(status.st_mode):
        return None
    return f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
