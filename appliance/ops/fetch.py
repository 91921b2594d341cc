"""Download one file over HTTPS into `….part`, going on where an earlier try stopped.

Bounded in every direction: bytes by the manifest, time by read timeouts and a minimum pace, redirects by
count and scheme, tries by count. The caller verifies the checksum; nothing here is trusted before that.
"""

from __future__ import annotations

import http.client
import os
import re
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import msgspec

from appliance.errors import ModelError
from appliance.ops.https import allowed, opener

CHUNK_BYTES = 262_144
UNKNOWN_SIZE_LIMIT_BYTES = 8 * 1024**3
"""For a file whose size the manifest does not know."""
RESERVE_BYTES = 64 * 1024**2
"""Space that must stay free on the disk."""
PROGRESS_BYTES = 1_048_576
"""A try that brought less than this counts as failed when it was cut."""
AGENT = "appliance"
TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})

Report = Callable[[int, int], None]
"""Called with (bytes here, bytes in all or 0)."""


class Policy(msgspec.Struct, frozen=True):
    """Patience of a download."""

    timeout_seconds: float = 30.0
    """For connecting, and for each read."""
    tries: int = 5
    """Failed in a row."""
    pause_seconds: float = 0.5
    """Before the second try; doubles."""
    stall_seconds: float = 60.0
    stall_bytes: int = 65_536
    """Less than this in `stall_seconds` is a stalled connection."""


PATIENT = Policy()


class Job(msgspec.Struct, frozen=True):
    """One file to bring: `size` in bytes, 0 when unknown.

    A part without the server's validator is only resumed when a checksum will judge the whole.
    """

    url: str
    part: Path
    size: int
    report: Report
    policy: Policy = PATIENT
    checksum_known: bool = True

    @property
    def limit(self) -> int:
        """The most bytes the file may have."""
        return self.size or UNKNOWN_SIZE_LIMIT_BYTES


class Interrupted(Exception):
    """The connection broke or dragged; a further try may go on from there."""


class Remote(msgspec.Struct, frozen=True):
    """What one answer of the server says about the file."""

    offset: int
    total: int
    validator: str


class PartNote(msgspec.Struct):
    """Kept beside a `.part` file: which version of the file it is a part of."""

    url: str = ""
    validator: str = ""


def download(job: Job) -> None:
    """Bring the file into `job.part`, going on where the part ends.

    Raises ModelError: not HTTPS, no network, refused by the server, wrong length, disk full, too many failed
    tries. The part stays for the next time.
    """
    if not allowed(job.url):
        raise ModelError(f"{job.url[:200]!r} is not an https:// address")
    failed = 0
    while True:
        before = _length(job.part)
        try:
            _attempt(job)
        except Interrupted as error:
            failed = 1 if _length(job.part) - before >= PROGRESS_BYTES else failed + 1
            if failed >= job.policy.tries:
                raise _unreachable(job.url, str(error)) from error
            time.sleep(job.policy.pause_seconds * 2 ** (failed - 1))
        else:
            return


def _unreachable(url: str, reason: str) -> ModelError:
    host = urlsplit(url).hostname
    hint = "connect to the network and try again; or bring the file: appliance models add FILE"
    return ModelError(f"{url.rsplit('/', 1)[-1]} cannot be fetched from {host}: {reason}", hint)


def _attempt(job: Job) -> None:
    note = _read_note(job)
    start = _length(job.part) if note.validator or job.checksum_known else 0
    start = 0 if start > job.limit else start
    if job.size and start == job.size:
        job.report(job.size, job.size)
        return
    with _open(job, start, note.validator) as response:
        remote = _remote(response, start, job)
        _check_space(job.part.parent, (job.size or remote.total) - remote.offset)
        _write_note(job, remote.validator)
        with job.part.open("r+b" if remote.offset else "wb") as file:
            file.seek(remote.offset)
            file.truncate()
            _copy(response, file, remote, job)
    expected = job.size or remote.total
    if expected and _length(job.part) < expected:
        raise Interrupted(f"the connection ended after {_length(job.part)} of {expected} bytes")


