"""From a channel, an address or a file into the other slot, then a restart into it. Runs as root."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from appliance.config.model import Update
from appliance.errors import ApplianceError
from appliance.ops import https
from appliance.updating import boards, carrying, fetching, here, order, policy, rauc, record, slots, state
from appliance.updating.channel import Latest
from appliance.updating.errors import Refused, UpdateError
from appliance.updating.here import Situation
from appliance.updating.order import Order
from appliance.updating.places import Places
from appliance.updating.slots import other
from appliance.updating.state import Phase, State

Kind = Literal["channel", "address", "file"]
Run = Callable[[str | Path, rauc.Report], None]
MAX_SOURCE_CHARS = 2_000


class Source(msgspec.Struct, frozen=True):
    """Where a bundle comes from."""

    kind: Kind
    name: str = ""
    """An address or a path."""


def source(text: str) -> Source:
    """Tell an address from a path; empty is the channel. Raises UpdateError."""
    if len(text) > MAX_SOURCE_CHARS or not text.isprintable():
        raise UpdateError("that is no address and no path", "appliance update install FILE_OR_URL")
    if not text:
        return Source("channel")
    if "://" in text:
        if not https.allowed(text):
            raise UpdateError(f"{text[:200]!r} is not an https:// address", "or bring the file")
        return Source("address", text)
    if not text.startswith("/"):
        raise UpdateError(f"{text!r} is not a whole path", "such as /data/appliance/new.raucb")
    return Source("file", text)


def restart() -> None:
    """Start again; on a Raspberry Pi with the parameter that `slots.arm` left. Raises UpdateError."""
    done = subprocess.run(["systemctl", "reboot"], check=False, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise UpdateError(f"the restart was refused: {done.stderr.strip()[:200]}", "switch it off and on")


class Installer:
    """One installation; shows how far it is in `state.json`."""

    def __init__(self, places: Places, update: Update, run: Run = rauc.install) -> None:
        self._places = places
        self._update = update
        self._run = run
        self._state = State()

    def install(self, wanted: Source, *, allow_downgrade: bool = False) -> str:
        """Everything but the restart; the version that starts next, empty when it is not known before.

        Raises UpdateError; the state then says why.
        """
        try:
            return self._install(wanted, allow_downgrade=allow_downgrade)
        except ApplianceError as error:
            self.show("failed", problem=error.message, hint=error.hint)
            raise
        finally:
            order.withdraw(self._places)

    def roll_back(self) -> str:
        """Try the former version again; its name. Raises SlotError, Refused."""
        situation = here.look(self._places)
        here.require_committed(situation)
        target = other(situation.facts.running)
        steps = slots.arm(situation.facts, target)
        content = situation.record.of(target)
        if content.epoch < situation.here.epoch:
            raise Refused(
                f"version {content.version} is from before a security fix that is installed here",
                "there is no way back behind it",
            )
        firmware = boards.of_board(situation.release.board, self._places.root)
        carrying.carry_out(firmware, self._places.kept, steps)
        self.show("restarting", version=content.version, doing=f"going back to {content.version}")
        return content.version

    def show(self, phase: Phase, **more: object) -> None:
        """Tell everybody."""
        self._state = msgspec.structs.replace(self._state, phase=phase, **more)
        shown = here.state_of(here.look(self._places), self._state)
        state.write(self._places.state, shown)

    def _install(self, wanted: Source, *, allow_downgrade: bool) -> str:
        situation = here.look(self._places)
        here.require_committed(situation)
        self._state = State(phase="fetching", doing="looking")
        offered = self._offered(wanted, situation, allow_downgrade=allow_downgrade)
        version = offered.version if offered else ""
        order.give(self._places, Order(version, allow_downgrade))
        self.show("fetching", version=version, doing="asking")
        if offered is not None:
            self._from_channel(offered)
        elif wanted.kind == "address":
            self._write(wanted.name)
        else:
            self._write(checked_file(Path(wanted.name)))
        version = self._arrived() or version
        self.show("restarting", version=version, percent=100, doing=f"restarting into {version}")
        return version

    def _offered(self, wanted: Source, situation: Situation, *, allow_downgrade: bool) -> Latest | None:
        if wanted.kind != "channel":
            return None
        offered = fetching.latest(
            self._places,
            self._update,
            situation.release.board,
            seen=situation.record.serial,
            chosen=situation.record.channel,
        )
        if offered.version == situation.release.version:
            raise Refused(f"version {offered.version} runs already; there is no newer one", "")
        policy.check(offered.offer, situation.here, allow_downgrade=allow_downgrade)
        known = record.read(self._places.kept)
        record.write(self._places.kept, msgspec.structs.replace(known, serial=offered.serial))
        return offered

    def _from_channel(self, offered: Latest) -> None:
        """Block by block if that is wanted and works; else the whole bundle first."""
        if self._update.delta:
            try:
                self._write(offered.url)
            except rauc.Unreachable:
                self.show("fetching", doing="fetching the whole bundle")
            else:
                return
        path = fetching.bundle(offered, self._places.downloads, self._fetched)
        self._write(path)
        path.unlink(missing_ok=True)

    def _fetched(self, here_bytes: int, all_bytes: int) -> None:
        percent = here_bytes * 100 // all_bytes if all_bytes else 0
        if percent != self._state.percent or self._state.phase != "fetching":
            self.show(
                "fetching", percent=percent, doing=f"{here_bytes / 1e6:.0f} of {all_bytes / 1e6:.0f} MB"
            )

    def _write(self, bundle: str | Path) -> None:
        self.show("installing", percent=0, doing="checking the bundle")
        try:
            self._run(bundle, self._written)
        except UpdateError as error:
            said = order.refusal(self._places)
            if said is None:
                raise
            raise Refused(said.message, said.hint) from error

    def _written(self, percent: int, doing: str) -> None:
        self.show("installing", percent=percent, doing=doing)

    def _arrived(self) -> str:
        """The version in the slot that starts next; raises UpdateError when RAUC has not armed it."""
        situation = here.look(self._places)
        pending = situation.facts.pending
        if pending is None or situation.facts.mark(pending) != "armed":
            raise UpdateError(
                "the new version was written, but the firmware was not told to start it",
                "journalctl -b -u rauc.service",
            )
        return situation.record.of(pending).version


def checked_file(path: Path) -> Path:
    """A regular file that can be read, and no link into elsewhere. Raises UpdateError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise UpdateError(f"{path} cannot be read: {error.strerror}", f"ls -l {path}") from error
    try:
        found = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if not stat.S_ISREG(found.st_mode) or not found.st_size:
        raise UpdateError(f"{path} is not a bundle", "name a file that ends in .raucb")
    return path
