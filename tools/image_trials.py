"""A new version that is broken in one way or another, started once: does the former one come back by itself?

The slots are prepared once: slot A runs, the bundle is installed from a stick into slot B, and the machine is
stopped where it would restart into B. Every try begins there, with B broken on the disc or while it starts.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from image_breakage import Kind, mtools
from image_disc import Disc
from image_guest import Guest, GuestError, Machine

CONTROL = "control"
LISTENING = "systemctl is-active -q appliance"
SETTLED = "test -e /run/appliance-update/settled"
LONGER = "systemd.setenv=APPLIANCE__UPDATE__HEALTHY_MINUTES=15"
START_SECONDS = 1_500.0
INSTALL_SECONDS = 2_400.0
BACK_SECONDS = 2_400.0
"""For a slot that is given up only after its time for a self test, and the start of the former one."""
WATCHDOG = ("-global", "ICH9-LPC.noreboot=off")
"""The chipset's own, as in the mini-PCs."""
SAID = "cat /run/appliance-update/state.json; journalctl -b -u 'appliance-update*' -u rauc | tail -n 40"


@dataclass(frozen=True)
class Armed:
    """Disc and firmware variables with an update that starts next."""

    machine: Machine
    seconds: float
    """That the installation took."""

    @contextmanager
    def copy(self, where: Path) -> Iterator[Machine]:
        """The same once more, to be spoilt; in a folder whose name is short enough for sockets."""
        folder = Path(tempfile.mkdtemp(prefix="try.", dir=where))
        try:
            machine = replace(self.machine, folder=folder, arguments=WATCHDOG)
            below = f"backing_file={self.machine.overlay},backing_fmt=qcow2"
            create = ["qemu-img", "create", "-q", "-f", "qcow2", "-o", below]
            subprocess.run([*create, str(machine.overlay)], check=True)
            shutil.copyfile(self.machine.folder / "variables.fd", folder / "variables.fd")
            yield machine
        finally:
            shutil.rmtree(folder, ignore_errors=True)


class HasArmed(Protocol):
    """What remembers the preparation for the checks of one run."""

    armed: Armed | None

    def machine(self, name: str) -> Machine:
        """One without a disc."""

    def bundle(self) -> Path:
        """The update. Raises GuestError."""

    def kept(self, bundle: Path) -> Path:
        """Where the preparation lies for the next run."""


def prepared(bench: HasArmed) -> Armed:
    """The update that starts next, made once a run. Raises GuestError."""
    if bench.armed is None:
        kept = bench.kept(bench.bundle())
        bench.armed = found(bench.machine("armed"), kept) or arm(bench.machine("armed"), bench.bundle())
        keep(bench.armed, kept)
    return bench.armed


def found(machine: Machine, kept: Path) -> Armed | None:
    """What an earlier run has prepared for the same bundle."""
    seconds = kept / "seconds"
    if not seconds.exists():
        return None
    return Armed(replace(machine, folder=kept), float(seconds.read_text("ascii")))


def keep(armed: Armed, kept: Path) -> None:
    """For a later run; what was kept for other bundles goes."""
    if armed.machine.folder == kept:
        return
    for old in kept.parent.glob("armed-*"):
        shutil.rmtree(old)
    kept.mkdir(parents=True)
    for name in (armed.machine.overlay.name, "variables.fd"):
        os.link(armed.machine.folder / name, kept / name)
    (kept / "seconds").write_text(f"{armed.seconds:.0f}", "ascii")


def make_stick(bundle: Path, target: Path) -> None:
    """A file system named UPDATE with the bundle on it."""
    size = bundle.stat().st_size + (64 << 20)
    with target.open("wb") as file:
        file.truncate(size)
    subprocess.run(
        ["mkfs.vfat", "-F", "32", "-n", "UPDATE", str(target)], check=True, stdout=subprocess.DEVNULL
    )
    mtools("mcopy", target, bundle, "::")


def with_port(machine: Machine, stick: Path) -> Machine:
    """The machine with a place for the stick, switched off where it would restart."""
    drive = ("-drive", f"if=none,id=stick,format=raw,readonly=on,file={stick}", "-device", "qemu-xhci")
    control = ("-qmp", f"unix:{machine.folder / CONTROL},server=on,wait=off")
    return replace(machine, arguments=(*WATCHDOG, *drive, *control, "-no-reboot"))


def plug_in(machine: Machine) -> None:
    """Put the stick into the running machine. Raises GuestError."""
    stick = {"driver": "usb-storage", "drive": "stick", "removable": True}
    with socket.socket(socket.AF_UNIX) as control:
        control.settimeout(30)
        control.connect(str(machine.folder / CONTROL))
        said = control.makefile("rb")
        for order in ({"execute": "qmp_capabilities"}, {"execute": "device_add", "arguments": stick}):
            control.sendall(json.dumps(order).encode())
            while not {"return", "error"} & (answer := json.loads(said.readline())).keys():
                pass
            if "error" in answer:
                raise GuestError(f"QEMU: {answer['error']['desc']}")


@dataclass(frozen=True)
class Written:
    """One start of slot A with the stick in."""

    good: bool
    """A runs and listens, and nothing else is to be started."""
    writing: bool
    """The slot was being written when the power went; or, left alone, the update starts next."""
    percent: int
    seconds: float
    """Until it listened; with the installation when it was left alone."""
    detail: str = ""


