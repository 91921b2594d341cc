"""What is looked at in a guest, and how it is kept from hurrying: units, their times, refused writes."""

from __future__ import annotations

import errno
import re
from pathlib import Path

from image_guest import Guest

HOURS = re.compile(r"^TimeoutStartSec=(?:1[5-9]|[2-9]\d|\d{3,})min$", re.MULTILINE)
"""A unit that has a quarter of an hour or more by itself."""
TRACING = "/sys/kernel/tracing"
WRITING_CALLS = (
    *("open", "openat", "openat2", "creat", "mkdir", "mkdirat", "mknod", "mknodat", "truncate"),
    *("unlink", "unlinkat", "rmdir", "rename", "renameat", "renameat2"),
    *("link", "linkat", "symlink", "symlinkat", "utimensat", "setxattr", "lsetxattr"),
    *("chmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchownat"),
)


def active_seconds(guest: Guest, unit: str) -> float:
    """When the unit became active, in seconds after the kernel's start; asking late does not change it."""
    return int(guest.says(f"systemctl show -P ActiveEnterTimestampMonotonic {unit}")) / 1e6


def trace_refused_writes(guest: Guest) -> None:
    """From now on the kernel notes every system call that ends with EROFS, whoever makes it."""
    calls = " ".join(WRITING_CALLS)
    guest.says(
        f"cd {TRACING}/events/syscalls && for call in {calls}; do "
        f"if [ -d sys_exit_$call ]; then echo 'ret == -{errno.EROFS}' >sys_exit_$call/filter; "
        "echo 1 >sys_exit_$call/enable; fi; done; cd /; true"
    )


def own_units(folder: Path) -> list[str]:
    """Names of the units in systemd/."""
    return sorted(
        file.name for file in folder.iterdir() if file.suffix in {".service", ".timer", ".path", ".socket"}
    )


def patience(units: Path) -> dict[str, str]:
    """Drop-ins for our own services: a quarter of an hour to start, a watchdog for emulated seconds."""
    settings = {}
    for file in sorted(units.glob("*.service")):
        text = file.read_text("utf-8")
        settings[file.name] = "[Service]\n"
        if HOURS.search(text) is None:
            settings[file.name] += "TimeoutStartSec=15min\n"
        if "WatchdogSec=" in text:
            settings[file.name] += "WatchdogSec=5min\n"
    settings["appliance-update-deadline.timer"] = "[Timer]\nOnBootSec=\nOnBootSec=2h\n"
    settings["appliance.service"] += "Environment=APPLIANCE__SUPERVISION__START_SECONDS=600\n"
    settings["appliance.service"] += "Environment=APPLIANCE__SUPERVISION__HEARTBEAT_LIMIT_SECONDS=120\n"
    return settings
