"""Asking the disks: a kernel's files, and a program as smartctl is one."""

from __future__ import annotations

import json
import stat
import time
from pathlib import Path

import pytest

from appliance.observe import wear, wear_probe
from appliance.observe.wear import Drive

SAID = {"model_name": "Example", "smart_status": {"passed": True}, "temperature": {"current": 40}}


def program(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.fixture
def block(tmp_path: Path) -> Path:
    """/sys/block of a machine with an eMMC, an SD card, a disk, and things that are none."""
    folder = tmp_path / "block"
    for name in ("sda", "loop0", "dm-0", "zram0", "mmcblk0boot0", "ram0"):
        (folder / name).mkdir(parents=True)
    for name, facts in {
        "mmcblk0": {"type": "MMC", "name": "AJTD4R", "life_time": "0x01 0x01", "pre_eol_info": "0x01"},
        "mmcblk1": {"type": "SD", "name": "SC64G"},
    }.items():
        (folder / name / "device").mkdir(parents=True)
        for fact, value in facts.items():
            (folder / name / "device" / fact).write_text(value + "\n")
    (folder / "mmcblk1" / "stat").write_text("1 2 3 4 5 6 2000 8 9 10 11\n")
    return folder


def test_every_disk_is_asked_and_nothing_else(block: Path, tmp_path: Path) -> None:
    smartctl = program(
        tmp_path / "smartctl", f"echo \"$@\" >> {tmp_path}/asked; echo '{json.dumps(SAID)}'; exit 4"
    )
    storage = wear_probe.look(block, smartctl)
    assert storage.drives == (
        Drive("mmcblk0", "emmc", "AJTD4R", used_percent=10.0, pre_eol=1),
        Drive("mmcblk1", "sd", "SC64G", written_mb=1.024),
        Drive("sda", "ata", "Example", passed=True, temperature_c=40.0),
    )
    asked = (tmp_path / "asked").read_text().splitlines()
    assert len(asked) == 1
    assert asked[0].endswith("--nocheck=standby /dev/sda"), "a disk that sleeps is not woken"
    assert storage.boot_s > 0


def test_without_smartctl_the_cards_are_left(block: Path) -> None:
    assert [drive.name for drive in wear_probe.look(block).drives] == ["mmcblk0", "mmcblk1"]


def test_a_machine_without_disks(tmp_path: Path) -> None:
    assert wear_probe.look(tmp_path / "none").drives == ()


@pytest.mark.parametrize("text", ["cat /dev/zero", "exec sleep 60", "exit 1", "echo nonsense", "kill -9 $$"])
def test_a_program_that_misbehaves(tmp_path: Path, text: str) -> None:
    smartctl = program(tmp_path / "smartctl", text)
    began = time.monotonic()
    said = wear_probe.ask(smartctl, "sda", seconds=1.0)
    assert len(said) <= wear.MAX_SMARTCTL_BYTES
    assert wear.from_smartctl("sda", said) is None
    assert time.monotonic() - began < 30


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    assert wear_probe.ask(str(tmp_path / "none"), "sda") == b""


def test_the_file_is_for_everybody_to_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "health" / "storage.json"
    assert wear_probe.main(["--out", str(out)]) == 0
    assert wear_probe.main(["--out", str(out)]) == 0
    assert wear.read(out) is not None
    assert stat.S_IMODE(out.stat().st_mode) == 0o644
    assert [each.name for each in out.parent.iterdir()] == [out.name]
    assert "disks:" in capsys.readouterr().out


def test_a_place_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert wear_probe.main(["--out", str(tmp_path / "file" / "storage.json")]) == 1
    assert "cannot be written" in capsys.readouterr().err