def cut_while_writing(machine: Machine, percent: int) -> Written:
    """Start, and pull the plug as soon as so much of the installation is done."""
    with Guest(machine) as guest:
        try:
            seconds = listens_again(guest)
            good = slot_of(guest) == "A"
            plug_in(machine)
            state: dict[str, object] = {}
            while guest.seconds < seconds + INSTALL_SECONDS:
                state = state_of(guest)
                if state.get("phase") in {"failed", "restarting"}:
                    break
                good = good and state.get("committed") in {"A", None}
                reached = state.get("percent", 0)
                if state.get("phase") == "installing" and isinstance(reached, int) and reached >= percent:
                    return Written(good, True, reached, seconds)
                time.sleep(0.5)
            return Written(good, False, 0, seconds, f"{state}")
        except GuestError as error:
            return Written(False, False, 0, guest.seconds, str(error))


def finish_writing(machine: Machine) -> Written:
    """Start, and wait until it would restart into the new version."""
    with Guest(machine) as guest:
        try:
            seconds = listens_again(guest)
            good = slot_of(guest) == "A"
            plug_in(machine)
            if guest.wait_for_end(INSTALL_SECONDS):
                return Written(good, True, 100, guest.seconds)
            return Written(good, False, 0, seconds, guest.run(SAID)[1])
        except GuestError as error:
            return Written(False, False, 0, guest.seconds, str(error))


def arm(machine: Machine, bundle: Path) -> Armed:
    """Boot slot A, let it install the stick's bundle, stop where it restarts. Raises GuestError."""
    stick = machine.folder / "stick.img"
    machine.make_disk()
    make_stick(bundle, stick)
    done = finish_writing(with_port(machine, stick))
    stick.unlink()
    if not done.writing:
        raise GuestError(f"the bundle on the stick was not installed\n{done.detail}")
    return Armed(machine, done.seconds)


@dataclass(frozen=True)
class Outcome:
    """What became of one try."""

    back: bool
    """Slot A runs, is committed, and listens; nobody has touched anything."""
    seconds: float
    told: str
    """What it says was undone, and why."""
    seen_b: bool
    """Has B got as far as a shell?"""
    detail: str = ""


def attempt(machine: Machine, kind: Kind) -> Outcome:
    """Spoil, start, and wait until the former version is back."""
    try:
        if kind.spoil is not None:
            kind.spoil(Disc(machine.overlay))
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        return Outcome(False, 0.0, "", False, f"it could not even be broken: {error}")
    guest = Guest(machine)
    guest.start()
    try:
        begun = time.monotonic()
        if kind.cut_after:
            time.sleep(kind.cut_after)
            guest.cut()
            guest.start()
        return _come_back(guest, kind, begun)
    finally:
        guest.cut()


def _come_back(guest: Guest, kind: Kind, begun: float) -> Outcome:
    seen_b = False
    try:
        while (left := begun + BACK_SECONDS - time.monotonic()) > 0:
            guest.wait_for_shell(left)
            slot = slot_of(guest)
            if slot == "A":
                return _look(guest, begun, seen_b=seen_b)
            seen_b = True
            if kind.act:
                guest.tell(kind.act)
    except GuestError as error:
        log = guest.machine.serial_log
        tail = log.read_text("utf-8", "replace")[-1_500:] if log.exists() else ""
        return Outcome(False, time.monotonic() - begun, "", seen_b, f"{error}\n{tail}")
    return Outcome(False, time.monotonic() - begun, "", seen_b, "the time is up")


def listens_again(guest: Guest) -> float:
    """Seconds from the start until it listens. Raises GuestError."""
    guest.wait_for_shell(START_SECONDS)
    if not guest.wait_until(LISTENING, START_SECONDS):
        said = guest.run("systemctl --no-pager --failed; journalctl -b -u appliance | tail -n 30")[1]
        raise GuestError(f"it does not listen\n{said}")
    return guest.seconds


def failed_units(guest: Guest) -> list[str]:
    """Their names."""
    return guest.says("systemctl list-units --failed --plain --no-legend | cut -d' ' -f1").split()


def slot_of(guest: Guest) -> str:
    """A or B; empty when it does not answer."""
    try:
        status, text = guest.run("grep -o 'rauc.slot=[AB]' /proc/cmdline", 60)
    except GuestError:
        return ""
    return text.strip()[-1:] if status == 0 else ""


def _look(guest: Guest, begun: float, *, seen_b: bool) -> Outcome:
    listens = guest.wait_until(LISTENING, START_SECONDS)
    seconds = time.monotonic() - begun
    settled = guest.wait_until(SETTLED, 300)
    state = state_of(guest)
    committed = state.get("committed") == "A" and not state.get("pending")
    told = f"{state.get('undone', '')}: {state.get('undone_why', '')}".strip(": ")
    return Outcome(listens and settled and committed, seconds, told, seen_b, json.dumps(state))


def state_of(guest: Guest) -> dict[str, object]:
    """What the updates say of themselves; empty when they say nothing."""
    status, text = guest.run("cat /run/appliance-update/state.json")
    return dict(json.loads(text)) if status == 0 else {}
