"""Do the images of a bundle fit into their partitions? Asked before a slot is given up for them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from appliance.updating.errors import Refused, UpdateError

MAX_SLOTS = 16
MOUNT = "RAUC_BUNDLE_MOUNT_POINT"


def check(environment: Mapping[str, str]) -> None:
    """With what RAUC tells its handlers of the target slots. Raises Refused; UpdateError for a lost disk."""
    folder = Path(environment.get(MOUNT, ""))
    for number in environment.get("RAUC_TARGET_SLOTS", "").split()[:MAX_SLOTS]:
        image = environment.get(f"RAUC_IMAGE_NAME_{number}", "")
        device = environment.get(f"RAUC_SLOT_DEVICE_{number}", "")
        if not image or not device:
            continue
        needed, there = (folder / image).stat().st_size, _size(Path(device))
        if needed > there:
            raise Refused(
                f"{image} of this bundle has {needed / 1e6:.0f} MB and does not fit into {Path(device).name} "
                f"({there / 1e6:.0f} MB)",
                "this machine was set up with smaller slots: flash the new image instead",
            )


def _size(device: Path) -> int:
    """Bytes of a block device or a file."""
    try:
        descriptor = os.open(device, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise UpdateError(
            f"{device} cannot be opened: {error.strerror}", "is the disk whole? see: lsblk"
        ) from error
    try:
        return os.lseek(descriptor, 0, os.SEEK_END)
    finally:
        os.close(descriptor)
