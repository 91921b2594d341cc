"""PINs, kept only as salted slow hashes in a private file.

scrypt with 16 MiB a guess slows guessing down; it cannot make four digits long. Who can read the file (mode
0600, in the data directory) can try all 10,000 in minutes: take six digits or more. Comparing takes about as
long as the number of people with a PIN, so it belongs into a thread.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from appliance import slowhash
from appliance.folders import sync_folder
from appliance.judgement.errors import JudgementError
from appliance.slowhash import SALT_BYTES, Hashed, R

MIN_DIGITS, MAX_DIGITS = 4, 12
MAX_HOLDERS = 16
MAX_FILE_BYTES = 64 * 1024
N = 2**14
HASH_BYTES = 32
WEAK = frozenset({"1234", "12345", "123456", "4321", "654321", "1212", "121212", "123123", "2580"})


def hashed(pin: str) -> Hashed:
    """With a fresh salt. Slow on purpose. Raises JudgementError for what is no PIN."""
    return slowhash.hashed(checked(pin), N, HASH_BYTES)


def checked(pin: str) -> str:
    """Raises JudgementError for what is no PIN, or one of the first that anybody tries."""
    if not (MIN_DIGITS <= len(pin) <= MAX_DIGITS and pin.isascii() and pin.isdecimal()):
        raise JudgementError("that is no PIN", f"{MIN_DIGITS} to {MAX_DIGITS} digits, nothing else")
    if len(set(pin)) == 1 or pin in WEAK:
        raise JudgementError("that PIN is among the first that anybody would try", "take six random digits")
    return pin


class Pins:
    """Everybody's PIN, by name, in one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, Hashed] = {}

    def open(self) -> None:
        """Read the file. Raises JudgementError when there is one that cannot be used."""
        try:
            with self._path.open("rb") as file:
                content = file.read(MAX_FILE_BYTES + 1)
        except FileNotFoundError:
            self._known = {}
            return
        except OSError as error:
            raise self._broken(str(error.strerror)) from error
        try:
            self._known = _bounded(msgspec.json.decode(content, type=dict[str, Hashed]))
        except (msgspec.DecodeError, ValueError) as error:
            raise self._broken(str(error)) from error

    @property
    def any(self) -> bool:
        """Has anybody one?"""
        return bool(self._known)

    def has(self, name: str) -> bool:
        """Has this person one?"""
        return name in self._known

    def whose(self, pin: str, person: str = "") -> str:
        """Whose PIN it is, "" when nobody's; only this person's when one is named. Slow, always as slow."""
        known = {person: self._known[person]} if person in self._known else self._known
        found = [name for name, each in sorted(known.items()) if slowhash.matches(pin, each)]
        return found[0] if found else ""

    def set(self, name: str, pin: str) -> None:
        """This is the person's PIN from now on. Raises JudgementError; the old one holds then."""
        checked(pin)
        if name not in self._known and len(self._known) >= MAX_HOLDERS:
            raise JudgementError(f"{MAX_HOLDERS} people have a PIN already", "appliance person remove NAME")
        if self.whose(pin) not in {"", name}:
            raise JudgementError("that PIN cannot be taken", "choose another one")
        self._keep({**self._known, name: hashed(pin)})

    def remove(self, name: str) -> None:
        """This person has none any more."""
        if name in self._known:
            self._keep({each: known for each, known in self._known.items() if each != name})

    def _keep(self, known: Mapping[str, Hashed]) -> None:
        """All of it in a new file that takes the place of the old one, whatever happens in between."""
        fresh = self._path.with_name(f".{self._path.name}.new")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh.unlink(missing_ok=True)
            file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with os.fdopen(file, "wb") as stream:
                stream.write(msgspec.json.encode(known))
                stream.flush()
                os.fsync(stream.fileno())
            fresh.replace(self._path)
            sync_folder(self._path.parent)
        except OSError as error:
            raise self._broken(str(error.strerror)) from error
        self._known = dict(known)

    def _broken(self, reason: str) -> JudgementError:
        return JudgementError(
            f"{self._path}: {reason}", "stop the appliance, remove that file, and set the PINs again"
        )


def _bounded(known: dict[str, Hashed]) -> dict[str, Hashed]:
    """Raises ValueError for costs that would stop the machine, or no protection at all."""
    for each in known.values():
        if not (len(each.hash) == HASH_BYTES and len(each.salt) == SALT_BYTES):
            raise ValueError("a PIN's hash or salt has the wrong length")
        if not (N <= each.n <= 16 * N and each.n & (each.n - 1) == 0 and each.r == R and 1 <= each.p <= 4):
            raise ValueError("a PIN's cost is out of bounds")
    if len(known) > MAX_HOLDERS:
        raise ValueError("too many PINs")
    return known
