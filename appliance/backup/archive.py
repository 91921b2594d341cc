"""One file: a plain tar with the manifest first, gzipped, and sealed when there is a passphrase.

What is read is hostile: only regular files, only those that the manifest lists, in its order, of its sizes,
each compared with its checksum, and nothing behind them. No more is unpacked than the manifest says.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import stat
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from appliance.backup import catalogue
from appliance.backup import manifest as manifests
from appliance.backup.errors import BackupError, cannot, damaged
from appliance.backup.files import make_folders, write_fresh
from appliance.backup.manifest import Entry, Manifest

BLOCK = tarfile.BLOCKSIZE
PIECE_BYTES = 262_144
COMPRESSION = 6
PLAIN_MAGIC = b"\x1f\x8b"
MAX_PADDING_BLOCKS = tarfile.RECORDSIZE // BLOCK


def write(target: BinaryIO, manifest: Manifest, folder: Path, passphrase: str) -> None:
    """Put the files of `folder` that the manifest lists into one archive. Raises BackupError, OSError."""
    if not passphrase:
        _write_gzip(target, manifest, folder)
        return
    from appliance.backup.sealing import Sealer

    sealer = Sealer(target, passphrase)
    _write_gzip(cast("BinaryIO", sealer), manifest, folder)
    sealer.finish()


def _write_gzip(target: BinaryIO, manifest: Manifest, folder: Path) -> None:
    with gzip.GzipFile("", "wb", COMPRESSION, target, mtime=0) as packed:
        raw = manifests.encode(manifest)
        if len(raw) > manifests.MAX_BYTES:
            raise BackupError("there are too many files for one backup", "what fills the data directory?")
        _write_member(packed, manifests.NAME, len(raw), iter((raw,)))
        for entry in manifest.files:
            with (folder / entry.path).open("rb") as file:
                _write_member(packed, entry.path, entry.size, _pieces(file, entry.size))
        packed.write(bytes(2 * BLOCK))


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size and (piece := file.read(min(size, PIECE_BYTES))):
        size -= len(piece)
        yield piece


def _write_member(packed: gzip.GzipFile, name: str, size: int, pieces: Iterator[bytes]) -> None:
    head = tarfile.TarInfo(name)
    head.size, head.mode = size, 0o600
    packed.write(head.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict"))
    for piece in pieces:
        packed.write(piece)
    packed.write(bytes(-size % BLOCK))


def unpack(path: Path, passphrase: str, version: str, into: Path) -> Manifest:
    """Read all of a backup into an empty folder; what is in it. Raises BackupError for anything odd.

    `version` is this program's. Files are on the disk when this returns, each as its checksum says.
    """
    try:
        with open_regular(path) as file, _opened(file, passphrase) as packed:
            manifest = _unpack(packed, version, into)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise damaged("it is cut off, or no longer what was written") from error
    except OSError as error:
        raise cannot(f"{path} cannot be unpacked", error) from error
    if not passphrase:
        _expect_no_secrets(manifest)
    return manifest


def _expect_no_secrets(manifest: Manifest) -> None:
    """Anybody can write an archive that is not encrypted; credentials are not taken from there."""
    named = {item.path for item in catalogue.ITEMS if item.secret}
    for entry in manifest.files:
        if entry.secret or entry.path in named:
            raise damaged(f"it holds {entry.path}, which only an encrypted backup may hold")


def open_regular(path: Path) -> BinaryIO:
    """The file, for reading. Raises BackupError for a pipe, a device or a folder, and OSError."""
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise BackupError(f"{path} is not a regular file", "name a backup's file")
    return file


def needs_passphrase(path: Path) -> bool:
    """Is it encrypted? Raises BackupError when it is no backup at all."""
    from appliance.backup.sealing import is_sealed

    try:
        with open_regular(path) as file:
            if is_sealed(file):
                return True
            if file.read(len(PLAIN_MAGIC)) == PLAIN_MAGIC:
                return False
    except OSError as error:
        raise cannot(f"{path} cannot be read", error) from error
    raise BackupError(f"{path} is no backup", "name a file that `appliance backup` made")


def _opened(file: BinaryIO, passphrase: str) -> gzip.GzipFile:
    from appliance.backup.sealing import Unsealer, is_sealed

    if not is_sealed(file):
        return gzip.GzipFile("", "rb", fileobj=file)
    if not passphrase:
        raise BackupError("this backup is encrypted", "give its passphrase: --passphrase-file FILE")
    return gzip.GzipFile("", "rb", fileobj=io.BufferedReader(Unsealer(file, passphrase)))


def _unpack(packed: gzip.GzipFile, version: str, into: Path) -> Manifest:
    size = _header(packed, manifests.NAME)
    if not 0 < size <= manifests.MAX_BYTES:
        raise damaged("its list of files has no possible size")
    raw = _exactly(packed, size)
    _padding(packed, size)
    manifest = manifests.decode(raw, version)
    for entry in manifest.files:
        _unpack_one(packed, entry, into)
    _end(packed)
    return manifest


def _unpack_one(packed: gzip.GzipFile, entry: Entry, into: Path) -> None:
    if _header(packed, entry.path) != entry.size:
        raise damaged(f"{entry.path} has another size than its list of files says")
    make_folders(into, entry.path)
    digest = hashlib.sha256()
    with write_fresh(into / entry.path) as file:
        left = entry.size
        while left:
            piece = _exactly(packed, min(left, PIECE_BYTES))
            digest.update(piece)
            file.write(piece)
            left -= len(piece)
    _padding(packed, entry.size)
    if digest.hexdigest() != entry.sha256:
        raise damaged(f"{entry.path} is not what its checksum says")


def _header(packed: gzip.GzipFile, name: str) -> int:
    """The size of the next member, which must be a regular file of this name."""
    block = _exactly(packed, BLOCK)
    try:
        head = tarfile.TarInfo.frombuf(block, "ascii", "strict")
    except (tarfile.TarError, ValueError) as error:
        raise damaged(f"where {name} should be, there is no file") from error
    if head.type not in {tarfile.REGTYPE, tarfile.AREGTYPE} or head.name != name or head.linkname:
        raise damaged(f"where {name} should be, there is something else")
    return int(head.size)


def _exactly(packed: gzip.GzipFile, size: int) -> bytes:
    found = packed.read(size)
    while len(found) < size:
        more = packed.read(size - len(found))
        if not more:
            raise damaged("it is cut off")
        found += more
    return found


def _padding(packed: gzip.GzipFile, size: int) -> None:
    if _exactly(packed, -size % BLOCK).strip(b"\0"):
        raise damaged("something hides behind a file")


def _end(packed: gzip.GzipFile) -> None:
    """Two empty blocks, at most as many more as others' programs pad with, and nothing else."""
    if not _exactly(packed, 2 * BLOCK).strip(b"\0"):
        for _ in range(MAX_PADDING_BLOCKS):
            block = packed.read(BLOCK)
            if not block:
                return
            if block.strip(b"\0"):
                break
    raise damaged("there is something behind its end")
