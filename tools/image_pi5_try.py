"""Restarts of the image's kernel on a virtual Raspberry Pi whose firmware notes what it is sent.

There is no virtual Pi 5, but QEMU has the Pi 3 with the same mailbox and property channel. Kernel and initrd
are those that the image starts; the module and the device tree come out of its root. The first process is
image/kernel/try/init, which ends in systemd's own restart. Runs in the tools root.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import image_pi5_firmware as firmware
from image_arm64 import partitions
from image_guest import GuestError

INIT = Path(__file__).resolve().parent.parent / "image/kernel/try/init"
MODULE = "updates/appliance-tryboot.ko"
TREE = "dtb/broadcom/bcm2837-rpi-3-b.dtb"
MODULES = "/usr/lib/modules"
WORDS = "console=ttyS1,115200 rdinit=/appliance/init panic=-1 tp_printk loglevel=7"
PATIENCE_SECONDS = 1_800.0
"""A restart takes 20 s on an idle machine, and ten minutes on one whose processors others have."""
SET_REBOOT_FLAGS = 0x00038064
"""Its value 1 is a try; as Raspberry Pi's own kernel sends it. The channel:
https://github.com/raspberrypi/firmware/wiki/Mailbox-property-interface"""
NOTIFY_REBOOT = 0x00030048
"""Sent by Linux itself at every restart."""
SEEN = re.compile(r"^bcm2835_mbox_property .*tag:0x([0-9a-f]{8}) in_sz:(\d+)", re.MULTILINE)
SENT = re.compile(r"\] sent: .* tag=0x([0-9a-f]+) bytes=(\d+) value=0x([0-9a-f]+)")


@dataclass(frozen=True)
class Message:
    """What the firmware was sent."""

    tag: int
    size_bytes: int
    value: int = 0
    """The first word; 0 where it is not known."""


@dataclass(frozen=True)
class How:
    """A restart is asked for."""

    command: str = ""
    """Of reboot(2), by systemd's file for it."""
    module: bool = True
    """Whether it is loaded."""
    panic: bool = False
    """By a panic, when all else is as if it were asked for."""


@dataclass(frozen=True)
class Restart:
    """What was seen of one."""

    seen: tuple[Message, ...]
    """By the virtual firmware."""
    sent: tuple[Message, ...]
    """By the kernel, from the moment that the module was there."""
    console: str

    @property
    def is_try(self) -> bool:
        """Whether a real firmware would try the other slot."""
        return any(message.tag == SET_REBOOT_FLAGS for message in self.seen)

    @property
    def order(self) -> tuple[Message, ...]:
        """The messages that order a try, with their flags."""
        return tuple(message for message in self.sent if message.tag == SET_REBOOT_FLAGS)


def seen_in(trace: str) -> tuple[Message, ...]:
    """From QEMU's trace of the property channel."""
    return tuple(Message(int(tag, 16), int(size)) for tag, size in SEEN.findall(trace))


def sent_in(console: str) -> tuple[Message, ...]:
    """From the kernel's own trace on its console."""
    return tuple(
        Message(int(tag, 16), int(size), int(value, 16)) for tag, size, value in SENT.findall(console)
    )


def read_root(image: Path, path: str, option: str = "--cat") -> bytes:
    """A file of slot A's root; `--ls` for a folder's table. Raises GuestError."""
    start = partitions(image)["root-a"].start
    command = ("dump.erofs", f"--offset={start}", option, f"--path={path}", str(image))
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode or not done.stdout:
        raise GuestError(f"{path} is not in the root: {done.stderr.decode('utf-8', 'replace').strip()[:300]}")
    return done.stdout


def release_in(table: str) -> str:
    """The kernel's name, from the table of its modules' folder. Raises GuestError."""
    names = re.findall(r"^\s*\d+\s+2\s+([^.\s]\S*)$", table, re.MULTILINE)
    if len(names) != 1:
        raise GuestError(f"{MODULES} has {len(names)} kernels: {' '.join(names)}")
    return str(names[0])


@dataclass
class Board:
    """The virtual board, with everything that it starts in a folder."""

    image: Path
    folder: Path
    release: str = ""

    def prepare(self) -> None:
        """Take out of the image what is started. Raises GuestError, DoesNotStart."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.release = release_in(read_root(self.image, MODULES, "--ls").decode("utf-8", "replace"))
        found = firmware.start(self.image)
        for name, content in (
            ("kernel", found.kernel),
            ("initrd", found.initrd),
            ("tree.dtb", read_root(self.image, f"{MODULES}/{self.release}/{TREE}")),
            ("module.ko", read_root(self.image, f"{MODULES}/{self.release}/{MODULE}")),
        ):
            (self.folder / name).write_bytes(content)

    def restart(self, how: How) -> Restart:
        """What comes of it. Raises GuestError when there is no restart."""
        folder = self.folder / "restart"
        shutil.rmtree(folder, ignore_errors=True)
        own = folder / "initrd/appliance"
        own.mkdir(parents=True)
        shutil.copy(INIT, own / "init")
        if how.module:
            shutil.copy(self.folder / "module.ko", own / "appliance-tryboot.ko")
        if how.command:
            (own / "reboot-param").write_text(how.command, "utf-8")
        if how.panic:
            (own / "panic").touch()
        self._pack(folder)
        self._run(folder)
        console = (folder / "console").read_text("utf-8", "replace")
        trace = (folder / "trace").read_text("utf-8", "replace")
        return Restart(seen_in(trace), sent_in(console), console)

    def _pack(self, folder: Path) -> None:
        files = "appliance\n" + "".join(
            f"appliance/{file.name}\n" for file in (folder / "initrd/appliance").iterdir()
        )
        command = ("cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0")
        done = subprocess.run(
            command, input=files.encode(), cwd=folder / "initrd", capture_output=True, check=True
        )
        (folder / "both").write_bytes((self.folder / "initrd").read_bytes() + done.stdout)

    def command(self, folder: Path) -> list[str]:
        """QEMU's arguments. The machine ends when it is reset."""
        return [
            *("qemu-system-aarch64", "-accel", "tcg,thread=multi", "-machine", "raspi3b", "-no-reboot"),
            *("-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none"),
            *("-kernel", str(self.folder / "kernel"), "-initrd", str(folder / "both")),
            *("-dtb", str(self.folder / "tree.dtb"), "-append", WORDS),
            *("-serial", "null", "-serial", f"file:{folder / 'console'}"),
            *("-trace", "bcm2835_mbox_property", "-D", str(folder / "trace")),
        ]

    def _run(self, folder: Path) -> None:
        try:
            done = subprocess.run(
                self.command(folder), timeout=PATIENCE_SECONDS, capture_output=True, check=False
            )
        except subprocess.TimeoutExpired:
            last = (folder / "console").read_text("utf-8", "replace").splitlines()[-20:]
            raise GuestError(f"no restart in {PATIENCE_SECONDS:.0f} s\n" + "\n".join(last)) from None
        if done.returncode:
            raise GuestError(f"QEMU: {done.stderr.decode('utf-8', 'replace').strip()[:500]}")
