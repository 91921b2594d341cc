"""Tell systemd how we are: READY, STATUS, WATCHDOG, RELOADING, STOPPING. Silent without systemd."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from appliance.supervision.lines import clean

MAX_STATUS = 200
EXTENSION_SECONDS = 60.0
"""Asked for at once while it starts."""
LONGEST_START_SECONDS = 900.0
"""A start that takes longer has failed, however alive the loop is."""


def watchdog_seconds(environ: Mapping[str, str], pid: int) -> float | None:
    """Half of the time that systemd allows between two signs of life; None without a watchdog for us."""
    usec, whose = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", str(pid))
    if not usec.isdecimal() or whose != str(pid) or int(usec) == 0:
        return None
    return int(usec) / 2_000_000


class Notifier:
    """Wraps `sdnotify`; every call returns at once."""

    def __init__(self) -> None:
        self._notifier: Any = None
        if os.environ.get("NOTIFY_SOCKET"):
            from sdnotify import SystemdNotifier

            self._notifier = SystemdNotifier()
            if self._notifier.socket is not None:
                # systemd that does not read must not stop the loop.
                self._notifier.socket.setblocking(False)

    def ready(self, status: str = "") -> None:
        """Start-up, or a reload, is complete."""
        self._say("READY=1", *_status(status))

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._say(*_status(text))

    def reloading(self) -> None:
        """A reload begins; say `ready` when it is done. Type=notify-reload asks for the time."""
        self._say("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1_000}")

    def stopping(self) -> None:
        """The end begins."""
        self._say("STOPPING=1")

    async def extend_start(self) -> None:
        """While this runs, systemd waits longer for READY: the loop lives, and stages are loading.

        Ends by itself after `LONGEST_START_SECONDS`; from then on the unit's own limit counts.
        """
        until = time.monotonic() + LONGEST_START_SECONDS
        while time.monotonic() < until:
            self._say(f"EXTEND_TIMEOUT_USEC={int(EXTENSION_SECONDS * 1e6)}")
            await asyncio.sleep(EXTENSION_SECONDS / 4)

    async def watchdog(self, healthy: Callable[[], bool]) -> None:
        """Give signs of life for ever, from inside the loop and only while `healthy()`.

        Returns at once when systemd expects none.
        """
        seconds = watchdog_seconds(os.environ, os.getpid())
        while seconds is not None:
            if healthy():
                self._say("WATCHDOG=1")
            await asyncio.sleep(seconds)

    def close(self) -> None:
        """Close the socket."""
        if self._notifier is not None and self._notifier.socket is not None:
            self._notifier.socket.close()

    def _say(self, *lines: str) -> None:
        if self._notifier is not None:
            self._notifier.notify("\n".join(lines))


def _status(text: str) -> list[str]:
    """Sdnotify encodes latin-1: other characters would make it say nothing."""
    shown = clean(text, MAX_STATUS).encode("latin-1", "replace").decode("latin-1")
    return [f"STATUS={shown}"] if shown else []