def _open(job: Job, start: int, validator: str) -> http.client.HTTPResponse:
    headers = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
        if validator:
            headers["If-Range"] = validator
    request = urllib.request.Request(job.url, headers=headers)  # noqa: S310 - `allowed` checked the scheme
    try:
        response: http.client.HTTPResponse = opener().open(request, timeout=job.policy.timeout_seconds)
    except urllib.error.HTTPError as error:
        with error:
            raise _refused(job, error.code) from error
    except urllib.error.URLError as error:
        raise Interrupted(_reason(error.reason)) from error
    except (OSError, http.client.HTTPException) as error:
        raise Interrupted(_reason(error)) from error
    return response


def _reason(error: object) -> str:
    return str(getattr(error, "strerror", "") or error or type(error).__name__)


def _refused(job: Job, status: int) -> Interrupted | ModelError:
    """What an HTTP error means."""
    if status == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        discard(job.part)
        return Interrupted("the server has another version of this file")
    if status in TRANSIENT:
        return Interrupted(f"the server answered {status}")
    hint = "appliance models list shows other models; or bring the file: appliance models add FILE"
    return ModelError(f"{job.url} cannot be fetched: the server answered {status}", hint)


def _remote(response: http.client.HTTPResponse, start: int, job: Job) -> Remote:
    """Where the answer begins and how long the file is. Raises ModelError when that is not what was asked."""
    remote = Remote(0, response.length or 0, _validator(response))
    if response.status == http.HTTPStatus.PARTIAL_CONTENT:
        span = response.headers.get("Content-Range", "")
        match = re.fullmatch(r"bytes (\d{1,15})-\d{1,15}/(\d{1,15}|\*)", span)
        if match is None or int(match[1]) != start:
            raise ModelError(f"{job.url}: the server answered with another part of the file than asked for")
        remote = Remote(start, 0 if match[2] == "*" else int(match[2]), remote.validator)
    if job.size and remote.total and remote.total != job.size:
        what = f"{job.url}: the server has {remote.total} bytes, the manifest says {job.size}"
        raise ModelError(what, "the file was replaced; a newer manifest may know it")
    return remote


def _validator(response: http.client.HTTPResponse) -> str:
    tag: str = response.headers.get("ETag", "")
    strong = tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", "")
    return strong if len(strong) <= 256 else ""


def _check_space(folder: Path, needed_bytes: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed_bytes + RESERVE_BYTES > free:
        what = f"{folder}: {needed_bytes / 1e6:.0f} MB are needed, {free / 1e6:.0f} MB are free"
        raise ModelError(what, "make room, or set paths.data to a larger disk")


def _copy(response: http.client.HTTPResponse, file: BinaryIO, remote: Remote, job: Job) -> None:
    here = marked = remote.offset
    mark = time.monotonic()
    while chunk := _read(response):
        here += len(chunk)
        if here > job.limit:
            raise ModelError(f"{job.url}: the server sends more than the {job.limit} bytes it may have")
        _write(file, chunk)
        job.report(here, job.size or remote.total)
        now = time.monotonic()
        if now - mark >= job.policy.stall_seconds:
            if here - marked < job.policy.stall_bytes:
                raise Interrupted(f"only {here - marked} bytes in {now - mark:.0f} seconds")
            mark, marked = now, here


def _read(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read1(CHUNK_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise Interrupted(_reason(error)) from error


def _write(file: BinaryIO, chunk: bytes) -> None:
    try:
        file.write(chunk)
    except OSError as error:
        raise ModelError(f"{file.name} cannot be written: {error.strerror}", "df -h") from error


def _length(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _note_path(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _read_note(job: Job) -> PartNote:
    try:
        with _note_path(job.part).open("rb") as file:
            note = msgspec.json.decode(file.read(8_192), type=PartNote)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return PartNote()
    return note if note.url == job.url else PartNote()


def _write_note(job: Job, validator: str) -> None:
    _note_path(job.part).write_bytes(msgspec.json.encode(PartNote(job.url, validator)))


def discard(part: Path) -> None:
    """Remove a part and what is known of it."""
    part.unlink(missing_ok=True)
    _note_path(part).unlink(missing_ok=True)


def finish(part: Path, target: Path) -> None:
    """Put a verified part in its place, safe against a power cut."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)
    discard(part)
