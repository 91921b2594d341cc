"""Sizes, before anything is given up."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.updating import fitting, gate, record
from appliance.updating.errors import Refused, UpdateError
from appliance.updating.record import Content
from tests.updating.machines import Machine


def environment(folder: Path, image_bytes: int, device_bytes: int) -> dict[str, str]:
    for name, size in (("rootfs.img", image_bytes), ("root-b", device_bytes), ("root-a", 1)):
        with (folder / name).open("wb") as file:
            file.truncate(size)
    return {
        "RAUC_BUNDLE_MOUNT_POINT": str(folder),
        "RAUC_SLOTS": "1 2 3",
        "RAUC_TARGET_SLOTS": "2 3",
        "RAUC_SLOT_DEVICE_1": str(folder / "root-a"),
        "RAUC_SLOT_DEVICE_2": str(folder / "root-b"),
        "RAUC_SLOT_DEVICE_3": str(folder / "verity-b"),
        "RAUC_IMAGE_NAME_2": "rootfs.img",
    }


def test_what_fits(tmp_path: Path) -> None:
    fitting.check(environment(tmp_path, 4_096, 4_096))
    fitting.check({})


def test_what_does_not(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="does not fit into root-b"):
        fitting.check(environment(tmp_path, 4_097, 4_096))


def test_a_disk_that_is_gone(tmp_path: Path) -> None:
    told = environment(tmp_path, 1, 1)
    (tmp_path / "root-b").unlink()
    with pytest.raises(UpdateError, match="cannot be opened"):
        fitting.check(told)


def test_the_former_version_is_not_given_up_for_what_does_not_fit(n100: Machine, tmp_path: Path) -> None:
    known = record.with_content(record.Record(), "B", Content("good", "0.9", 1))
    record.write(n100.data, known)
    told = {f"{gate.META}VERSION": "2", f"{gate.META}BOARD": "n100", f"{gate.META}EPOCH": "1"}
    with pytest.raises(Refused, match="does not fit"):
        gate.judge({**told, **environment(tmp_path, 4_097, 4_096)}, n100.places)
    assert record.read(n100.data).b.mark == "good"
