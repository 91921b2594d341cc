"""A Linux timer as a descriptor: readable from a moment of the monotonic clock on.

Python has it from 3.13 on; this works on 3.11 too.
"""

from __future__ import annotations

import ctypes
import os
import time

from appliance.errors import AudioError

_TFD_CLOEXEC = os.O_CLOEXEC
_TFD_NONBLOCK = os.O_NONBLOCK
_TFD_TIMER_ABSTIME = 1
_SECOND_NS = 1_000_000_000


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


class Timer:
    """One deadline at a time. Raises AudioError when the kernel has no such timer."""

    def __init__(self) -> None:
        self._number = -1
        self._deadline_ns: int | None = None

    def open(self) -> None:
        """Create it, without a deadline."""
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._number = self._libc.timerfd_create(time.CLOCK_MONOTONIC, _TFD_CLOEXEC | _TFD_NONBLOCK)
        if self._number < 0:
            raise AudioError(
                f"no timer: {os.strerror(ctypes.get_errno())}", "a Linux kernel with timerfd is needed"
            )

    def close(self) -> None:
        """Release it; may be called twice."""
        if self._number >= 0:
            os.close(self._number)
        self._number = -1
        self._deadline_ns = None

    def fileno(self) -> int:
        """Readable from the deadline on."""
        return self._number

    def set(self, deadline_ns: int | None) -> None:
        """Be readable from this moment on (None: never); takes back a deadline that has passed already."""
        if deadline_ns == self._deadline_ns:
            return
        # An all-zero value would switch the timer off instead of ringing at once.
        value = max(1, deadline_ns) if deadline_ns is not None else 0
        spec = _Itimerspec(value=_Timespec(*divmod(value, _SECOND_NS)))
        if self._libc.timerfd_settime(self._number, _TFD_TIMER_ABSTIME, ctypes.byref(spec), None) < 0:
            raise AudioError(f"timer refused: {os.strerror(ctypes.get_errno())}")
        self._deadline_ns = deadline_ns
