"""What the doctor looks at of the machine around the appliance: sound, network, time, permissions, packages.

What is read lies below `root`; it changes nothing and connects to nothing.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from appliance import __version__
from appliance.config import schema
from appliance.config.model import Config
from appliance.ops.check import Check
from appliance.supervision import cgroup
from appliance.supervision.ladder import Ladder
from appliance.timers.clock import TIMESYNC, clock_synchronised

MAX_BYTES = 65_536
UP_GATEWAY = 0x3
"""Flags of a route that is up and leads to a gateway."""
GROUPS_WHY = "the kernel then holds every stage to its memory and its share of the processor"


def cgroups(ladder: Ladder) -> Check:
    """Can the kernel limit stages?"""
    if ladder.subtree is None:
        return Check(
            "cgroup", "weak", "none is delegated: the supervisor counts, and ends who takes too much",
            GROUPS_WHY, "run it as the service, which asks for delegation: systemctl start appliance",
        )  # fmt: skip
    absent = [name for name in cgroup.CONTROLLERS if name not in ladder.subtree.controllers]
    if absent:
        mend = "on a Raspberry Pi: cgroup_enable=memory in /boot/firmware/cmdline.txt, then restart"
        return Check("cgroup", "weak", f"without {', '.join(absent)}", GROUPS_WHY, mend)
    return Check("cgroup", "good", ladder.subtree.path, GROUPS_WHY)


def microphone_and_loudspeaker(config: Config, root: Path = Path("/")) -> Iterator[Check]:
    """Whether some card records, and some card plays; nothing where no card is wanted or none is there."""
    if config.audio.device == "none":
        return
    lines = _text(root / "proc/asound/pcm").splitlines()
    if not lines:
        return
    for name, direction, end, why in (
        ("microphone", "capture", "c", "without one only satellites, the page and text reach it"),
        ("loudspeaker", "playback", "p", "without one it answers only on satellites and the page"),
    ):
        able = [line for line in lines if direction in line]
        if not able:
            yield Check(
                name, "bad", f"no card can do {direction}", why, f"plug in one that can: {_which(name)}"
            )
        elif not _may_open(root / "dev/snd", end):
            yield Check(
                name, "bad", "this user may not open it", why,
                "sudo usermod -aG audio $USER, then log in again",
            )  # fmt: skip
        else:
            yield Check(name, "good", able[0].split(":")[1].strip() or direction, why)


def _which(name: str) -> str:
    return "arecord -l lists microphones" if name == "microphone" else "aplay -l lists loudspeakers"


def _may_open(folder: Path, end: str) -> bool:
    try:
        nodes = [path for path in folder.iterdir() if path.name.startswith("pcm") and path.name.endswith(end)]
    except OSError:
        return False
    return any(os.access(node, os.R_OK | os.W_OK) for node in nodes)


def time_source(marker: Path = TIMESYNC) -> Check:
    """Has a time server set the clock?"""
    why = "alarms ring, and updates are believed, by the clock"
    if clock_synchronised(marker):
        return Check("time", "good", "a time server has set the clock", why)
    return Check("time", "weak", "no time server has set the clock", why, "timedatectl set-ntp true")


def network(root: Path = Path("/")) -> Check:
    """Is there a way out of this machine? Nobody is asked."""
    why = "satellites, Home Assistant elsewhere, the page and updates need it; speech does not"
    found = sorted(
        {*_routes4(_text(root / "proc/net/route")), *_routes6(_text(root / "proc/net/ipv6_route"))}
    )
    if found:
        return Check("network", "good", f"by {', '.join(found)}", why)
    return Check(
        "network", "weak", "this machine has no way to any other", why,
        "plug in a cable, or: nmcli device wifi connect NAME --ask",
    )  # fmt: skip


def _routes4(table: str) -> Iterator[str]:
    """Interfaces with a default route, of /proc/net/route."""
    for line in table.splitlines()[1:]:
        row = line.split()
        if len(row) > 7 and row[1] == row[7] == "00000000" and _is(row[3], UP_GATEWAY):
            yield row[0]


def _routes6(table: str) -> Iterator[str]:
    """The same of /proc/net/ipv6_route, whose last two columns are flags and interface."""
    for line in table.splitlines():
        row = line.split()
        if (
            len(row) == 10
            and row[0] == "0" * 32
            and row[1] == "00"
            and row[9] != "lo"
            and _is(row[8], UP_GATEWAY)
        ):
            yield row[9]


def _is(flags: str, wanted: int) -> bool:
    return re.fullmatch(r"[0-9A-Fa-f]{1,8}", flags) is not None and int(flags, 16) & wanted == wanted


def permissions(config: Config, files: Iterable[Path] = ()) -> Check:
    """Is what is private only ours? `files` are the configuration's."""
    why = "whoever may read the data may steer the appliance and read its passwords"
    data = Path(config.paths.data)
    try:
        status = data.stat()
    except OSError:
        return Check("permissions", "good", "there are no data yet", why)
    if status.st_uid not in {os.geteuid(), 0} and os.geteuid() != 0:
        return Check(
            "permissions", "bad", f"{data} belongs to another user", why, f"sudo chown -R $USER {data}"
        )
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return Check("permissions", "weak", f"{data} is open to other users", why, f"chmod 700 {data}")
    if _has_secret(config):
        open_files = [str(file) for file in files if _is_open(file)]
        if open_files:
            found = f"everybody here can read {open_files[0]}, which holds a password"
            return Check("permissions", "weak", found, why, f"chmod 640 {open_files[0]}")
    return Check("permissions", "good", "only this user may look into the data", why)


def _has_secret(config: Config) -> bool:
    def value(path: tuple[str, ...]) -> object:
        found: object = config
        for name in path:
            found = getattr(found, name)
        return found

    return any(
        value(path) for path, leaf in schema.leaves().items() if schema.is_secret(path) and not leaf.open
    )


def _is_open(file: Path) -> bool:
    try:
        return bool(file.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False


def packages() -> Check:
    """Is every package here that this version was made with?"""
    why = "a package that is missing or too old fails in the middle of a sentence"
    absent, count = [], 0
    for requirement in metadata.requires("appliance") or ():
        if "extra ==" in requirement:
            continue
        count += 1
        name, least = _requirement(requirement)
        try:
            there = metadata.version(name)
        except metadata.PackageNotFoundError:
            absent.append(name)
            continue
        if _numbers(there) < _numbers(least):
            absent.append(f"{name} {least} (there is {there})")
    if absent:
        return Check(
            "versions", "bad", f"without {', '.join(absent)}", why, "tools/run installs what is missing"
        )
    return Check("versions", "good", f"appliance {__version__} with {count} packages", why)


def _requirement(text: str) -> tuple[str, str]:
    """Name and least version of `name>=1.2; marker`."""
    found = re.match(r"([\w.-]+)[^;]*?(?:[>=]=\s*([\d.]+))?\s*(?:;|$|,)", text)
    return (found[1], found[2] or "0") if found else (text, "0")


def _numbers(version: str) -> tuple[int, ...]:
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, found[0].split("."))) if found else ()


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
