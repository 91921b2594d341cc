"""How things stand with updates, for everybody on this machine: `/run/appliance-update/state.json`."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Literal

import msgspec

from appliance.updating import durable
from appliance.updating.errors import UpdateError

Phase = Literal["idle", "fetching", "installing", "restarting", "failed"]

BUSY: frozenset[Phase] = frozenset({"fetching", "installing", "restarting"})
MAX_BYTES = 65_536


class State(msgspec.Struct, frozen=True):
    """One look."""

    phase: Phase = "idle"
    percent: int = 0
    version: str = ""
    """What is being installed, or failed to be."""
    doing: str = ""
    """In words."""
    problem: str = ""
    hint: str = ""
    running: str = ""
    """Slot."""
    committed: str = ""
    pending: str = ""
    beside: str = ""
    """Version in the other slot, when it can be gone back to."""
    serial: int = 0
    """Of the newest channel file that was used."""
    channel: str = ""
    """Followed instead of `update.channel`."""
    undone: str = ""
    """Version that was tried last and taken back."""
    undone_why: str = ""

    @property
    def busy(self) -> bool:
        """Is something under way?"""
        return self.phase in BUSY

    @property
    def trying(self) -> bool:
        """Does a version run that is not yet found healthy?"""
        return self.running != self.committed


def read(path: Path) -> State | None:
    """The last one written; None when there is none, or it is damaged."""
    try:
        content = durable.read_small(path, MAX_BYTES)
        return None if content is None else msgspec.json.decode(content, type=State)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def write(path: Path, state: State) -> None:
    """For everybody to read. Raises UpdateError."""
    put(path, msgspec.json.encode(state), 0o644)


def put(path: Path, content: bytes, mode: int) -> None:
    """A file that lasts until the next start: whole or not at all. Raises UpdateError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        durable.replace(path, content, mode)
        with contextlib.suppress(PermissionError):
            path.chmod(mode)  # whatever the umask is
    except OSError as error:
        raise UpdateError(f"{path} cannot be written: {error.strerror}", "as root: df -h /run") from error
