"""Machines whose firmware obeys the files that the real one obeys, and slots that start or do not.

Everything that the product writes is written for real, into a folder; only what lies under the system (the
firmware, the medium, the power) is played here.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from appliance.updating import autoboot, carrying, efivars, slots
from appliance.updating.boards import ENTRIES, PARTITIONS, TRYBOOT, Firmware, SystemdBoot, Tryboot
from appliance.updating.places import Places
from appliance.updating.slots import Slot, other

MAX_STARTS = 6
FOLDERS = ("proc", "efi/EFI/Linux", "efi/loader", efivars.FOLDER, "boot/autoboot", "data", "run/systemd")


class PowerCut(Exception):
    """The power went."""


def release(root: Path, board: str = "n100", version: str = "1.0.0", epoch: int = 1) -> None:
    """What the running image says of itself, and the id of this start."""
    file = root / "usr/lib/appliance/release"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'version = "{version}"\nboard = "{board}"\nchannel = "stable"\nepoch = {epoch}\n')
    boot_id = root / "proc/sys/kernel/random/boot_id"
    boot_id.parent.mkdir(parents=True, exist_ok=True)
    boot_id.write_text("8b3f\n")


@dataclass
class System:
    """What is in a slot. `health` is how a start of it ends."""

    name: str
    health: str = "healthy"
    whole: bool = True
    starts: int = 0
    passed: bool = False


@dataclass
class Machine:
    """One appliance: its medium, its firmware's memory, and who pulls the plug."""

    root: Path
    board: str
    chance: random.Random
    cut_after: int | None = None
    """So many writes from now on, the power goes."""
    systems: dict[Slot, System | None] = field(default_factory=dict)
    started: list[tuple[Slot, str]] = field(default_factory=list)
    reset_by: str = "power"

    def __post_init__(self) -> None:
        release(self.root, self.board)
        self.systems = {"A": System("first", passed=True), "B": None}
        for folder in FOLDERS:
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        (self.root / "efi/loader/loader.conf").write_text("timeout 0\ndefault appliance-a.efi\n")
        (self.root / "efi/EFI/Linux/appliance-a.efi").write_bytes(b"kernel")
        (self.root / "boot/autoboot/autoboot.txt").write_bytes(autoboot.render(2, 3))
        self.start()

    @property
    def places(self) -> Places:
        return Places(self.root)

    @property
    def data(self) -> Path:
        return self.places.kept

    @property
    def firmware(self) -> Firmware:
        if self.board == "n100":
            return SystemdBoot(self.root)
        return Tryboot(self.root)

    # --- the medium -----------------------------------------------------------------------------------------

    def do(self, steps: Iterator[str]) -> None:
        """Take the steps; the power may go before any of them."""
        before_rename: Path | None = None
        for label in steps:
            if label == "rename":
                before_rename = self._keep()
            if self.cut_after == 0:
                self.cut_after = None
                self._lose(label, before_rename)
                raise PowerCut(label)
            if self.cut_after is not None:
                self.cut_after -= 1
        if before_rename is not None:
            shutil.rmtree(before_rename)

    def _keep(self) -> Path:
        kept = self.root.with_name(self.root.name + ".kept")
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(self.root, kept)
        return kept

    def _lose(self, label: str, kept: Path | None) -> None:
        """What was not yet on the medium may be there, or half, or not."""
        if label == "sync":
            for half in self.root.rglob("*.new"):
                half.write_bytes(half.read_bytes()[: self.chance.randrange(4)])
        if label == "sync folder" and kept is not None and self.chance.random() < 0.5:
            shutil.rmtree(self.root)
            kept.rename(self.root)

    # --- the firmware ---------------------------------------------------------------------------------------

    def start(self) -> None:
        """Switch on, and again, until a committed system runs."""
        for _ in range(MAX_STARTS):
            slot = self._firmware_chooses()
            system = self.systems[slot]
            assert system is not None, f"started slot {slot}, which is empty"
            assert system.whole, f"started slot {slot}, which is half written"
            shutil.rmtree(self.root / "run")
            (self.root / "run/systemd").mkdir(parents=True)
            (self.root / "proc/cmdline").write_text(f"ro rauc.slot={slot} panic=10\n")
            self.started.append((slot, system.name))
            if not system.passed:
                system.starts += 1
                assert system.starts == 1, (
                    f"{system.name} was started twice without having been found healthy"
                )
            if self._lives(slot, system):
                return
        raise AssertionError("it never came back to a system that runs")

    def _firmware_chooses(self) -> Slot:
        return self._systemd_boot() if self.board == "n100" else self._raspberry()

    def _systemd_boot(self) -> Slot:
        variables = self.root / efivars.FOLDER
        once = efivars.read(variables, "LoaderEntryOneShot")
        efivars.remove(variables, "LoaderEntryOneShot")
        default = efivars.read(variables, "LoaderEntryDefault")
        conf = (self.root / "efi/loader/loader.conf").read_text()
        configured = next((line.split()[1] for line in conf.splitlines() if line.startswith("default ")), "")
        for entry in (once, default, configured):
            if entry and (self.root / "efi/EFI/Linux" / entry).is_file():
                return next(slot for slot, name in ENTRIES.items() if name == entry)
        raise AssertionError("the firmware finds nothing to start")

    def _raspberry(self) -> Slot:
        parameter = self.root / "run/systemd/reboot-param"
        flag = self.reset_by == "restart" and parameter.exists() and parameter.read_text() == TRYBOOT
        content = (self.root / "boot/autoboot/autoboot.txt").read_bytes()
        assert len(content) <= 512
        partition = autoboot.parse(content.decode()).partition(tryboot=flag)
        return next(slot for slot, number in PARTITIONS.items() if number == partition)

    # --- the system that was started ------------------------------------------------------------------------

    def _lives(self, slot: Slot, system: System) -> bool:
        """Does it stay? False: it has ended, and the machine starts again."""
        if system.health == "panic":
            self.reset_by = "watchdog"
            return False
        try:
            self.do(carrying.settling(self.firmware, self.data))
            now = carrying.facts(self.firmware, self.data)
            if not now.trying:
                assert system.passed, f"{system.name} is committed and was never found healthy"
                return True
            return self._trial(slot, system)
        except PowerCut:
            self.reset_by = "power"
            return False

    def _trial(self, slot: Slot, system: System) -> bool:
        now = carrying.facts(self.firmware, self.data)
        if system.health == "hang":
            self.reset_by = "watchdog"
            return False
        if system.health == "unhealthy":
            self.do(carrying.carrying_out(self.firmware, self.data, slots.give_up(now)))
            self.reset_by = "restart"
            return False
        system.passed = True  # the self test passed; what follows is the commit
        try:
            self.do(carrying.carrying_out(self.firmware, self.data, slots.commit(now, slot, healthy=True)))
        except PowerCut:
            system.passed = self.firmware.committed() == slot
            raise
        return True

    # --- what people do -------------------------------------------------------------------------------------

    def install(self, system: System, *, restart: bool = True) -> None:
        """As RAUC does it: mark the other slot, write it, mark it again, restart."""
        self.reset_by = "restart"
        try:
            self.do(self._installing(system))
        except PowerCut:
            self.reset_by = "power"
            restart = True
        if restart:
            self.start()

    def _installing(self, system: System) -> Iterator[str]:
        now = carrying.facts(self.firmware, self.data)
        target = other(now.running)
        yield from carrying.carrying_out(self.firmware, self.data, slots.begin_writing(now, target))
        kernel = self.root / "efi/EFI/Linux" / ENTRIES[target]
        yield "write the slot"
        kernel.unlink(missing_ok=True)
        self.systems[target] = half = System(system.name, system.health, whole=False)
        yield "write more of the slot"
        kernel.write_bytes(b"kernel")
        half.whole = True
        now = carrying.facts(self.firmware, self.data)
        yield from carrying.carrying_out(self.firmware, self.data, slots.arm(now, target))

    def restart(self, by: str) -> None:
        self.reset_by = by
        self.start()

    def roll_back(self) -> None:
        """Try what is in the other slot, if it may be."""
        now = carrying.facts(self.firmware, self.data)
        target = other(now.running)
        if now.mark(target) != "good":
            return
        system = self.systems[target]
        assert system is not None
        assert system.passed
        try:
            self.do(carrying.carrying_out(self.firmware, self.data, slots.arm(now, target)))
        except PowerCut:
            self.reset_by = "power"
        else:
            self.reset_by = "restart"
        self.start()
