"""What the kernel says of its devices: trees as in /sys and /proc, and real loop devices."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.flashing.conftest import MakeLoop
from tools.flashing import blocks, refusal
from tools.flashing.blocks import Use
from tools.flashing.errors import Refused

USB = "devices/pci0000:00/usb2/2-1/block"
MMC = "devices/platform/mmc_host/mmc0/mmc0:0001/block"
ATA = "devices/pci0000:00/ata1/block"


class Machine:
    """A folder that looks like a machine's /sys and /proc."""

    def __init__(self, root: Path) -> None:
        self.sys, self.proc = root / "sys", root / "proc"
        (self.sys / "class/block").mkdir(parents=True)
        (self.proc / "self").mkdir(parents=True)
        self.table("self/mountinfo", "22 1 0:5 / /proc rw - proc proc rw")
        self.table("swaps", "Filename Type Size Used Priority")

    def add(self, where: str, number: str, *, gigabytes: float = 32, **files: str) -> Path:
        folder = self.sys / where
        (folder / "holders").mkdir(parents=True)
        size = str(int(gigabytes * 10**9 / 512))
        for name, text in {"dev": number, "size": size, "ro": "0", **files}.items():
            file = folder / name.replace("__", "/")
            file.parent.mkdir(exist_ok=True)
            file.write_text(text + "\n")
        (self.sys / "class/block" / folder.name).symlink_to(folder)
        return folder

    def table(self, name: str, *lines: str) -> None:
        path = self.proc / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines))

    def uses(self, folder: Path) -> set[Use]:
        return set(blocks.read(folder, self.sys, self.proc).uses)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_sticks_cards_and_usb_disks_are_listed_and_nothing_else(machine: Machine) -> None:
    machine.add(f"{USB}/sdb", "8:16", removable="0", device__vendor="Maker ", device__model="SSD\x1b[31m 1 ")
    machine.add(f"{USB}/sdb/sdb1", "8:17", partition="1")
    machine.add(f"{USB}/sdc", "8:32", removable="1", gigabytes=0)
    machine.add(f"{MMC}/mmcblk0", "179:0", removable="0", device__name="SC32G")
    machine.add(f"{MMC.replace('mmc0', 'mmc1')}/mmcblk1", "179:32", removable="0")
    machine.add(f"{MMC.replace('mmc0', 'mmc1')}/mmcblk1boot0", "179:64", removable="0")
    machine.add(f"{ATA}/sda", "8:0", removable="0")
    machine.add("devices/virtual/block/zram0", "253:0", removable="1")
    machine.add("devices/virtual/block/loop0", "7:0", removable="0")
    found = {device.name: device for device in blocks.removable(machine.sys, machine.proc)}
    assert set(found) == {"sdb", "mmcblk0"}
    assert found["sdb"].label == "Maker SSD[31m 1"
    assert found["mmcblk0"].size == 32_000_000_000 // 512 * 512


def test_mounts_of_the_disk_and_of_its_parts_are_found(machine: Machine) -> None:
    disk = machine.add(f"{USB}/sdb", "8:16")
    machine.add(f"{USB}/sdb/sdb1", "8:17", partition="1")
    machine.add(f"{ATA}/sda", "8:0")
    machine.table(
        "self/mountinfo",
        "30 1 8:0 / / rw - ext4 /dev/sda rw",
        "31 1 8:17 / /media/a\\040b rw shared:1 - vfat /dev/sdb1 rw",
    )
    assert machine.uses(disk) == {Use("sdb1", "/media/a b")}
    machine.table("1/mountinfo", "31 1 8:16 / /outside rw - ext4 /dev/sdb rw")
    assert machine.uses(disk) == {Use("sdb1", "/media/a b"), Use("sdb", "/outside")}


def test_what_is_built_on_it_is_found_with_its_mounts_and_swaps(machine: Machine) -> None:
    disk = machine.add(f"{ATA}/sda", "8:0")
    part = machine.add(f"{ATA}/sda/sda2", "8:2", partition="2")
    crypt = machine.add("devices/virtual/block/dm-0", "252:0")
    volume = machine.add("devices/virtual/block/dm-1", "252:1")
    (part / "holders/dm-0").symlink_to(crypt)
    (crypt / "holders/dm-1").symlink_to(volume)
    machine.table("self/mountinfo", "30 1 252:1 / / rw - ext4 /dev/mapper/root rw")
    machine.table("swaps", "Filename Type Size Used Priority", "/dev/dm-0 partition 100 0 -2")
    found = machine.uses(disk)
    assert {use.by for use in found} == {"/", "swap", "dm-0", "dm-1"}
    assert {use.part for use in found} >= {"sda2"}


def test_damaged_tables_do_no_harm(machine: Machine) -> None:
    disk = machine.add(f"{USB}/sdb", "8:16")
    machine.table(
        "self/mountinfo", "", " - ", "x - y", "31 1 8:16", "30 1 8:16 / /there rw - ext4 /dev/sdb rw"
    )
    (machine.proc / "swaps").write_bytes(b"\xff\xfe\n\xff\n\n")
    assert machine.uses(disk) == {Use("sdb", "/there")}


@pytest.mark.parametrize("name", ["/dev/null", "/dev/nothing-here", "/etc/passwd", "/"])
def test_what_is_no_disk_is_refused(name: str) -> None:
    with pytest.raises(Refused) as caught:
        blocks.named(Path(name))
    assert "tools/flash" in caught.value.hint


def test_a_real_device_is_read(loop: MakeLoop, tmp_path: Path) -> None:
    device = loop(8)
    link = tmp_path / "by-id"
    link.symlink_to(device)
    found = blocks.named(link)
    assert (found.path, found.size, found.read_only, found.uses) == (device, 8 * 1024 * 1024, False, ())
    assert blocks.named(loop(1, "--read-only")).read_only


def test_a_mounted_device_is_seen(loop: MakeLoop, tmp_path: Path) -> None:
    device = loop(8)
    subprocess.run(["mkfs.ext4", "-q", "-F", device], check=True)
    where = tmp_path / "mount here"
    where.mkdir()
    done = subprocess.run(["mount", device, where], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr}")
    try:
        assert set(blocks.named(device).uses) == {Use(device.name, str(where))}
    finally:
        subprocess.run(["umount", where], check=True)


def test_the_disk_of_this_system_is_refused() -> None:
    root = Path("/").stat().st_dev
    folder = Path(f"/sys/dev/block/{os.major(root)}:{os.minor(root)}").resolve()
    if not folder.is_dir():
        pytest.skip("this system's root lies on no block device of its own")
    disk = folder.parent if (folder / "partition").exists() else folder
    with pytest.raises(Refused, match="belongs to the running system"):
        refusal.check(blocks.read(disk), 1)
