"""Encryption: what was changed, cut or swapped is noticed, and nothing can be read without the passphrase."""

from __future__ import annotations

import io
import os

import pytest

from appliance.backup.errors import BackupError
from appliance.backup.sealing import CHUNK_BYTES, HEADER_BYTES, TAG_BYTES, Sealer, Unsealer, is_sealed

SEALED_CHUNK = CHUNK_BYTES + TAG_BYTES
PLAIN = os.urandom(2 * CHUNK_BYTES + 1_000)


def seal(plain: bytes, passphrase: str = "right words") -> bytes:
    target = io.BytesIO()
    sealer = Sealer(target, passphrase)
    for start in range(0, len(plain), 10_007):
        sealer.write(plain[start : start + 10_007])
    sealer.finish()
    return target.getvalue()


def unseal(sealed: bytes, passphrase: str = "right words") -> bytes:
    return io.BufferedReader(Unsealer(io.BytesIO(sealed), passphrase)).read()


@pytest.fixture(scope="module")
def sealed() -> bytes:
    return seal(PLAIN)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES])
def test_round_trip(size: int) -> None:
    assert unseal(seal(PLAIN[:size])) == PLAIN[:size]


def test_nothing_shows(sealed: bytes) -> None:
    assert is_sealed(io.BytesIO(sealed))
    assert not is_sealed(io.BytesIO(PLAIN))
    assert unseal(sealed) == PLAIN
    assert PLAIN[:16] not in sealed
    assert seal(PLAIN)[HEADER_BYTES:] != sealed[HEADER_BYTES:]


def test_the_wrong_passphrase(sealed: bytes) -> None:
    with pytest.raises(BackupError, match="passphrase is wrong"):
        unseal(sealed, "wrong words")


def changed(sealed: bytes, how: str) -> bytes:
    head, body = sealed[:HEADER_BYTES], sealed[HEADER_BYTES:]
    first, second, last = body[:SEALED_CHUNK], body[SEALED_CHUNK : 2 * SEALED_CHUNK], body[2 * SEALED_CHUNK :]
    flipped = bytearray(sealed)
    match how:
        case "last chunk gone":
            return head + first + second
        case "middle gone":
            return head + first + last
        case "swapped":
            return head + second + first + last
        case "twice":
            return head + first + first + second + last
        case "more behind":
            return sealed + b"x"
        case "two of them":
            return sealed + sealed
        case "cut in a chunk":
            return sealed[:-5]
        case "only a header":
            return head
        case "half a header":
            return head[:-3]
        case _:
            flipped[int(how)] ^= 1
            return bytes(flipped)


@pytest.mark.parametrize(
    "how",
    [
        "last chunk gone", "middle gone", "swapped", "twice", "more behind", "two of them", "cut in a chunk",
        "only a header", "half a header", str(HEADER_BYTES - 1), str(HEADER_BYTES - 10), str(HEADER_BYTES),
        "70000", "-1", "-30",
    ],
)  # fmt: skip
def test_whatever_was_changed_is_noticed(sealed: bytes, how: str) -> None:
    with pytest.raises(BackupError):
        unseal(changed(sealed, how))
