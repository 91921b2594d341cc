"""Sticks."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.updating import record, state, usb
from appliance.updating.errors import UpdateError
from tests.updating.machines import Machine
from tests.updating.test_helper import Rig, rig, serving, wait_until

__all__ = ["rig", "serving"]

NAMES = [
    "appliance-n100-2.0.0.raucb",
    "appliance-n100-2.10.0.raucb",
    "appliance-n100-2.9.0.raucb",
    "appliance-pi5-3.0.0.raucb",
    "appliance-n100-1.0.0.raucb",
    "appliance-n100-newest.raucb",
    "appliance-n100-9.9.9.raucb.part",
    "holiday.jpg",
]


@pytest.mark.parametrize(
    ("board", "running", "failed", "expected"),
    [
        ("n100", "1.0.0", (), "appliance-n100-2.10.0.raucb"),
        ("n100", "1.0.0", ("2.10.0",), "appliance-n100-2.9.0.raucb"),
        ("n100", "2.10.0", (), ""),
        ("pi5", "1.0.0", (), "appliance-pi5-3.0.0.raucb"),
        ("n200", "1.0.0", (), ""),
    ],
)
def test_the_newest_for_this_board_that_is_newer(
    board: str, running: str, failed: tuple[str, ...], expected: str
) -> None:
    assert usb.newest(NAMES, board, running, failed) == expected
    assert usb.newest([], board, running, failed) == ""


def test_it_is_asked_for_and_waited_for(rig: Rig, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / "appliance-n100-2.0.0.raucb").write_bytes(b"bundle")
    rig.rauc.fails.append(UpdateError("broken"))
    assert usb.install(rig.machine.places, stick) == "appliance-n100-2.0.0.raucb"
    now = state.read(rig.machine.places.state)
    assert now is not None
    assert now.phase == "failed"
    wait_until(lambda: not rig.helper.busy)


def test_what_failed_here_is_not_tried_again(rig: Rig, tmp_path: Path) -> None:
    (tmp_path / "appliance-n100-2.0.0.raucb").write_bytes(b"bundle")
    known = record.failed(record.read(rig.machine.data), "2.0.0", "deaf")
    record.write(rig.machine.data, known)
    assert usb.install(rig.machine.places, tmp_path) == ""
    assert rig.rauc.asked == []


def test_without_the_helper(n100: Machine, tmp_path: Path) -> None:
    (tmp_path / "appliance-n100-2.0.0.raucb").write_bytes(b"bundle")
    with pytest.raises(UpdateError, match="nobody"):
        usb.install(n100.places, tmp_path)
