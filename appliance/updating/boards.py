"""The firmware of each board: what it starts, and how it is told to start something else.

n100: systemd-boot. `LoaderEntryOneShot` is what starts once; it is removed before it is used. What starts
      otherwise is `LoaderEntryDefault`, and the same name in `loader.conf` on the EFI system partition, so
      that a mainboard that lost its variables, or another mainboard, starts the same version. Before a try
      the firmware gets a second entry for systemd-boot (`bootorder`).
pi5:  `autoboot.txt` on the first partition says where a start leads, without and with the tryboot flag. The
      flag is set by the parameter of the restart and does not survive a power cut: then nothing is tried.

Each step is a generator that stops before whatever reaches the medium.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from appliance.updating import autoboot, bootorder, durable, efivars
from appliance.updating.errors import SlotError
from appliance.updating.slots import Slot, other

LOG = logging.getLogger(__name__)
ENTRIES: dict[Slot, str] = {"A": "appliance-a.efi", "B": "appliance-b.efi"}
"""Unified kernel images in EFI/Linux; also the ids of their entries."""
PARTITIONS: dict[Slot, int] = {"A": 2, "B": 3}
"""Boot partitions of a Raspberry Pi."""
NAMES: dict[Slot, str] = {"A": "A", "B": "B"}
LABELS: dict[Slot, str] = {"A": "root-a", "B": "root-b"}
"""Of the partitions with the root."""
ROOT_NAME = "root"
"""Of the verified root, to the device mapper."""
MAX_MAPPED = 64
TRYBOOT = "0 tryboot"
MODULE = "appliance_tryboot"
RUNNING = re.compile(r"(?:^|\s)rauc\.slot=([AB])(?=\s|$)")


class Firmware(Protocol):
    """What starts a slot."""

    def running(self) -> Slot:
        """Which slot was started. Raises SlotError when the kernel was not told."""

    def committed(self) -> Slot:
        """Which slot starts by itself. Raises SlotError when that cannot be read."""

    def pending(self) -> Slot | None:
        """Which slot starts once. Raises SlotError when that cannot be read."""

    def try_once(self, slot: Slot) -> Iterator[str]:
        """Start this once. Raises OSError, or SlotError when there is nothing to start."""

    def do_not_try(self) -> Iterator[str]:
        """Start what is committed. Raises OSError."""

    def commit(self, slot: Slot) -> Iterator[str]:
        """Start this from now on. Raises OSError."""

    def mend(self, slot: Slot) -> Iterator[str]:
        """Repair what a power cut in the middle of `commit` left behind. Raises OSError."""


def running_slot(root: Path) -> Slot:
    """The slot named on the kernel's command line, else the one that the root lies on. Raises SlotError."""
    try:
        line = (durable.read_small(root / "proc/cmdline") or b"").decode("ascii", "replace")
    except OSError as error:
        raise SlotError(f"the kernel's command line cannot be read: {error.strerror}") from error
    match = RUNNING.search(line)
    slot = _slot_of(match[1], NAMES) if match else _slot_of(_root_label(root), LABELS)
    if slot is None:
        raise SlotError(
            "this system was not started from a slot: rauc.slot= is not on the kernel's command line",
            "updates work on the image only; see docs/updates.md",
        )
    return slot


def _root_label(root: Path) -> str:
    """Label of the partition under the verified root; empty when there is none."""
    for mapped in sorted((root / "sys/block").glob("dm-*"))[:MAX_MAPPED]:
        if _line(mapped / "dm/name") == ROOT_NAME:
            for part in sorted((mapped / "slaves").glob("*"))[:MAX_MAPPED]:
                found = re.search(r"^PARTNAME=(root-[ab])$", _line(part / "uevent"), re.MULTILINE)
                if found:
                    return found[1]
    return ""


def _line(path: Path) -> str:
    try:
        return (durable.read_small(path) or b"").decode("ascii", "replace").strip()
    except OSError:
        return ""


