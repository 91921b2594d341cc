"""Which devices may be written to."""

from __future__ import annotations

import pytest

from tools.flashing.blocks import Device, Use
from tools.flashing.errors import Refused
from tools.flashing.refusal import check, is_system

GB = 10**9
STICK = Device("sdb", 32 * GB, read_only=False, removable=True, label="Maker Stick")

TWO = (Use("sdb1", "/mnt"), Use("sdb2", "/home/me"))


def but(**changed: object) -> Device:
    return Device(**{name: changed.get(name, getattr(STICK, name)) for name in STICK.__slots__})


def test_a_free_stick_is_taken() -> None:
    check(STICK, 32 * GB)


@pytest.mark.parametrize(
    ("device", "said", "hint"),
    [
        (but(name="sdb1", disk="sdb"), "partition", "/dev/sdb"),
        (but(uses=(Use("sdb1", "/media/me/STICK"),)), "mounted", "sudo umount /dev/sdb1"),
        (but(uses=TWO), "mounted", "umount /dev/sdb1 && sudo umount /dev/sdb2"),
        (but(uses=(Use("sdb2", "/"),)), "running system", "tools/flash"),
        (but(uses=(Use("sdb1", "/mnt"), Use("sdb2", "swap"))), "running system", "tools/flash"),
        (but(uses=(Use("sdb1", "dm-0"),)), "running system", "tools/flash"),
        (but(size=0), "no card", "put one in"),
        (but(read_only=True), "read-only", "lock"),
        (but(size=31 * GB), "31.0 GB, the image needs 32.0 GB", "larger"),
    ],
)  # fmt: skip
def test_the_reason_and_the_way_out_are_said(device: Device, said: str, hint: str) -> None:
    with pytest.raises(Refused) as caught:
        check(device, 32 * GB)
    assert said in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("by", "system"),
    [
        ("/", True),
        ("/boot", True),
        ("/boot/efi", True),
        ("/boot/firmware", True),
        ("/usr", True),
        ("/var/lib/docker", True),
        ("/home", True),
        ("/nix/store", True),
        ("swap", True),
        ("md127", True),
        ("dm-3", True),
        ("/media/me/card", False),
        ("/run/media/me/card", False),
        ("/mnt", False),
        ("/home/me", False),
        ("/bootleg", False),
    ],
)
def test_the_running_system_is_recognised(by: str, system: bool) -> None:
    assert is_system(Use("sdb1", by)) == system
