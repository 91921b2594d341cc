"""The owner's passphrase, kept only as a salted slow hash (scrypt, 32 MiB and some 100 ms a guess)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata

import msgspec

from appliance.errors import ConfigError

MIN_LENGTH, MAX_LENGTH = 10, 200
MIN_DIFFERENT = 5
"""Characters; "aaaaaaaaaa" is no passphrase."""
N, R, P = 2**15, 8, 1
SALT_BYTES, HASH_BYTES = 16, 32
HINT = f"{MIN_LENGTH} to {MAX_LENGTH} characters, for example four words that do not belong together"
WEAK = ("password", "passphrase", "passwort", "12345678", "qwertyuiop", "qwertzuiop", "appliance", "letmein")
"""What is one of these and hardly anything else is guessed first."""
MIN_BESIDE_WEAK = 6


class Hashed(msgspec.Struct, frozen=True):
    """One passphrase. `n`, `r`, `p` are scrypt's cost when it was set."""

    salt: bytes
    hash: bytes
    n: int = N
    r: int = R
    p: int = P


def checked(passphrase: str) -> str:
    """Raises ConfigError for one that is too short or too easily guessed."""
    plain = _normal(passphrase)
    if not MIN_LENGTH <= len(plain) <= MAX_LENGTH:
        raise ConfigError(f"the passphrase has {len(plain)} characters", HINT)
    lower = plain.lower()
    weak = any(word in lower and len(lower) - len(word) < MIN_BESIDE_WEAK for word in WEAK)
    if len(set(plain)) < MIN_DIFFERENT or weak:
        raise ConfigError("that passphrase is among the first that anybody would try", HINT)
    return passphrase


def hashed(passphrase: str) -> Hashed:
    """With a fresh salt. Slow on purpose: call it in a thread. Raises ConfigError as `checked`."""
    checked(passphrase)
    cost = Hashed(secrets.token_bytes(SALT_BYTES), b"")
    return msgspec.structs.replace(cost, hash=_scrypt(passphrase, cost))


def matches(passphrase: str, known: Hashed) -> bool:
    """Is it this one? As slow when it is not."""
    return hmac.compare_digest(_scrypt(passphrase[: 2 * MAX_LENGTH], known), known.hash)


def _normal(passphrase: str) -> str:
    """The same words from another keyboard are the same passphrase."""
    return unicodedata.normalize("NFKC", passphrase).strip()


def _scrypt(passphrase: str, cost: Hashed) -> bytes:
    return hashlib.scrypt(
        _normal(passphrase).encode("utf-8", "surrogatepass"),
        salt=cost.salt,
        n=cost.n,
        r=cost.r,
        p=cost.p,
        maxmem=256 * cost.n * cost.r,
        dklen=HASH_BYTES,
    )
