"""Decides whether a device may be written to. Pure; the kernel's exclusive opening stands behind it."""

from __future__ import annotations

from collections.abc import Sequence

from tools.flashing.blocks import Device, Use
from tools.flashing.device import LOCKED
from tools.flashing.errors import Refused
from tools.flashing.progress import size

SYSTEM = (
    *("/", "/boot", "/efi", "/usr", "/var", "/etc", "/home", "/nix", "/opt", "/root", "/srv", "/sysroot"),
    *("/ostree", "/tmp"),
)
"""Mount points, with all below them, that say that the running system lives there."""
NOT_SYSTEM = ("/home/", "/root/", "/srv/", "/var/run/", "/tmp/", "/opt/")
"""Except that people mount their own sticks below some of them."""


def is_system(use: Use) -> bool:
    """Does the running system need this? Anything built on the device counts: LVM, RAID, encryption."""
    if not use.by.startswith("/"):
        return True
    if use.by.startswith(NOT_SYSTEM):
        return False
    return any(use.by == place or (place != "/" and use.by.startswith(f"{place}/")) for place in SYSTEM)


def check(device: Device, needed_bytes: int) -> None:
    """Raise Refused, with the reason and what to do, unless the device may be overwritten."""
    path = device.path
    if device.disk:
        raise Refused(
            f"{path} is a partition; an image fills a whole disk", f"name the disk: /dev/{device.disk}"
        )
    if any(is_system(use) for use in device.uses):
        raise Refused(
            f"{path} belongs to the running system ({_list(device.uses)})",
            "name another device; see what can be flashed: tools/flash",
        )
    if device.uses:
        raise Refused(
            f"{path} is mounted ({_list(device.uses)})",
            " && ".join(f"sudo umount /dev/{part}" for part in sorted({use.part for use in device.uses})),
        )
    if not device.size:
        raise Refused(f"there is no card in {path}", "put one in")
    if device.read_only:
        raise Refused(f"{path} is read-only", LOCKED)
    if device.size < needed_bytes:
        raise Refused(
            f"{path} is too small: it has {size(device.size)}, the image needs {size(needed_bytes)}",
            "take a larger one",
        )


def _list(uses: Sequence[Use]) -> str:
    shown = sorted({f"{use.part} → {use.by}" for use in uses})
    return ", ".join(shown[:4]) + (", …" if len(shown) > 4 else "")