class SystemdBoot:
    """n100. The EFI system partition is at /efi."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root
        self._esp = root / "efi"
        self._variables = root / efivars.FOLDER

    def running(self) -> Slot:
        """As `Firmware`."""
        return running_slot(self._root)

    def committed(self) -> Slot:
        """As `Firmware`; an appliance that was never updated starts A."""
        return self._slot("LoaderEntryDefault") or self._configured() or "A"

    def pending(self) -> Slot | None:
        """As `Firmware`."""
        return self._slot("LoaderEntryOneShot")

    def try_once(self, slot: Slot) -> Iterator[str]:
        """As `Firmware`."""
        kernel = self._esp / "EFI/Linux" / ENTRIES[slot]
        if not kernel.is_file() or kernel.stat().st_size == 0:
            raise SlotError(f"slot {slot} has no kernel: {kernel} is missing", "install the update again")
        yield from self._second_entry()
        yield "set LoaderEntryOneShot"
        efivars.write(self._variables, "LoaderEntryOneShot", ENTRIES[slot])

    def _second_entry(self) -> Iterator[str]:
        """A firmware that takes no second entry takes the update all the same."""
        try:
            yield from bootorder.ensure(self._variables)
        except OSError as error:
            LOG.warning("the firmware's boot order stays as it is: %s", error)

    def do_not_try(self) -> Iterator[str]:
        """As `Firmware`."""
        yield "remove LoaderEntryOneShot"
        efivars.remove(self._variables, "LoaderEntryOneShot")

    def commit(self, slot: Slot) -> Iterator[str]:
        """As `Firmware`; the variable decides, the file follows."""
        yield "set LoaderEntryDefault"
        efivars.write(self._variables, "LoaderEntryDefault", ENTRIES[slot])
        yield from self.mend(slot)

    def mend(self, slot: Slot) -> Iterator[str]:
        """As `Firmware`."""
        if self._configured() != slot:
            yield from durable.replacing(self._loader_conf, _loader_conf(self._lines(), ENTRIES[slot]))

    @property
    def _loader_conf(self) -> Path:
        return self._esp / "loader/loader.conf"

    def _lines(self) -> list[str]:
        content = durable.read_small(self._loader_conf) or b""
        return content.decode("utf-8", "replace").splitlines()

    def _configured(self) -> Slot | None:
        try:
            lines = self._lines()
        except OSError as error:
            raise _unreadable(self._loader_conf, error) from error
        found = [line.split() for line in lines if line.split()[:1] == ["default"]]
        return _slot_of(found[-1][1], ENTRIES) if found and len(found[-1]) == 2 else None

    def _slot(self, variable: str) -> Slot | None:
        try:
            return _slot_of(efivars.read(self._variables, variable), ENTRIES)
        except OSError as error:
            raise _unreadable(efivars.path_of(self._variables, variable), error) from error


class Tryboot:
    """pi5. The first partition, which holds `autoboot.txt`, is at /boot/autoboot."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root
        self._file = root / "boot/autoboot/autoboot.txt"
        self._parameter = root / "run/systemd/reboot-param"
        self._modules = root / "sys/module"

    def running(self) -> Slot:
        """As `Firmware`."""
        return running_slot(self._root)

    def committed(self) -> Slot:
        """As `Firmware`."""
        return self._led(tryboot=False)

    def pending(self) -> Slot | None:
        """As `Firmware`."""
        try:
            parameter = durable.read_small(self._parameter) or b""
        except OSError as error:
            raise _unreadable(self._parameter, error) from error
        return self._led(tryboot=True) if parameter.decode("ascii", "replace").strip() == TRYBOOT else None

    def try_once(self, slot: Slot) -> Iterator[str]:
        """As `Firmware`; autoboot.txt names the slot already, unless somebody has edited it."""
        self._must_reach_firmware()
        committed = other(slot)
        if self._led(tryboot=True) != slot:
            yield from self._write(committed)
        self._parameter.parent.mkdir(parents=True, exist_ok=True)
        yield from durable.replacing(self._parameter, TRYBOOT.encode("ascii"))

    def _must_reach_firmware(self) -> None:
        """Without its module the kernel keeps the order for itself, and the restart is an ordinary one."""
        if self._modules.is_dir() and _line(self._modules / MODULE / "initstate") != "live":
            what = "this kernel cannot tell the firmware to try the new version: its module is missing"
            raise SlotError(what, "journalctl -k -g tryboot")

    def do_not_try(self) -> Iterator[str]:
        """As `Firmware`."""
        yield "remove the parameter of the restart"
        self._parameter.unlink(missing_ok=True)

    def commit(self, slot: Slot) -> Iterator[str]:
        """As `Firmware`."""
        yield from self._write(slot)

    def mend(self, slot: Slot) -> Iterator[str]:
        """As `Firmware`: one file is replaced as a whole, nothing can be left behind."""
        del slot
        yield from ()

    def _write(self, committed: Slot) -> Iterator[str]:
        content = autoboot.render(PARTITIONS[committed], PARTITIONS[other(committed)])
        yield from durable.replacing(self._file, content)

    def _led(self, *, tryboot: bool) -> Slot:
        try:
            content = durable.read_small(self._file)
        except OSError as error:
            raise _unreadable(self._file, error) from error
        if content is None:
            raise SlotError(f"{self._file} is missing", "is the first partition mounted? see: findmnt")
        partition = autoboot.parse(content.decode("ascii", "replace")).partition(tryboot=tryboot)
        for slot, number in PARTITIONS.items():
            if number == partition:
                return slot
        raise SlotError(f"{self._file} leads to partition {partition}, which is no slot", "docs/updates.md")


def _slot_of(name: str, names: dict[Slot, str]) -> Slot | None:
    return next((slot for slot, each in names.items() if each == name), None)


def _loader_conf(lines: list[str], entry: str) -> bytes:
    kept = [line for line in lines if line.split()[:1] != ["default"]]
    return "".join(f"{line}\n" for line in [f"default {entry}", *kept]).encode()


def _unreadable(path: Path, error: OSError) -> SlotError:
    return SlotError(f"{path} cannot be read: {error.strerror or error}", f"as root: ls -l {path}")


def of_board(board: str, root: Path = Path("/")) -> Firmware:
    """The firmware of this kind of board. Raises SlotError for one that is not known."""
    match board:
        case "n100":
            return SystemdBoot(root)
        case "pi5":
            return Tryboot(root)
        case _:
            raise SlotError(f"updates are not known for the board {board[:40]!r}", "n100 or pi5")
