"""config.txt and autoboot.txt as the firmware of a Raspberry Pi 5 reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.image.pi5_discs import BOARD, arm64, firmware


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kernel=a\nkernel=b\n", "b"),
        ("kernel=a\n#kernel=b\n", "a"),
        ("[all]\nkernel=a\n[none]\nkernel=b\n", "a"),
        ("[pi4]\nkernel=a\n[pi5]\nkernel=b\n", "b"),
        ("[boot_partition=2]\nkernel=a\n[boot_partition=3]\nkernel=b\n", "b"),
        ("[boot_partition=3]\nkernel=a\n[boot_partition=2]\nkernel=b\n", "a"),
        ("[tryboot]\nkernel=a\n", None),
        ("[pi4]\n[boot_partition=3]\nkernel=a\n", None),
        ("[pi4]\n[boot_partition=3]\n[all]\nkernel=a\n", "a"),
        ("[EDID=X]\nkernel=a\n", None),
    ],
)
def test_sections(text: str, expected: str | None) -> None:
    assert firmware.read_config(text, firmware.Situation(3)).get("kernel") == expected


def test_lines_that_people_add_at_the_end_hold_for_both_slots() -> None:
    text = (BOARD / "config.txt").read_text("utf-8") + "dtoverlay=microphones\n"
    for number, line in ((2, "cmdline-a.txt"), (3, "cmdline-b.txt")):
        settings = firmware.read_config(text, firmware.Situation(number))
        assert (settings["cmdline"], settings["dtoverlay"]) == (line, "microphones")
        assert settings["initramfs"] == "initrd.img followkernel"


def put(disc: Path, label: str, files: dict[str, bytes]) -> None:
    part = arm64.partitions(disc)[label]
    new = disc.with_name("new")
    arm64.file_system(new, part.size, "AUTOBOOT", files, 0)
    arm64.put(disc, part, new)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"boot_partition=9\n", "partition 9"),
        (b"boot_partition=2\n" + b"#" * 600, "617 bytes"),
        (b"boot_partition=4\n", "config.txt cannot be read"),
        (b"[tryboot]\nboot_partition=3\n", "config.txt cannot be read from partition 1"),
    ],
)
def test_what_does_not_start(disc: Path, content: bytes, why: str) -> None:
    put(disc, "autoboot", {"autoboot.txt": content})
    with pytest.raises(firmware.DoesNotStart, match=why):
        firmware.start(disc)


def test_a_try_of_files_is_no_try_of_partitions(disc: Path) -> None:
    put(disc, "autoboot", {"autoboot.txt": b"boot_partition=2\n[tryboot]\nboot_partition=3\n"})
    assert firmware.start(disc).partition.number == 2
    with pytest.raises(firmware.DoesNotStart, match="tryboot_a_b"):
        firmware.start(disc, tryboot=True)


def test_an_empty_slot_does_not_start(disc: Path) -> None:
    put(disc, "boot-b", {"config.txt": (BOARD / "config.txt").read_bytes()})
    with pytest.raises(firmware.DoesNotStart, match=r"kernel\.img cannot be read from partition 3"):
        firmware.start(disc, tryboot=True)
