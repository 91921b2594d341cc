"""The Raspberry Pi 5's image, when one was built: its partitions, and the files that the firmware reads."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tests.image.pi5_discs import BOARD, arm64, firmware

BUILT = ROOT / "build/image"
HEAD_BYTES = 386 * 1_048_576
"""The partition table and all partitions that the firmware looks at."""
LABELS = ["autoboot", "boot-a", "boot-b", "APPLIANCE", "root-a", "verity-a"]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The beginning of the newest image."""
    found = sorted(BUILT.glob("appliance-pi5-*.img.zst"), key=lambda file: file.stat().st_mtime)
    if not found or shutil.which("zstd") is None:
        pytest.skip("no image was built here: sudo tools/image build --board pi5")
    head = tmp_path_factory.mktemp("image") / "head.img"
    with head.open("wb") as file:
        reader = subprocess.Popen(("zstd", "-q", "-d", "-c", str(found[-1])), stdout=subprocess.PIPE)
        assert reader.stdout is not None
        with reader.stdout:
            while file.tell() < HEAD_BYTES:
                block = reader.stdout.read(1_048_576)
                if not block:
                    break
                if any(block):
                    file.write(block)
                else:
                    file.seek(len(block), 1)
        file.truncate(HEAD_BYTES)
        reader.kill()
        reader.wait()
    return head


def test_the_partitions_have_the_numbers_that_the_firmware_is_told(image: Path) -> None:
    parts = arm64.partitions(image)
    assert [part.label for part in sorted(parts.values(), key=lambda part: part.number)] == LABELS
    assert [parts[label].number for label in LABELS] == [1, 2, 3, 4, 5, 6]
    assert parts["root-a"].size + parts["verity-a"].size <= 1_200_000_000
    ends = [part.start + part.size for part in parts.values()]
    assert all(start >= end for start, end in zip([p.start for p in parts.values()][1:], ends, strict=False))


def test_the_firmware_starts_slot_a(image: Path) -> None:
    found = firmware.start(image)
    assert found.partition.label == "boot-a"
    words = found.command_line.split()
    assert words[0] == "rauc.slot=A"
    assert f"roothash={arm64.root_hash(arm64.partitions(image))}" in words
    assert {"cgroup_enable=memory", "psi=1", "ro", "panic=10"} <= set(words)
    assert 10_000_000 < len(found.initrd) < 64_000_000
    assert b"brcm,bcm2712" in found.tree
    assert b"raspberrypi,rp1" in found.tree or b"rp1" in found.tree


def test_a_slot_that_was_never_written_does_not_start(image: Path) -> None:
    """Updates fill it before they try it: nothing of A can be started by mistake as B."""
    assert firmware.chosen_partition(image, tryboot=True).label == "boot-b"
    with pytest.raises(firmware.DoesNotStart):
        firmware.start(image, tryboot=True)


@pytest.mark.parametrize("slot", ["a", "b"])
def test_the_same_boot_partition_serves_both_slots(image: Path, slot: str) -> None:
    part = arm64.partitions(image)["boot-a"]
    line = firmware.read_file(image, part, f"cmdline-{slot}.txt").decode()
    assert f"rauc.slot={slot.upper()} " in line
    assert f"verity_root_hash=/dev/disk/by-partlabel/verity-{slot} " in line
    assert firmware.read_file(image, part, "config.txt") == (BOARD / "config.txt").read_bytes()


def test_settings_of_people_have_their_partition(image: Path) -> None:
    text = firmware.read_file(image, arm64.partitions(image)["APPLIANCE"], "README.txt")
    assert b"appliance.toml" in text


@pytest.mark.parametrize("label", ["autoboot", "boot-a", "APPLIANCE"])
def test_other_systems_can_read_its_fat(image: Path, label: str) -> None:
    """As they decide it: FAT32 has at least 65 525 clusters, and sectors as large as the card's."""
    with image.open("rb") as file:
        file.seek(arm64.partitions(image)[label].start)
        head = file.read(512)
    sector_bytes, cluster_sectors, reserved, tables = struct.unpack_from("<HBHB", head, 11)
    sectors, table_sectors = struct.unpack_from("<II", head, 32)
    assert sector_bytes == 512
    assert (sectors - reserved - tables * table_sectors) // cluster_sectors >= 65_525
