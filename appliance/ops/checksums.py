"""SHA-256 of model files, and a memory of what was verified so that a start does not read gigabytes again."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

import msgspec

from appliance.errors import ModelError
from appliance.folders import sync_folder

CHUNK_BYTES = 1_048_576
MEMORY_FILE = "verified.json"
MAX_MEMORY_BYTES = 4_194_304
SUMS_FILE = ".sha256sums"
MAX_SUMS_BYTES = 1_048_576


class WrongChecksum(ModelError):
    """A file is not what its checksum says; `path` is that file. Fetching it again mends it."""

    missing = True

    def __init__(self, path: Path, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.path = path


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """A file as it was when its checksum was computed; any change of it shows in one of these."""

    size: int
    mtime_ns: int
    inode: int
    sha256: str


def _without_waiting(path: str, flags: int) -> int:
    # A named pipe in the file's place would otherwise wait for a writer for ever.
    return os.open(path, flags | os.O_NONBLOCK)


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a regular file. Raises ModelError when it cannot be read."""
    digest = hashlib.sha256()
    try:
        with open(path, "rb", buffering=0, opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ModelError(f"{path} is not a regular file")
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}", f"ls -l {path}") from error
    return digest.hexdigest()


class Memory:
    """Which files have which checksum, kept in the models folder. Losing it costs time, nothing else."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / MEMORY_FILE
        self._seen: dict[str, Seen] | None = None

    @property
    def seen(self) -> dict[str, Seen]:
        """What was remembered; empty when nothing readable is there."""
        if self._seen is None:
            self._seen = self._read()
        return self._seen

    def _read(self) -> dict[str, Seen]:
        try:
            with self.path.open("rb") as file:
                return msgspec.json.decode(file.read(MAX_MEMORY_BYTES), type=dict[str, Seen])
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return {}

    def knows(self, path: Path) -> str:
        """The checksum of a file that has not changed since it was computed, else ""."""
        seen = self.seen.get(str(path))
        if seen is None:
            return ""
        try:
            now = path.stat()
        except OSError:
            return ""
        unchanged = (now.st_size, now.st_mtime_ns, now.st_ino) == (seen.size, seen.mtime_ns, seen.inode)
        return seen.sha256 if unchanged else ""

    def sha256(self, path: Path) -> str:
        """The file's checksum, computed only when the file is new or has changed. Raises ModelError."""
        known = self.knows(path)
        if known:
            return known
        before = _stat(path)
        digest = sha256_of(path)
        if _stat(path) == before:
            self.remember(path, digest)
        return digest

    def remember(self, path: Path, sha256: str) -> None:
        """Note the checksum of a file that was just verified."""
        self.seen[str(path)] = Seen(*_stat(path), sha256)
        self._write()

    def _write(self) -> None:
        kept = {name: seen for name, seen in self.seen.items() if Path(name).exists()}
        # A folder that this user may not write (the service's) is no reason to fail: it is hashed each time.
        if os.access(self.path.parent, os.W_OK):
            write_atomically(self.path, msgspec.json.encode(kept))


def _stat(path: Path) -> tuple[int, int, int]:
    try:
        now = path.stat()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}", f"ls -l {path}") from error
    return now.st_size, now.st_mtime_ns, now.st_ino


def expect(path: Path, sha256: str, actual: str) -> None:
    """Raises WrongChecksum when the two differ."""
    if sha256 != actual:
        message = f"{path} is not the file it should be: its SHA-256 is {actual[:16]}…, not {sha256[:16]}…"
        raise WrongChecksum(path, message, "appliance models fetch")


def write_sums(folder: Path, source_sha256: str) -> None:
    """Record the checksum of every file below a folder that was unpacked from an archive.

    The first line names the archive and the checksum of the lines below it, so that a list cut short is seen.
    """
    files = sorted(each for each in folder.rglob("*") if each.is_file() and each.name != SUMS_FILE)
    lines = [f"{sha256_of(path)}  {path.relative_to(folder).as_posix()}" for path in files]
    head = f"# {source_sha256} {_digest_of(lines)}"
    write_atomically(folder / SUMS_FILE, ("\n".join([head, *lines]) + "\n").encode())


def read_sums(folder: Path) -> tuple[str, dict[str, str]]:
    """(checksum of the archive, file → checksum) of an unpacked folder.

    Raises WrongChecksum when the list itself is damaged, ModelError when it cannot be read.
    """
    path = folder / SUMS_FILE
    try:
        with path.open("rb") as file:
            head, *lines = file.read(MAX_SUMS_BYTES).decode(errors="replace").splitlines() or [""]
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}", f"ls -l {path}") from error
    parts = head.split(" ")
    if len(parts) != 3 or parts[2] != _digest_of(lines):
        raise WrongChecksum(path, f"{path} is damaged", "appliance models fetch")
    pairs = [line.split("  ", 1) for line in lines]
    return parts[1], {name: sha256 for sha256, name in pairs}


def _digest_of(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file as a whole; readers see the old or the new one, also after a power cut.

    Raises ModelError when the folder cannot be written.
    """
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fchmod(file.fileno(), 0o644)
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise ModelError(f"{path} cannot be written: {error.strerror}", f"ls -ld {path.parent}") from error
