"""Whose the appliance is: nobody's until the claim code is given, which then is used up.

One small file, changed under a lock, so that the web page and the set-up hotspot can ask at the same time. A
try is counted on the disk before the code is compared: killing the process gives nobody a free one. The
owner's token is a random secret of which only the hash is kept.

This is not `appliance.claim`, which keeps two appliances out of one data directory.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from appliance.firstboot import codes, tries
from appliance.firstboot.disk import RealDisk, put
from appliance.firstboot.errors import SetupError

FILE, LOCK = "claim.json", "lock"
MAX_FILE_BYTES = 16_384
MAX_OWNERS = 16
TOKEN_BYTES = 32
LOCK_SECONDS, LOCK_LOOK_SECONDS = 5.0, 0.01
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

Clock = Callable[[], float]


class Wrong(SetupError):
    """That was not the code; `wait_seconds` until the next try."""

    def __init__(self, message: str, hint: str, wait_seconds: float) -> None:
        super().__init__(message, hint)
        self.wait_seconds = wait_seconds


class _State(msgspec.Struct, frozen=True):
    code: codes.Hashed | None = None
    """None when it was used up."""
    fixed: bool = False
    """Somebody chose it: it stays through starts, and is not shown or spoken."""
    tries: tries.Tries = tries.Tries()
    owners: tuple[str, ...] = ()
    """SHA-256 of each owner's token."""


class Claim:
    """The claim of one appliance; `folder` belongs to whoever may change it."""

    def __init__(
        self,
        folder: Path,
        owner: tuple[int, int] | None = None,
        clock: Clock = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
    ) -> None:
        """`owner` is whom new files belong to; None: who runs this."""
        self._folder = folder
        self._path = folder / FILE
        self._disk = RealDisk(owner)
        self._clock = clock

    @property
    def state(self) -> Literal["unprepared", "open", "claimed"]:
        """What it waits for: "open" for its code, "unprepared" for having one. Raises SetupError."""
        known = self._read()
        if known.owners:
            return "claimed"
        return "open" if known.code is not None else "unprepared"

    @property
    def fixed(self) -> bool:
        """Is the code one that somebody chose?"""
        return self._read().fixed

    def renew(self, code: str) -> None:
        """This is the code from now on, made by the appliance; wrong tries are forgotten.

        Raises SetupError.
        """
        self._set(codes.hashed(code), fixed=False)

    def fix(self, code: str) -> None:
        """This is the code from now on, chosen by somebody. An owner stays one. Raises SetupError."""
        self._set(codes.hashed(code), fixed=True)

    def reset(self) -> None:
        """Nobody owns it, and there is no code until `renew`. Raises SetupError."""
        with self._locked():
            self._write(_State())

    def check(self, code: str) -> None:
        """Is it the code? It is not used up. Takes some 50 ms: call it in a thread.

        Raises Wrong when it is not, or when it is too early to try again, and SetupError when there is none.
        """
        with self._locked():
            self._compare(code)

    def verify(self, code: str) -> str:
        """The new owner's token, for the one who knows the code, which is used up. Raises as `check`."""
        with self._locked():
            known = self._compare(code)
            token = secrets.token_urlsafe(TOKEN_BYTES)
            self._write(_State(owners=(*known.owners, _mark(token))[-MAX_OWNERS:]))
        return token

    def is_owner(self, token: str) -> bool:
        """Is this an owner's token? Raises SetupError when the file cannot be read."""
        mark = _mark(token)
        return sum(hmac.compare_digest(mark, known) for known in self._read().owners) > 0

    def _set(self, code: codes.Hashed, *, fixed: bool) -> None:
        with self._locked():
            self._write(_State(code=code, fixed=fixed, owners=self._read().owners))

    def _compare(self, code: str) -> _State:
        """Counted first, taken back when it was right."""
        known = self._read()
        if known.code is None:
            raise SetupError(
                "the claim code was used already", "the owner can make a new one: appliance setup reset-claim"
            )
        boot, now = _boot(), self._clock()
        wait = tries.wait_seconds(known.tries, now, boot)
        if wait > 0:
            raise Wrong("too many wrong codes", f"try again in {wait:.0f} seconds, or restart it", wait)
        counted = tries.missed(known.tries, now, boot)
        self._write(msgspec.structs.replace(known, tries=counted))
        if not codes.matches(code, known.code):
            wait = tries.wait_seconds(counted, now, boot)
            raise Wrong("that is not the claim code", "it is shown on the screen and spoken", wait)
        fresh = msgspec.structs.replace(known, tries=tries.Tries())
        self._write(fresh)
        return fresh

    def _read(self) -> _State:
        content = self._disk.read(self._path, MAX_FILE_BYTES)
        if content is None:
            return _State()
        try:
            return msgspec.json.decode(content, type=_State)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise SetupError(f"{self._path} is damaged: {error}", "appliance setup reset-claim") from error

    def _write(self, state: _State) -> None:
        put(self._disk, self._path, msgspec.json.encode(state))

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone with the file. Ours is held for some 100 ms; the kernel frees a dead process's."""
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            number = os.open(self._folder / LOCK, flags, 0o600)
        except OSError as error:
            raise SetupError(
                f"{self._folder} cannot be written: {error.strerror}",
                "ask as root or as its user",
            ) from error
        try:
            if os.fstat(number).st_nlink == 1:  # not somebody else's file by another name
                self._disk.own(number)
            _wait_for_lock(number, self._path)
            yield
        finally:
            os.close(number)


def _wait_for_lock(number: int, path: Path) -> None:
    """Raises SetupError when another process keeps it for longer than any of ours would."""
    end = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > end:
                raise SetupError(f"{path} is being changed by somebody else", "try again") from error
            time.sleep(LOCK_LOOK_SECONDS)
        else:
            return


def _mark(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _boot() -> str:
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""
