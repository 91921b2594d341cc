"""`rauc install` as a child process: progress from its lines, and its errors in words for people."""

from __future__ import annotations

import re
import subprocess
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

from appliance.updating.errors import Refused, UpdateError

PROGRAM = "rauc"
DEADLINE_SECONDS = 3_600.0
"""A gigabyte onto a slow card takes a quarter of it."""
MAX_LINE_CHARS = 2_000
LAST_LINES = 40
PROGRESS = re.compile(r"\s*(\d{1,3})% (.{0,200})")
LAST_ERROR = re.compile(r"LastError: (.*)")

Report = Callable[[int, str], None]
"""Called with (percent, in words)."""

# What RAUC says, and what that means. The first that is found counts.
MEANINGS: tuple[tuple[re.Pattern[str], str, str, bool], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), message, hint, final)
    for pattern, message, hint, final in (
        (
            r"compatible mismatch",
            "this bundle is for another kind of machine",
            "take the one for this board; see: appliance update status",
            True,
        ),
        (
            r"signature verification failed|verify error|signature|bundle identifier|invalid bundle",
            "this bundle is not signed by the key of this image, or it is damaged",
            "fetch it again from where you have it; nothing was changed",
            True,
        ),
        (
            r"does not fit|too small for image|not a multiple|size of image",
            "what is in this bundle does not fit into the slot",
            "this machine was set up with smaller slots: flash the new image instead",
            True,
        ),
        (
            r"no space left",
            "there is no room left on /data",
            "make room: df -h /data",
            True,
        ),
        (
            r"nbd|curl|resolve|connect|stream|ssl|network|timed out|range request",
            "the bundle cannot be read over the network",
            "is there a network? try again",
            False,
        ),
        (
            r"input/output error|i/o error",
            "a part of the bundle is damaged, or the disk is",
            "fetch the bundle again; if it stays so, the disk may be worn out: appliance status",
            True,
        ),
        (
            r"service|d-bus|dbus",
            "RAUC's service does not answer",
            "systemctl status rauc.service",
            True,
        ),
    )
)


class Unreachable(UpdateError):
    """The network failed; fetching the bundle first may still work."""


def meaning(said: str) -> UpdateError:
    """RAUC's last words as an error of ours."""
    for pattern, message, hint, final in MEANINGS:
        if pattern.search(said):
            return Refused(message, hint) if final else Unreachable(message, hint)
    what = f": {said}" if said else ""
    return UpdateError(f"the installation failed{what}"[:500], "journalctl -b -u rauc.service")


def install(bundle: str | Path, report: Report, program: str = PROGRAM) -> None:
    """Write it into the other slot. Raises UpdateError; Unreachable when the network was at fault."""
    command = [program, "install", str(bundle)]
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise UpdateError(f"RAUC cannot be started: {error.strerror}", "it is part of the image") from error
    deadline = threading.Timer(DEADLINE_SECONDS, child.kill)
    deadline.start()
    try:
        last = _follow(child, report)
        status = child.wait()
    finally:
        deadline.cancel()
        if child.poll() is None:
            child.kill()
            child.wait()
        if child.stdout is not None:
            child.stdout.close()
    if status:
        raise meaning(_words(last))


def _follow(child: subprocess.Popen[str], report: Report) -> list[str]:
    last: deque[str] = deque(maxlen=LAST_LINES)
    assert child.stdout is not None
    while line := child.stdout.readline(MAX_LINE_CHARS):
        text = line.strip()
        match = PROGRESS.fullmatch(text)
        if match and int(match[1]) <= 100:
            report(int(match[1]), match[2].strip())
        elif text:
            last.append(text)
    return list(last)


def _words(lines: list[str]) -> str:
    for line in reversed(lines):
        match = LAST_ERROR.search(line)
        if match and match[1]:
            return match[1]
    return " ".join(lines[-3:])
