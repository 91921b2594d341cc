"""Encryption of a whole backup with a passphrase: scrypt, then AES-256-GCM in chunks.

The chunks follow the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, 2015; also that of Tink and
age): the nonce is 7 random bytes, a 32 bit counter, and a byte that is 1 in the last chunk only; the header
is authenticated with each. So no chunk can be changed, swapped, left out, or cut off at the end unnoticed.
The cost of scrypt belongs to the format and not to the file: no file can ask for more memory.
"""

from __future__ import annotations

import hashlib
import io
import os
import struct
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from appliance.backup.errors import BackupError, damaged

MAGIC = b"appliance-backup-sealed-1\n"
SALT_BYTES, PREFIX_BYTES, TAG_BYTES = 16, 7, 16
HEADER_BYTES = len(MAGIC) + SALT_BYTES + PREFIX_BYTES
CHUNK_BYTES = 65_536
MAX_CHUNKS = 2**17
"""8 GiB: above what a backup may hold."""
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**16, 8, 1
"""64 MiB and about a fifth of a second on a small PC."""


def _key(passphrase: str, salt: bytes) -> AESGCM:
    key = hashlib.scrypt(
        passphrase.encode(), salt=salt, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P,
        maxmem=256 * SCRYPT_N * SCRYPT_R, dklen=32,
    )  # fmt: skip
    return AESGCM(key)


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + struct.pack(">IB", number, last)


class Sealer(io.RawIOBase):
    """Writes what it gets, sealed, to `target`; `finish` is the end and must be called."""

    def __init__(self, target: BinaryIO, passphrase: str) -> None:
        super().__init__()
        salt, self._prefix = os.urandom(SALT_BYTES), os.urandom(PREFIX_BYTES)
        self._header = MAGIC + salt + self._prefix
        self._cipher = _key(passphrase, salt)
        self._target = target
        self._waiting = bytearray()
        self._number = 0
        target.write(self._header)

    def writable(self) -> bool:
        """It is for writing."""
        return True

    def write(self, content: object) -> int:
        """Take all of it."""
        view = memoryview(content).cast("B")  # type: ignore[arg-type]
        self._waiting += view
        while len(self._waiting) > CHUNK_BYTES:
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), last=False)
            del self._waiting[:CHUNK_BYTES]
        return len(view)

    def finish(self) -> None:
        """Write the last chunk."""
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, plain: bytes, last: bool) -> None:
        if self._number >= MAX_CHUNKS:
            raise BackupError("the backup is too large to be sealed", "see docs/backup.md for what is in it")
        nonce = _nonce(self._prefix, self._number, last)
        self._target.write(self._cipher.encrypt(nonce, plain, self._header))
        self._number += 1


class Unsealer(io.RawIOBase):
    """Reads what a Sealer wrote; nothing that was not authenticated comes out. Raises BackupError."""

    def __init__(self, source: BinaryIO, passphrase: str) -> None:
        super().__init__()
        self._source = source
        self._header = source.read(HEADER_BYTES)
        if len(self._header) != HEADER_BYTES or not self._header.startswith(MAGIC):
            raise damaged("it ends in its first line")
        self._prefix = self._header[-PREFIX_BYTES:]
        self._cipher = _key(passphrase, self._header[len(MAGIC) : -PREFIX_BYTES])
        self._next = source.read(CHUNK_BYTES + TAG_BYTES)
        self._number = 0
        self._plain = memoryview(b"")
        self._ended = False

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def readinto(self, buffer: object) -> int:
        """Some bytes; 0 at the end."""
        target = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        while not self._plain and not self._ended:
            self._open_next()
        count = min(len(target), len(self._plain))
        target[:count] = self._plain[:count]
        self._plain = self._plain[count:]
        return count

    def _open_next(self) -> None:
        sealed, self._next = self._next, self._source.read(CHUNK_BYTES + TAG_BYTES)
        self._ended = not self._next
        if self._number >= MAX_CHUNKS:
            raise damaged("it is too long")
        try:
            nonce = _nonce(self._prefix, self._number, self._ended)
            self._plain = memoryview(self._cipher.decrypt(nonce, sealed, self._header))
        except InvalidTag as error:
            if self._number:
                raise damaged("it was changed or cut off") from error
            raise BackupError(
                "the passphrase is wrong, or this backup is damaged",
                "try another passphrase; see docs/backup.md",
            ) from error
        self._number += 1


def is_sealed(source: BinaryIO) -> bool:
    """Does it begin like one? Reads from the beginning, and goes back there."""
    source.seek(0)
    found = source.read(len(MAGIC)) == MAGIC
    source.seek(0)
    return found
