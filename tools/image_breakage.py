"""Ways in which a new version can be broken, done to its slot before it starts or while it does."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from image_disc import Disc

STUB = Path("/usr/lib/systemd/boot/efi/addonx64.efi.stub")
LABELS = "/dev/disk/by-partlabel"
NAMED = f"rauc.slot=B systemd.verity_root_data={LABELS}/{{0}} systemd.verity_root_hash={LABELS}/{{1}}"
DEAF = "systemd.mask=appliance.service systemd.setenv=APPLIANCE__UPDATE__HEALTHY_MINUTES=2"
FREEZE = "echo 1 >/sys/fs/cgroup/init.scope/cgroup.freeze"
KERNEL = "EFI/Linux/appliance-b.efi"
ADDON = "EFI/Linux/appliance-b.efi.extra.d/slot.addon.efi"
SUPERBLOCK = 1_024
VERITY_TOP = 4_096
"""The first block of hashes is the top of the tree: nothing can be read without it."""


@dataclass(frozen=True)
class Kind:
    """One way to be broken."""

    name: str
    help: str
    spoil: Callable[[Disc], None] | None = None
    """What is done to slot B before it starts."""
    act: str = ""
    """A command in B as soon as there is a shell in it; it is not waited for."""
    cut_after: float = 0.0
    """Seconds after the start at which the power goes; it comes back at once."""


def mtools(program: str, file: Path, *words: object) -> None:
    """A program of mtools on a FAT file system in a file."""
    subprocess.run([program, "-i", str(file), *map(str, words)], check=True, stdout=subprocess.DEVNULL)


def kernel_garbage(disc: Disc) -> None:
    """A stretch in the middle of the kernel's file is something else."""
    _change_kernel(disc, _with_garbage)


def _with_garbage(content: bytes) -> bytes:
    middle, garbage = len(content) // 2, bytes(range(256)) * 4_096
    return content[:middle] + garbage + content[middle + len(garbage) :]


def kernel_cut(disc: Disc) -> None:
    """The kernel's file ends in the middle."""
    _change_kernel(disc, lambda content: content[: len(content) // 2])


def kernel_gone(disc: Disc) -> None:
    """No kernel is there."""
    with disc.opened("esp") as esp:
        mtools("mdel", esp, f"::{KERNEL}")


def _change_kernel(disc: Disc, change: Callable[[bytes], bytes]) -> None:
    with disc.opened("esp") as esp, tempfile.TemporaryDirectory(dir=esp.parent) as folder:
        file = Path(folder, "kernel")
        mtools("mcopy", esp, f"::{KERNEL}", file)
        file.write_bytes(change(file.read_bytes()))
        mtools("mcopy", esp, "-o", file, f"::{KERNEL}")


def words(extra: str, root: str = "root-b", verity: str = "verity-b") -> Callable[[Disc], None]:
    """More words on the command line of slot B's kernel, or other partitions."""

    def spoil(disc: Disc) -> None:
        line = f"{NAMED.format(root, verity)} {extra}".strip()
        with disc.opened("esp") as esp, tempfile.TemporaryDirectory(dir=esp.parent) as folder:
            file = Path(folder, "addon.efi")
            subprocess.run(
                ["ukify", "build", f"--stub={STUB}", f"--output={file}", f"--cmdline={line}"],
                check=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            mtools("mcopy", esp, "-o", file, f"::{ADDON}")

    return spoil


KINDS = (
    Kind("panic", "the kernel panics early", words("rdinit=/there/is/none init=/there/is/none")),
    Kind("root-bit", "one bit of the root is another", lambda disc: disc.flip("root-b", SUPERBLOCK + 8)),
    Kind("deaf", "the appliance never comes", words(DEAF)),
    Kind("hang", "its first process hangs; the watchdog", act=FREEZE),
    Kind("power", "the power goes while it starts", cut_after=30.0),
    Kind("initrd", "the initrd does not find the root", words("", "root-x", "verity-x")),
    Kind("crash", "the kernel crashes when it is up", act="echo c >/proc/sysrq-trigger"),
    Kind("hash-bit", "one bit of its hashes is another", lambda disc: disc.flip("verity-b", VERITY_TOP + 5)),
    Kind("kernel-garbage", "its kernel is damaged in the middle", kernel_garbage),
    Kind("kernel-cut", "its kernel ends in the middle", kernel_cut),
    Kind("kernel-gone", "its kernel is not there", kernel_gone),
)  # fmt: skip
BY_NAME = {kind.name: kind for kind in KINDS}
