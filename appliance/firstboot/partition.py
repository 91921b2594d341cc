"""The set-up partition: a FAT file system found by its label, mounted only while it is read.

Short, because FAT has no journal: what is not mounted is not damaged by a power cut. In a mount namespace of
its own (the unit's `PrivateMounts`) nobody else sees it.
"""

from __future__ import annotations

import logging
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from appliance.firstboot.errors import SetupError

LOG = logging.getLogger(__name__)
LABELS = (Path("/dev/disk/by-partlabel"), Path("/dev/disk/by-label"))
OPTIONS = "rw,nodev,nosuid,noexec,umask=0077"
WAIT_SECONDS = 2.0
UDEV_BUSY = Path("/run/udev/queue")
"""There while udev has events to handle."""
BUSY_SECONDS = 20.0
MOUNT_SECONDS = 20.0


@contextmanager
def mounted(
    label: str, folder: Path, labels: Sequence[Path] = LABELS, wait: float = WAIT_SECONDS
) -> Iterator[Path | None]:
    """The partition's folder as long as the block lasts; None when there is none. Raises SetupError."""
    device = _found([folder / label for folder in labels], wait)
    if device is None:
        yield None
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _run("mount", "-t", "vfat", "-o", OPTIONS, str(device), str(folder))
    try:
        yield folder
    finally:
        _run("umount", str(folder))


def _found(devices: Sequence[Path], wait: float, busy: Path = UDEV_BUSY) -> Path | None:
    """The first that is there; udev makes the names some time after the disk was found.

    While udev is busy it is waited for longer: a slow machine has many disks' worth of events to go through.
    """
    start = time.monotonic()
    while True:
        for device in devices:
            if device.exists():
                return device
        passed = time.monotonic() - start
        if passed >= BUSY_SECONDS or (passed >= wait and not busy.exists()):
            return None
        time.sleep(0.05)


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, check=False, timeout=MOUNT_SECONDS, capture_output=True, text=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise SetupError(f"{command[0]} cannot be run: {error}") from error
    if done.returncode:
        raise SetupError(f"{command[0]}: {done.stderr.strip()[:200]}", "is the set-up partition damaged?")
