"""Whether a restart that is a try reaches the firmware of a Raspberry Pi, and no other restart does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import image_pi5_firmware as firmware
from image_guest import GuestError
from image_pi5_try import NOTIFY_REBOOT, SET_REBOOT_FLAGS, Board, How, Message, Restart

from image_checks import Bench, Row

NAME = "tryboot"
HELP = "restarts on a virtual Raspberry Pi 3: which of them order the firmware to try the other slot"
ORDER = 110
BOARDS = ("pi5",)
OWN_GUEST = True
TRY = "0 tryboot"
ORDERED = Message(SET_REBOOT_FLAGS, 4, 1)
OTHERS = {
    "an ordinary restart": (How(), "Restarting system"),
    "without the module": (How(TRY, module=False), "Restarting system with command"),
    "of another partition": (How("3 tryboot"), "only the partition of autoboot.txt"),
    "after a panic": (How(TRY, panic=True), "Kernel panic"),
}
"""What → how it comes, and what the kernel says then."""


def run(bench: Bench) -> Iterator[Row]:
    """One row a fact. Raises GuestError."""
    board = Board(bench.image, bench.folder / "tryboot")
    try:
        board.prepare()
        yield from tried(bench.image, board.restart(How(TRY)))
        for what, (how, said) in OTHERS.items():
            yield untried(bench.image, what, board.restart(how), said)
    except firmware.DoesNotStart as error:
        raise GuestError(str(error)) from error
    finally:
        shutil.rmtree(board.folder, ignore_errors=True)


def tried(image: Path, found: Restart) -> Iterator[Row]:
    """What is asked of a restart that is a try. Raises DoesNotStart."""
    value = ", ".join(f"0x{message.tag:08x} = {message.value}" for message in found.order)
    yield Row(f"`{TRY}` tells the firmware to try", found.order == (ORDERED,), value, found.console[-3000:])
    tags = [message.tag for message in found.seen]
    yield Row(
        "it gets there, and before the restart",
        tags[-2:] == [SET_REBOOT_FLAGS, NOTIFY_REBOOT] and tags.count(SET_REBOOT_FLAGS) == 1,
        " ".join(f"0x{tag:08x}" for tag in tags[-2:]),
    )
    label = _leads_to(image, found)
    yield Row("then slot B starts", label == "boot-b", label)


def untried(image: Path, what: str, found: Restart, said: str) -> Row:
    """What is asked of every other restart. Raises DoesNotStart."""
    label = _leads_to(image, found)
    good = label == "boot-a" and not found.order and said in found.console
    return Row(f"{what}: slot A starts", good, label, found.console[-3000:])


def _leads_to(image: Path, found: Restart) -> str:
    return firmware.chosen_partition(image, tryboot=found.is_try).label
