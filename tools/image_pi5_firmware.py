"""What the boot loader in a Raspberry Pi 5's EEPROM makes of an image: which kernel it starts, and how.

It obeys the same files as the board's own, as far as this image uses them: autoboot.txt on the first
partition, the conditional filters of config.txt (both: raspberrypi.com/documentation, "config.txt"), and the
names of kernel, initrd, command line and device tree. It is stricter where the real one would go on with a
guess.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from image_arm64 import GZIP_MAGIC, KERNEL_MAGIC, Part, partitions

MAX_AUTOBOOT_BYTES = 512
MAX_CONFIG_LINE = 98
"""Of a line of config.txt: the rest is not read."""
MAX_COMMAND_LINE = 2047
"""COMMAND_LINE_SIZE of 64-bit ARM, with its end."""
TREES = {"Raspberry Pi 5": "bcm2712-rpi-5-b.dtb"}
TREE_MAGIC = b"\xd0\x0d\xfe\xed"
FILTER = re.compile(r"\[([a-z0-9_-]+)(?:=([^\]]*))?\]", re.IGNORECASE)
BOARDS = {"pi5", "pi500", "cm5"}


class DoesNotStart(Exception):
    """The board would show an error pattern with its LED, or start something else; the sentence says why."""


@dataclass(frozen=True)
class Start:
    """What is started."""

    partition: Part
    kernel: bytes
    initrd: bytes
    command_line: str
    tree: bytes


@dataclass(frozen=True)
class Situation:
    """What the filters of config.txt ask."""

    partition: int
    tryboot: bool = False
    board: str = "pi5"

    def fits(self, kind: str, value: str | None) -> bool:
        """Whether a section applies; one that is not understood does not. `all` is not asked here."""
        match kind:
            case "tryboot":
                return self.tryboot
            case "boot_partition":
                return value == str(self.partition)
            case _:
                return kind == self.board


def kind_of(name: str) -> str:
    """Filters of one kind replace each other; of several kinds all must fit."""
    return "board" if name in BOARDS or re.fullmatch(r"pi\d\+?|cm\d[a-z]*|pi0w?2?", name) else name


def read_config(text: str, situation: Situation) -> dict[str, str]:
    """Setting → value, the last one that applies. `initramfs` is the only one without a sign of equality."""
    settings: dict[str, str] = {}
    fitting: dict[str, bool] = {}
    for line in text.splitlines():
        entry = line.strip()[:MAX_CONFIG_LINE]
        section = FILTER.fullmatch(entry)
        if section is not None:
            name = section[1].lower()
            if name == "all":
                fitting = {}
            else:
                fitting[kind_of(name)] = situation.fits(name, section[2])
        elif entry and not entry.startswith("#") and all(fitting.values()):
            key, _, value = entry.partition(" " if entry.startswith("initramfs ") else "=")
            settings[key.strip()] = value.strip()
    return settings


def read_file(image: Path, part: Part, name: str) -> bytes:
    """A file in the root folder of a FAT partition. Raises DoesNotStart."""
    environment = {"PATH": os.environ["PATH"], "MTOOLSRC": "/dev/null", "MTOOLS_SKIP_CHECK": "1"}
    command = ("mtype", "-i", f"{image}@@{part.start}", f"::{name}")
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()[:200]
        raise DoesNotStart(f"{name} cannot be read from partition {part.number} ({part.label}): {said}")
    return done.stdout


def by_number(image: Path) -> Mapping[int, Part]:
    """Number → partition."""
    return {part.number: part for part in partitions(image).values()}


def chosen_partition(image: Path, *, tryboot: bool) -> Part:
    """Where autoboot.txt leads. Raises DoesNotStart."""
    parts = by_number(image)
    content = read_file(image, parts[1], "autoboot.txt")
    if len(content) > MAX_AUTOBOOT_BYTES:
        raise DoesNotStart(f"autoboot.txt has {len(content)} bytes; {MAX_AUTOBOOT_BYTES} are read")
    settings = read_config(content.decode("ascii"), Situation(1, tryboot=tryboot))
    if tryboot and settings.get("tryboot_a_b") != "1":
        raise DoesNotStart("tryboot_a_b is not set: a try would look for tryboot.txt")
    number = settings.get("boot_partition", "1")
    if not number.isdigit() or int(number) not in parts:
        raise DoesNotStart(f"autoboot.txt leads to partition {number}, which does not exist")
    return parts[int(number)]


def start(image: Path, *, tryboot: bool = False, board: str = "Raspberry Pi 5") -> Start:
    """What the board starts. Raises DoesNotStart."""
    part = chosen_partition(image, tryboot=tryboot)
    config = read_file(image, part, "config.txt").decode("utf-8")
    settings = read_config(config, Situation(part.number, tryboot=tryboot))
    kernel = read_file(image, part, settings.get("kernel", "kernel_2712.img"))
    if kernel[56:60] != KERNEL_MAGIC and not kernel.startswith(GZIP_MAGIC):
        raise DoesNotStart("the kernel is none for 64-bit ARM")
    initrd = b""
    if "initramfs" in settings:
        name, _, place = settings["initramfs"].partition(" ")
        if place != "followkernel":
            raise DoesNotStart(f"initramfs is to lie at {place!r}")
        initrd = read_file(image, part, name)
    tree = read_file(image, part, settings.get("device_tree", TREES[board]))
    if not tree.startswith(TREE_MAGIC):
        raise DoesNotStart("the device tree is none")
    line = read_file(image, part, settings.get("cmdline", "cmdline.txt")).decode("ascii").splitlines()[0]
    if len(line) > MAX_COMMAND_LINE:
        raise DoesNotStart(f"the command line has {len(line)} characters; {MAX_COMMAND_LINE} are read")
    return Start(part, kernel, initrd, line, tree)
