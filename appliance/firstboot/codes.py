"""Codes that people read, hear and type: made, tidied, hashed.

scrypt with 16 MiB a guess, as PINs have it: who can read the file can still try all codes of eight digits in
days, so a code is only good until it is used, and one that the appliance made is new at every start.
"""

from __future__ import annotations

import re
import secrets

import msgspec

from appliance import slowhash
from appliance.firstboot.errors import Fault

DIGITS = 8
MIN_GIVEN, MAX_GIVEN = 6, 32
MAX_TYPED = 64
N = 2**14
HASH_BYTES = 16


class Hashed(msgspec.Struct, frozen=True):
    """A code, as it is kept; the cost is always the same."""

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
    found = slowhash.hashed(code, N, HASH_BYTES)
    return Hashed(found.salt, found.hash)


def matches(typed: str, known: Hashed) -> bool:
    """Is it this one? As slow when it is not."""
    return slowhash.matches(tidy(typed), slowhash.Hashed(known.salt, known.hash, N))
