"""What is read of restarts on the virtual Raspberry Pi."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.image.pi5_discs import firmware

import image_checks  # isort: skip  (tools/ is in the path since the line before)
import image_pi5_try as trying  # isort: skip
from image_checks import pi5_tryboot  # isort: skip
from image_guest import GuestError  # isort: skip

TRACE = """\
bcm2835_mbox_property mbox property tag:0x00000001 in_sz:4 out_sz:4
bcm2835_mbox_property mbox property tag:0x00030043 in_sz:20 out_sz:0
bcm2835_mbox_property mbox property tag:0x00038064 in_sz:4 out_sz:0
bcm2835_mbox_property mbox property tag:0x00030048 in_sz:0 out_sz:0
"""
CONSOLE = """\
[    7.288689] appliance_tryboot: restarts can be tries
[    7.724994] sent: (rpi_firmware_property_list+0x0/0x290) tag=0x38064 bytes=4 value=0x1
[    7.726728] appliance_tryboot: the firmware was told that this restart is a try
[    7.728563] sent: (rpi_firmware_property_list+0x0/0x290) tag=0x30048 bytes=0 value=0x0
[    7.747031] reboot: Restarting system with command '0 tryboot'
"""
LISTING = """\
Path : /usr/lib/modules
Size: 59  On-disk size: 59  directory

       NID TYPE  FILENAME
  18069995    2  .
   9653500    2  ..
  17102070    2  7.3.4+deb13-arm64
"""


def restart(trace: str = TRACE, console: str = CONSOLE) -> trying.Restart:
    return trying.Restart(trying.seen_in(trace), trying.sent_in(console), console)


def without(text: str, *words: str) -> str:
    return "".join(line for line in text.splitlines(True) if not any(word in line for word in words))


ORDINARY = restart(without(TRACE, "38064"), without(CONSOLE, "38064", "told"))


def test_what_the_virtual_firmware_saw() -> None:
    assert [message.tag for message in restart().seen] == [1, 0x30043, 0x38064, 0x30048]
    assert restart().seen[2].size_bytes == 4
    assert restart().is_try
    assert not ORDINARY.is_try
    assert trying.seen_in("") == ()


def test_what_the_kernel_sent() -> None:
    assert restart().order == (trying.Message(0x38064, 4, 1),)
    assert ORDINARY.order == ()


def test_the_kernel_of_the_root() -> None:
    assert trying.release_in(LISTING) == "7.3.4+deb13-arm64"
    with pytest.raises(GuestError, match="0 kernels"):
        trying.release_in("")
    with pytest.raises(GuestError, match="2 kernels"):
        trying.release_in(LISTING + "  17102071    2  7.3.5+deb13-arm64\n")


PANICKED = restart(without(TRACE, "38064", "30048"), "Kernel panic - not syncing: sysrq triggered crash\n")
OTHER = restart(
    without(TRACE, "38064"), without(CONSOLE, "38064", "told") + "only the partition of autoboot.txt\n"
)
GOOD = {
    "an ordinary restart": ORDINARY,
    "without the module": ORDINARY,
    "of another partition": OTHER,
    "after a panic": PANICKED,
}


@pytest.fixture(scope="module")
def image(pi5_disc: Path) -> Path:
    """A disc whose partitions can be read."""
    if shutil.which("mtype") is None:
        pytest.skip("mtools is not installed: apt-get install mtools")
    firmware.start(pi5_disc)
    return pi5_disc


@pytest.mark.parametrize(
    ("found", "failed"),
    [
        (restart(), []),
        (ORDINARY, [0, 1, 2]),
        (restart(console=CONSOLE.replace("value=0x1", "value=0x3")), [0]),
        (restart(console=CONSOLE + CONSOLE), [0]),
        (restart("".join(TRACE.splitlines(True)[i] for i in (0, 1, 3, 2))), [1]),
        (restart(TRACE[:69] + TRACE), []),
    ],
)
def test_a_try_has_to_reach_the_firmware(image: Path, found: trying.Restart, failed: list[int]) -> None:
    rows = list(pi5_tryboot.tried(image, found))
    assert [number for number, row in enumerate(rows) if not row.good] == failed


@pytest.mark.parametrize("what", list(pi5_tryboot.OTHERS))
def test_nothing_else_may(image: Path, what: str) -> None:
    said = pi5_tryboot.OTHERS[what][1]
    assert pi5_tryboot.untried(image, what, GOOD[what], said).good
    assert not pi5_tryboot.untried(image, what, restart(), said).good
    silent = restart(without(TRACE, "38064"), "")
    assert not pi5_tryboot.untried(image, what, silent, said).good


def test_the_check_is_this_boards_alone() -> None:
    assert [check.NAME for check in image_checks.chosen(["tryboot"], "pi5")] == [pi5_tryboot.NAME]
    with pytest.raises(ValueError, match="no such check"):
        image_checks.chosen(["tryboot"], "n100")
