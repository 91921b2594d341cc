"""The machine's clocks: read, waited on, and asked whether they are right."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from appliance.timers.model import Now

TIMESYNC = Path("/run/systemd/timesync/synchronized")
"""Made by systemd-timesyncd when a server has set the clock since the machine started."""
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
LOCALTIME = Path("/etc/localtime")
ZONES = "zoneinfo/"
TIME_ERROR = 5
"""What adjtimex returns while the clock is not synchronised."""
ADJTIMEX_BYTES = 512
"""More than `struct timex` takes on any machine; all zeros asks and changes nothing."""


class Clock(Protocol):
    """Every clock that timers need; tests bring their own."""

    def now(self) -> Now:
        """All clocks at once."""

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """Return when the event is set, or after so many seconds; None waits for the event."""


def clock_synchronised(marker: Path = TIMESYNC) -> bool:
    """Does the kernel, or systemd-timesyncd, say that the wall clock was set from a time server?

    chrony, ntpd and timesyncd all tell the kernel (adjtimex(2)); timesyncd's file stays when the network
    goes later.
    """
    return marker.exists() or _kernel_synchronised()


def _kernel_synchronised() -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    adjtimex = getattr(libc, "adjtimex", None)
    if adjtimex is None:
        return False
    state: int = adjtimex(ctypes.create_string_buffer(ADJTIMEX_BYTES))
    return 0 <= state != TIME_ERROR


def boot_id() -> str:
    """A name for the time since the machine started; a new one every time when the kernel has none."""
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return secrets.token_hex(8)


def system_zone(localtime: Path = LOCALTIME) -> str:
    """The machine's time zone, an IANA name; "UTC" when nobody chose one."""
    named = os.environ.get("TZ", "").lstrip(":")
    if named and not named.startswith("/"):
        return named
    try:
        target = str(localtime.readlink())
    except OSError:
        return "UTC"
    return target.partition(ZONES)[2] or "UTC"


class SystemClock:
    """The real clocks. `synchronised` says whether the wall clock is right."""

    def __init__(self, synchronised: Callable[[], bool] = clock_synchronised) -> None:
        self._synchronised = synchronised
        self._boot_id = boot_id()

    def now(self) -> Now:
        """All clocks at once."""
        boot_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        return Now(time.time(), boot_s, self._boot_id, self._synchronised())

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """Return when the event is set, or after so many seconds; None waits for the event."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()
