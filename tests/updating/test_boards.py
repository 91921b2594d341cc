"""What each firmware is told, in the files that it reads."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from appliance.updating import boards, efivars
from appliance.updating.boards import ENTRIES, SystemdBoot, Tryboot
from appliance.updating.errors import SlotError
from tests.updating.machines import Machine


def test_a_try_is_the_one_shot_entry(n100: Machine) -> None:
    (n100.root / "efi/EFI/Linux" / ENTRIES["B"]).write_bytes(b"kernel")
    assert list(n100.firmware.try_once("B")) == ["set LoaderEntryOneShot"]
    assert efivars.read(n100.root / efivars.FOLDER, "LoaderEntryOneShot") == "appliance-b.efi"
    assert (n100.firmware.pending(), n100.firmware.committed()) == ("B", "A")
    list(n100.firmware.do_not_try())
    assert n100.firmware.pending() is None


@pytest.mark.parametrize("content", [None, b""])
def test_a_slot_without_a_kernel_is_never_tried(n100: Machine, content: bytes | None) -> None:
    if content is not None:
        (n100.root / "efi/EFI/Linux" / ENTRIES["B"]).write_bytes(content)
    with pytest.raises(SlotError, match="no kernel"):
        list(n100.firmware.try_once("B"))
    assert n100.firmware.pending() is None


def test_a_commit_is_the_default_entry_and_keeps_the_other_settings(n100: Machine) -> None:
    list(n100.firmware.commit("B"))
    assert efivars.read(n100.root / efivars.FOLDER, "LoaderEntryDefault") == "appliance-b.efi"
    assert (n100.root / "efi/loader/loader.conf").read_text() == "default appliance-b.efi\ntimeout 0\n"


def test_a_machine_without_any_setting_starts_what_it_came_with(tmp_path: Path) -> None:
    assert SystemdBoot(tmp_path).committed() == "A"


def test_a_try_of_a_raspberry_is_the_parameter_of_the_restart(pi5: Machine) -> None:
    list(pi5.firmware.try_once("B"))
    assert (pi5.root / "run/systemd/reboot-param").read_text() == "0 tryboot"
    assert (pi5.firmware.pending(), pi5.firmware.committed()) == ("B", "A")
    list(pi5.firmware.commit("B"))
    assert pi5.firmware.committed() == "B"
    assert (pi5.root / "boot/autoboot/autoboot.txt").read_text() == (
        "[all]\ntryboot_a_b=1\nboot_partition=3\n[tryboot]\nboot_partition=2\n"
    )


@pytest.mark.parametrize(("state", "tried"), [("live\n", True), ("going\n", False), (None, False)])
def test_a_kernel_that_cannot_tell_the_firmware_tries_nothing(
    pi5: Machine, state: str | None, tried: bool
) -> None:
    module = pi5.root / "sys/module/appliance_tryboot"
    module.mkdir(parents=True)
    if state is not None:
        (module / "initstate").write_text(state)
    with contextlib.nullcontext() if tried else pytest.raises(SlotError, match="module is missing"):
        list(pi5.firmware.try_once("B"))
    assert pi5.firmware.pending() == ("B" if tried else None)


def test_an_edited_autoboot_txt_is_put_right_before_a_try(pi5: Machine) -> None:
    (pi5.root / "boot/autoboot/autoboot.txt").write_text("boot_partition=2\n")
    list(pi5.firmware.try_once("B"))
    assert pi5.firmware.pending() == "B"


@pytest.mark.parametrize(("text", "why"), [(None, "missing"), ("boot_partition=7\n", "partition 7")])
def test_an_autoboot_txt_that_leads_nowhere(pi5: Machine, text: str | None, why: str) -> None:
    file = pi5.root / "boot/autoboot/autoboot.txt"
    file.unlink()
    if text is not None:
        file.write_text(text)
    with pytest.raises(SlotError, match=why):
        pi5.firmware.committed()


@pytest.mark.parametrize(
    ("line", "slot"),
    [("ro rauc.slot=B quiet\n", "B"), ("rauc.slot=A", "A"), ("xrauc.slot=A rauc.slot=B", "B")],
)
def test_the_running_slot_is_on_the_command_line(tmp_path: Path, line: str, slot: str) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cmdline").write_text(line)
    assert boards.running_slot(tmp_path) == slot


@pytest.mark.parametrize("line", ["ro quiet", "rauc.slot=C", "rauc.slot=AB", ""])
def test_or_is_the_partition_under_the_verified_root(tmp_path: Path, line: str) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cmdline").write_text(line)
    with pytest.raises(SlotError, match="not started from a slot"):
        boards.running_slot(tmp_path)
    for number, name, label in ((0, "other", "data"), (1, "root", "root-b")):
        mapped = tmp_path / f"sys/block/dm-{number}"
        (mapped / "dm").mkdir(parents=True)
        (mapped / "dm/name").write_text(f"{name}\n")
        for part, what in (("sda4", label), ("sda5", "verity-b")):
            (mapped / "slaves" / part).mkdir(parents=True)
            (mapped / "slaves" / part / "uevent").write_text(f"DEVTYPE=partition\nPARTNAME={what}\n")
    assert boards.running_slot(tmp_path) == "B"


def test_boards_are_told_apart(tmp_path: Path) -> None:
    assert isinstance(boards.of_board("n100", tmp_path), SystemdBoot)
    assert isinstance(boards.of_board("pi5", tmp_path), Tryboot)
    with pytest.raises(SlotError, match="toaster"):
        boards.of_board("toaster", tmp_path)
