"""Codes that people read, hear and type: made, tidied, hashed.

scrypt with 16 MiB a guess, as PINs have it: who can read the file can still try all codes of eight digits in
days, so a code is only good until it is used, and one that the appliance made is new at every start.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

import msgspec

from appliance.firstboot.errors import Fault

DIGITS = 8
MIN_GIVEN, MAX_GIVEN = 6, 32
MAX_TYPED = 64
N, R, P = 2**14, 8, 1
SALT_BYTES = HASH_BYTES = 16


class Hashed(msgspec.Struct, frozen=True):
    """A code, as it is kept."""

    salt: bytes
    hash: bytes


def made(digits: int = DIGITS) -> str:
    """A new code of this many digits, from the kernel's random numbers."""
    return "".join(secrets.choice("0123456789") for _ in range(digits))


def given(text: str) -> str:
    """The code that somebody wrote into a file. Raises Fault when it is too short or no code."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    code = tidy(lines[0]) if len(lines) == 1 else ""
    if not MIN_GIVEN <= len(code) <= MAX_GIVEN or len(set(code)) < 3:
        raise Fault(
            f"the claim code is not one line of {MIN_GIVEN} to {MAX_GIVEN} letters and digits",
            "choose some at random, at least three different ones",
        )
    return code


def tidy(typed: str) -> str:
    """What was typed without spaces, dashes and case; empty for what is no code."""
    code = re.sub(r"[\s-]", "", typed[:MAX_TYPED]).upper()
    return code if code.isascii() and code.isalnum() and len(code) <= MAX_GIVEN else ""


def grouped(code: str) -> str:
    """In fours, as it is shown: `1234 5678`."""
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))


def hashed(code: str) -> Hashed:
    """With a fresh salt. Slow on purpose: some 50 ms."""
    salt = secrets.token_bytes(SALT_BYTES)
    return Hashed(salt, _scrypt(code, salt))


def matches(typed: str, known: Hashed) -> bool:
    """Is it this one? As slow when it is not."""
    return hmac.compare_digest(_scrypt(tidy(typed), known.salt), known.hash)


def _scrypt(code: str, salt: bytes) -> bytes:
    return hashlib.scrypt(code.encode(), salt=salt, n=N, r=R, p=P, maxmem=256 * N * R, dklen=HASH_BYTES)
