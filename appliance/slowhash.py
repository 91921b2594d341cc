"""What people keep in their heads, kept on a disk only as a salted slow hash: scrypt (RFC 7914).

A guess takes `n` KiB of memory and about 3 µs × `n` of time (r = 8). Slow on purpose: call it in a thread.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

import msgspec

SALT_BYTES = 16
R = 8


class Hashed(msgspec.Struct, frozen=True):
    """One secret; `n`, `r`, `p` are scrypt's cost when it was set."""

    salt: bytes
    hash: bytes
    n: int
    r: int = R
    p: int = 1


def hashed(secret: str, n: int, size: int = 32) -> Hashed:
    """With a fresh salt; `n` is a power of two, `size` the hash's length in bytes."""
    salt = secrets.token_bytes(SALT_BYTES)
    return Hashed(salt, _scrypt(secret, Hashed(salt, b"", n), size), n)


def matches(secret: str, known: Hashed) -> bool:
    """Is it this one? As slow when it is not. Raises ValueError for costs that scrypt does not know."""
    return hmac.compare_digest(_scrypt(secret, known, max(1, len(known.hash))), known.hash)


def _scrypt(secret: str, cost: Hashed, size: int) -> bytes:
    memory = 256 * cost.r * (cost.n + cost.p + 2)
    return hashlib.scrypt(
        secret.encode("utf-8", "surrogatepass"),
        salt=cost.salt, n=cost.n, r=cost.r, p=cost.p, maxmem=memory, dklen=size,
    )  # fmt: skip
