"""Where the lines of the log come from: journald, or a file. Every line is bounded."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from appliance.errors import ControlError
from appliance.observe.entries import MAX_LINE_BYTES
from appliance.observe.logs import clean

UNIT = "appliance"
CHUNK_BYTES = 64 * 1024
POLL_SECOND = 0.2
STOP_SECONDS = 2.0
LOOK_SECONDS = 10.0
MAX_SAID = 300
FIELDS = "MESSAGE,PRIORITY,__REALTIME_TIMESTAMP"
LINES_BEFORE = 1_000
"""Looked at before what follows, when no time is given."""


class Lines:
    """Bytes to lines; of a line above `MAX_LINE_BYTES` only its beginning is kept. Pure."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The lines that are complete now."""
        for piece in _pieces(data):
            room = MAX_LINE_BYTES - len(self._rest)
            whole = piece.endswith(b"\n")
            self._rest += (piece[:-1] if whole else piece)[:room]
            if whole:
                yield bytes(self._rest)
                self._rest.clear()

    def end(self) -> Iterator[bytes]:
        """What is left when nothing more comes."""
        if self._rest:
            yield bytes(self._rest)
            self._rest.clear()


def _pieces(data: bytes) -> list[bytes]:
    """At line feeds only."""
    *whole, rest = data.split(b"\n")
    return [*(piece + b"\n" for piece in whole), *([rest] if rest else [])]


def command(since: float | None, folder: Path | None, *, follow: bool) -> list[str]:
    """The call of journalctl; `folder` holds journals of another machine. Pure."""
    words = [
        "journalctl",
        f"--unit={UNIT}",
        "--output=json",
        "--no-pager",
        "--quiet",
        f"--output-fields={FIELDS}",
    ]
    if folder is not None:
        words.append(f"--directory={folder}")
    if since is not None:
        words.append(f"--since=@{since:.0f}")
    if follow:
        words += ["--follow", "--no-tail" if since is not None else f"--lines={LINES_BEFORE}"]
    return words


def of_journal(since: float | None, folder: Path | None = None, *, follow: bool = False) -> Iterator[bytes]:
    """Lines of `journalctl -o json`. Raises ControlError when there is no journal, or it may not be read."""
    if shutil.which("journalctl") is None:
        raise ControlError(
            "this machine keeps no journal", "give the file that the log was written to: --file FILE"
        )
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            command(since, folder, follow=follow),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
        )
        assert child.stdout is not None
        try:
            yield from _until_the_end(child.stdout)
            status = child.wait()
        finally:
            _end(child)
        if status:
            said.seek(0)
            why = clean(said.read(MAX_SAID).decode("utf-8", "replace").strip(), MAX_SAID)
            raise ControlError(
                f"journalctl ended with {status}: {why}", "run it with sudo, or give --file FILE"
            )


def has_lines(folder: Path | None = None) -> bool:
    """Is there a journal that holds a line of the appliance, and may it be read?"""
    if shutil.which("journalctl") is None:
        return False
    words = [*command(None, folder, follow=False), "--lines=1"]
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=LOOK_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and bool(done.stdout.strip())


def _until_the_end(stream: IO[bytes]) -> Iterator[bytes]:
    lines = Lines()
    while data := os.read(stream.fileno(), CHUNK_BYTES):
        yield from lines.feed(data)
    yield from lines.end()


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.stdout is not None:
        child.stdout.close()
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def of_file(path: Path, *, follow: bool = False) -> Iterator[bytes]:
    """Lines of a file; followed also when it is cut or another takes its place. Raises ControlError."""
    while True:
        try:
            with path.open("rb") as file:
                yield from _of_open(path, file, follow=follow)
        except FileNotFoundError as error:
            if not follow:
                raise ControlError(f"there is no file {path}", "where does the log go?") from error
            time.sleep(POLL_SECOND)
        except OSError as error:
            raise ControlError(f"{path} cannot be read: {error.strerror}", "ask with sudo") from error
        if not follow:
            return


def _of_open(path: Path, file: IO[bytes], *, follow: bool) -> Iterator[bytes]:
    """Until the end, or with `follow` until this is no longer the file of that name."""
    lines = Lines()
    while True:
        if data := file.read(CHUNK_BYTES):
            yield from lines.feed(data)
        elif not follow or _replaced(path, file):
            yield from lines.end()
            return
        else:
            time.sleep(POLL_SECOND)


def _replaced(path: Path, file: IO[bytes]) -> bool:
    own = os.fstat(file.fileno())
    try:
        now = path.stat()
    except FileNotFoundError:
        return True
    return (own.st_dev, own.st_ino) != (now.st_dev, now.st_ino) or now.st_size < file.tell()
