"""What the build puts on the boot partitions of the Raspberry Pi 5."""

from __future__ import annotations

import gzip
import os
import struct
import subprocess
from pathlib import Path

import pytest

from tests.image.pi5_discs import BOARD, KERNEL, ROOT_HASH, TREE, arm64, firmware, gpt
from tools.flashing import fat, partitions


def packed(content: bytes, method: bytes) -> bytes:
    """A kernel that unpacks itself under UEFI (Linux, drivers/firmware/efi/libstub/Makefile.zboot)."""
    head = b"MZ\0\0zimg" + struct.pack("<II", 64, len(content)) + bytes(8) + method.ljust(32, b"\0")
    return head.ljust(64, b"\0") + content + b"more"


def zstd(content: bytes) -> bytes:
    return subprocess.run(("zstd", "-q", "-c"), input=content, capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    "content",
    [KERNEL, gzip.compress(KERNEL), packed(gzip.compress(KERNEL), b"gzip"), packed(zstd(KERNEL), b"zstd22")],
)
def test_the_firmware_gets_a_kernel_that_it_can_start(content: bytes) -> None:
    assert arm64.kernel_image(content) == KERNEL


@pytest.mark.parametrize(
    "content", [b"", b"MZ" + bytes(100), packed(b"x", b"lzma"), gzip.compress(b"x" * 99)]
)
def test_what_is_no_kernel_is_refused(content: bytes) -> None:
    with pytest.raises(arm64.BootError):
        arm64.kernel_image(content)


def test_the_hash_of_the_root_is_in_the_names_of_its_partitions(tmp_path: Path) -> None:
    parts = arm64.partitions(gpt(tmp_path / "disc"))
    assert arm64.root_hash(parts) == ROOT_HASH
    assert [(part.number, label) for label, part in parts.items()][:3] == [
        (1, "autoboot"),
        (2, "boot-a"),
        (3, "boot-b"),
    ]
    with pytest.raises(arm64.BootError, match="verity-a"):
        arm64.root_hash(arm64.partitions(gpt(tmp_path / "less", ("root-a",))))
    (tmp_path / "none").write_bytes(bytes(4096))
    with pytest.raises(arm64.BootError, match="no GPT"):
        arm64.partitions(tmp_path / "none")


def test_a_command_line_is_one_line() -> None:
    lines = arm64.command_lines(BOARD, ROOT_HASH, "ro  quiet\npanic=10")
    for slot, content in lines.items():
        assert content.count(b"\n") == 1, slot
        assert content.endswith(b" ro quiet panic=10\n")
        assert f"roothash={ROOT_HASH} ".encode() in content
        assert b"@" not in content
    assert lines["cmdline-a.txt"].replace(b"=A", b"=B").replace(b"-a ", b"-b ") == lines["cmdline-b.txt"]


def test_what_does_not_fit_is_no_image(tmp_path: Path) -> None:
    size = 40 * 1_048_576
    with pytest.raises(arm64.BootError):
        arm64.file_system(tmp_path / "boot.img", size, "BOOT", {"kernel.img": bytes(size)}, 0)


def test_the_same_inputs_give_the_same_bits(tmp_path: Path) -> None:
    for name in ("one", "two"):
        arm64.file_system(
            tmp_path / name, 64 * 1_048_576, "AUTOBOOT", {"autoboot.txt": b"x", "b": b"y"}, 10**9
        )
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("tryboot", [False, True])
def test_a_filled_disc_starts_either_slot_with_its_own_words(disc: Path, tryboot: bool) -> None:
    found = firmware.start(disc, tryboot=tryboot)
    slot, name = ("B", "b") if tryboot else ("A", "a")
    assert found.partition.label == f"boot-{name}"
    words = found.command_line.split()
    assert {f"rauc.slot={slot}", f"roothash={ROOT_HASH}", "ro", "quiet"} <= set(words)
    assert f"systemd.verity_root_data=/dev/disk/by-partlabel/root-{name}" in words
    assert (found.kernel, found.initrd, found.tree) == (KERNEL, b"an initrd", TREE)


def test_settings_get_onto_their_own_partition(disc: Path) -> None:
    """As tools/flash puts them there: it finds the partition by its label among four FAT ones."""
    with disc.open("rb") as file:
        start = partitions.setup_partition(lambda offset, length: os.pread(file.fileno(), length, offset))
    assert start == arm64.partitions(disc)["APPLIANCE"].start
    files = {"appliance.toml": b"[update]\n"}
    fat.put(disc, start, files)
    fat.check(disc, start, files)
    assert b"appliance.toml" in firmware.read_file(disc, arm64.partitions(disc)["APPLIANCE"], "README.txt")
