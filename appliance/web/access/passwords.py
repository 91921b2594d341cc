"""The owner's passphrase, kept only as a salted slow hash (scrypt, 32 MiB and some 100 ms a guess)."""

from __future__ import annotations

import unicodedata

from appliance import slowhash
from appliance.errors import ConfigError
from appliance.slowhash import SALT_BYTES, Hashed

MIN_LENGTH, MAX_LENGTH = 10, 200
MIN_DIFFERENT = 5
"""Characters; "aaaaaaaaaa" is no passphrase."""
N = 2**15
HASH_BYTES = 32
HINT = f"{MIN_LENGTH} to {MAX_LENGTH} characters, for example four words that do not belong together"
WEAK = ("password", "passphrase", "passwort", "12345678", "qwertyuiop", "qwertzuiop", "appliance", "letmein")
"""What is one of these and hardly anything else is guessed first."""
MIN_BESIDE_WEAK = 6


NOBODY = Hashed(b"0" * SALT_BYTES, b"0" * HASH_BYTES, N)
"""What is compared where there is no owner: that takes as long."""


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
    return slowhash.hashed(_normal(checked(passphrase)), N, HASH_BYTES)


def matches(passphrase: str, known: Hashed) -> bool:
    """Is it this one? As slow when it is not."""
    return slowhash.matches(_normal(passphrase[: 2 * MAX_LENGTH]), known)


def _normal(passphrase: str) -> str:
    """The same words from another keyboard are the same passphrase."""
    return unicodedata.normalize("NFKC", passphrase).strip()
