"""A virtual machine for the Raspberry Pi 5's image: QEMU's `virt`, with the same processor.

There is no virtual Pi 5. Kernel, initrd and command line are those that the board would take out of the image
(image_pi5_firmware); disc and network are virtual ones, for which the initrd has the drivers. The board's own
chips are not there.
"""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

import image_pi5_firmware as firmware
from image_guest import ACCELERATION, CONSOLE, Machine

PROCESSOR = "cortex-a76"
WORDS = (
    f"systemd.debug_shell={CONSOLE} console=ttyAMA0 systemd.show_status=yes "
    "systemd.default_timeout_start_sec=900 systemd.default_device_timeout_sec=600"
)


def credentials(drop_ins: Mapping[str, str]) -> str:
    """Words of the kernel's command line that lay settings over units; no firmware hands them over.

    All our helpers share one, by the prefix of their names: a command line has room for 2 kB.
    """
    words = []
    for unit, text in (
        ("appliance-.service", "[Service]\nTimeoutStartSec=15min\n"),
        ("appliance.service", drop_ins.get("appliance.service", "")),
    ):
        content = base64.b64encode(text.encode()).decode()
        words.append(f"systemd.set_credential_binary=systemd.unit-dropin.{unit}:{content}")
    return " ".join(words)


@dataclass
class PiMachine(Machine):
    """`Machine`, of another make."""

    command_line: str = ""
    """As it stands in the image."""

    def make_disk(self) -> None:
        """A disc over the image, and what its firmware would start from it. Raises DoesNotStart."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.overlay.unlink(missing_ok=True)
        overlay = ("-f", "qcow2", "-b", str(self.image), "-F", "raw", str(self.overlay), f"{self.disk_gb}G")
        subprocess.run(("qemu-img", "create", "-q", *overlay), check=True)
        self.take_out(firmware.start(self.image))

    def take_out(self, found: firmware.Start) -> None:
        """Put kernel and initrd where QEMU reads them."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "kernel").write_bytes(found.kernel)
        (self.folder / "initrd").write_bytes(found.initrd)
        self.command_line = found.command_line

    def command(self, *, console: str) -> list[str]:
        """QEMU's arguments."""
        patience = credentials(self.drop_ins) if self.drop_ins else ""
        words = f"{self.command_line} {WORDS} {patience} {self.words}".strip()
        if len(words) > firmware.MAX_COMMAND_LINE:
            raise firmware.DoesNotStart(f"the command line would have {len(words)} characters")
        return [
            "qemu-system-aarch64",
            *("-accel", ACCELERATION, "-machine", "virt", "-cpu", PROCESSOR),
            *("-smp", str(self.cores), "-m", str(self.memory_mb)),
            *("-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none"),
            *(
                "-kernel",
                str(self.folder / "kernel"),
                "-initrd",
                str(self.folder / "initrd"),
                "-append",
                words,
            ),
            *("-drive", f"if=none,id=disk,format=qcow2,cache=writeback,discard=unmap,file={self.overlay}"),
            *("-device", "virtio-blk-pci,drive=disk"),
            *("-object", "rng-random,id=rng,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=rng"),
            *("-device", "virtio-serial-pci", "-chardev", console, "-device", "virtconsole,chardev=console"),
            *("-serial", f"file:{self.serial_log}"),
            *(("-nic", "user,model=virtio-net-pci") if self.network else ("-nic", "none")),
            *self.arguments,
        ]
