"""The file of `state.State`: `<data>/web/access.json`, mode 0600, for web process and command at once.

Changes are made under a lock and replace the file; who only reads looks whether it is another file than last
time. What root changes stays the appliance's own.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from appliance.errors import ControlError
from appliance.folders import sync_folder
from appliance.web.access.state import State

T = TypeVar("T")
FILE, LOCK = "access.json", "access.lock"
MAX_FILE_BYTES = 256 * 1024
Stamp = tuple[int, int, int]


class Store:
    """`read` and `change`; `folder` is made with the first change."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / FILE
        self._stamp: Stamp | None = None
        self._state = State()

    def read(self) -> State:
        """As the file is now; of one that was not changed only its age is asked. Raises ControlError."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            self._stamp, self._state = None, State()
            return self._state
        stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
        if stamp != self._stamp:
            self._state = self._load()
            self._stamp = stamp
        return self._state

    def change(self, how: Callable[[State], tuple[State, T]]) -> T:
        """Apply `how` to what the file holds and write that, unless nothing changed. Blocks for some ms.

        Raises ControlError, and whatever `how` raises; then nothing was changed.
        """
        with self._locked():
            before = self._load()
            after, answer = how(before)
            if after != before:
                self._write(after)
        return answer

    def _load(self) -> State:
        try:
            with self._path.open("rb") as file:
                content = file.read(MAX_FILE_BYTES + 1)
        except FileNotFoundError:
            return State()
        except OSError as error:
            raise ControlError(
                f"{self._path} cannot be read: {error.strerror}", "ask as the appliance's user, or with sudo"
            ) from error
        try:
            return msgspec.json.decode(content, type=State)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ControlError(
                f"{self._path} is damaged: {error}", "remove it, then claim anew with: appliance token claim"
            ) from error

    def _write(self, state: State) -> None:
        fresh = self._path.with_name(f".{FILE}.new")
        try:
            fresh.unlink(missing_ok=True)
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                self._own(file.fileno())
                file.write(msgspec.json.encode(state))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
            sync_folder(self._folder)  # so that a token that was revoked stays so after a power cut
        except OSError as error:
            raise ControlError(
                f"{self._path} cannot be written: {error.strerror}", "is the disk full?"
            ) from error

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            made = not self._folder.exists()
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if made and os.geteuid() == 0:
                owner = self._folder.parent.stat()
                os.chown(self._folder, owner.st_uid, owner.st_gid)
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            number = os.open(self._folder / LOCK, flags, 0o600)
        except OSError as error:
            raise ControlError(
                f"{self._folder} cannot be written: {error.strerror}",
                "ask as the appliance's user, or with sudo",
            ) from error
        try:
            self._own(number)
            fcntl.flock(number, fcntl.LOCK_EX)
            yield
        finally:
            os.close(number)

    def _own(self, number: int) -> None:
        """What root makes belongs to whom the folder belongs."""
        if os.geteuid() == 0:
            owner = self._folder.stat()
            os.fchown(number, owner.st_uid, owner.st_gid)
