"""Control groups, version 2: where our delegated subtree is, and one fresh group per generation of a stage.

A group that was killed once kills whoever joins it later, so no group is used twice: `stt.7`, then `stt.8`.
Everything works on a path, so a test can use a plain directory or a real subtree.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from appliance.config.model import Limits
from appliance.errors import SandboxError
from appliance.supervision.sandbox import tasks_max
from appliance.wire.messages import STAGE_NAMES

CONTROLLERS = ("memory", "pids", "cpu")
LEAF = "supervisor"
"""Our own group: one with children may hold no processes itself."""
MIB = 1024 * 1024
REMOVE_SECONDS = 5.0
POLL_SECONDS = 0.005
MAX_FILE_BYTES = 64 * 1024

_OURS = re.compile(rf"^({'|'.join(STAGE_NAMES)}|probe|look)\.\d+$")


class Subtree(msgspec.Struct, frozen=True):
    """A folder in which we may make groups, and which of CONTROLLERS work in them."""

    path: str
    controllers: tuple[str, ...]


def own_group(proc_self_cgroup: str) -> str | None:
    """Our path in the v2 hierarchy, from the text of /proc/self/cgroup; None when there is none."""
    for line in proc_self_cgroup.splitlines():
        if line.startswith("0::/"):
            return line[3:]
    return None


def mount_of(mountinfo: str) -> tuple[str, str] | None:
    """(mount point, root) of the first cgroup2 file system, from the text of /proc/self/mountinfo."""
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        fields = left.split()
        if right.split(" ", 1)[0] == "cgroup2" and len(fields) > 4:
            return _unescape(fields[4]), _unescape(fields[3])
    return None


def _unescape(field: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), field)


def is_delegated(path: Path, euid: int) -> bool:
    """Did systemd hand this group to us: its mark, or (not as root) the folder's owner."""
    for mark in ("user.delegate", "trusted.delegate"):
        try:
            if os.getxattr(path, mark) == b"1":
                return True
        except OSError:
            continue
    return euid != 0 and path.stat().st_uid == euid


def find(configured: str = "", proc: Path = Path("/proc")) -> Path:
    """The group whose children we may make. Raises SandboxError that says why there is none."""
    if configured:
        if not Path(configured, "cgroup.controllers").is_file():
            raise SandboxError(f"sandbox.cgroup: {configured!r} is no cgroup v2 folder")
        return Path(configured)
    own = own_group((proc / "self/cgroup").read_text())
    mount = mount_of((proc / "self/mountinfo").read_text())
    if own is None or mount is None:
        raise SandboxError("cgroup v2 is not mounted")
    point, root = mount
    path = Path(point) / os.path.relpath(own, root)
    if path.name == LEAF:
        path = path.parent
    if not path.is_dir() or not is_delegated(path, os.geteuid()):
        raise SandboxError(
            f"the group {own} was not delegated to this process",
            "run it as a service with Delegate=yes, or: systemd-run --user --scope -p Delegate=yes COMMAND",
        )
    return path


def prepare(path: Path) -> Subtree:
    """Leave the group free of processes of ours and switch the controllers on for its children.

    Raises SandboxError when nothing can be made there.
    """
    try:
        _move_to_leaf(path)
        offered = _read(path / "cgroup.controllers").split()
        enabled = tuple(name for name in CONTROLLERS if name in offered and _enable(path, name))
    except OSError as error:
        raise SandboxError(f"the group {path} cannot be used: {error}") from error
    return Subtree(str(path), enabled)


def _move_to_leaf(path: Path) -> None:
    processes = _read(path / "cgroup.procs").split()
    if str(os.getpid()) not in processes:
        return
    (path / LEAF).mkdir(exist_ok=True)
    for process in processes:
        try:
            _write(path / LEAF / "cgroup.procs", process)
        except ProcessLookupError:
            continue


def _enable(path: Path, controller: str) -> bool:
    if controller in _read(path / "cgroup.subtree_control").split():
        return True
    try:
        _write(path / "cgroup.subtree_control", f"+{controller}")
    except OSError:
        return False
    return True


def clean(path: Path) -> list[str]:
    """Kill and remove what an earlier run left behind; names of what could not be removed.

    Not while another supervisor works in this folder.
    """
    return remove_now(child for child in path.iterdir() if _OURS.match(child.name) and child.is_dir())


def remove_now(groups: Iterable[Path], within_seconds: float = 1.0) -> list[str]:
    """Kill and remove, waiting without an event loop; names of what could not be removed."""
    left = list(groups)
    for group in left:
        _kill(group)
    deadline = time.monotonic() + within_seconds
    while left and time.monotonic() < deadline:
        left = [group for group in left if not _try_rmdir(group)]
        if left:
            time.sleep(POLL_SECONDS)
    return [group.name for group in left]


def settings(limits: Limits) -> dict[str, str]:
    """File → content for one group."""
    return {
        "memory.max": str(limits.memory_max_mb * MIB),
        "memory.high": str(min(limits.memory_high_mb, limits.memory_max_mb) * MIB),
        "memory.swap.max": "0",
        "memory.oom.group": "1",
        "cpu.max": f"{limits.cpu_max_percent * 1_000} 100000",
        "cpu.weight": str(limits.cpu_weight),
        "pids.max": str(tasks_max(limits)),
    }


class Group:
    """The group of one generation."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.applied: frozenset[str] = frozenset()
        """Which of the files of `settings` took effect."""

    @classmethod
    def create(cls, subtree: Subtree, stage: str, numbers: Iterator[int], limits: Limits) -> Group:
        """Make a group that was never used and set its limits. Raises SandboxError."""
        for number in numbers:
            path = Path(subtree.path) / f"{stage}.{number}"
            try:
                path.mkdir()
            except FileExistsError:
                continue
            except OSError as error:
                raise SandboxError(f"no group for stage {stage}: {error}") from error
            group = cls(path)
            group.apply(limits, subtree.controllers)
            return group
        raise SandboxError(f"no number is left for a group of stage {stage}")

    def apply(self, limits: Limits, controllers: tuple[str, ...]) -> None:
        """Write the limits of the controllers that work here."""
        for name, content in settings(limits).items():
            if name.split(".", 1)[0] not in controllers:
                continue
            try:
                _write(self.path / name, content)
            except OSError:
                continue  # swap accounting may be compiled out; `applied` tells
            self.applied |= {name}

    @property
    def procs(self) -> str:
        """The file that a process writes 0 to in order to join."""
        return str(self.path / "cgroup.procs")

    def kill(self) -> None:
        """SIGKILL to everything in it."""
        _kill(self.path)

    def memory_bytes(self) -> int | None:
        """Memory in use, None without the memory controller."""
        text = _read_or_empty(self.path / "memory.current").strip()
        return int(text) if text.isdecimal() else None

    def out_of_memory(self) -> bool:
        """Did the kernel kill something here for memory?"""
        return int(_flat(_read_or_empty(self.path / "memory.events")).get("oom_kill", "0")) > 0

    def populated(self) -> bool:
        """Is any process left in it?"""
        return _flat(_read_or_empty(self.path / "cgroup.events")).get("populated", "0") == "1"

    async def remove(self, within_seconds: float = REMOVE_SECONDS) -> bool:
        """Kill, wait until it is empty, remove; False when it outlived that."""
        deadline = time.monotonic() + within_seconds
        self.kill()
        while time.monotonic() < deadline:
            if not self.populated() and _try_rmdir(self.path):
                return True
            await asyncio.sleep(POLL_SECONDS)
        return False


def _kill(path: Path) -> None:
    try:
        _write(path / "cgroup.kill", "1")
    except FileNotFoundError:  # before Linux 5.14, or gone already
        for process in _read_or_empty(path / "cgroup.procs").split():
            # A process of a foreign pid namespace is listed as 0, which for kill() means our own group.
            if int(process) > 0:
                _kill_process(int(process))


def _kill_process(number: int) -> None:
    try:
        os.kill(number, signal.SIGKILL)
    except ProcessLookupError:
        return


def _try_rmdir(path: Path) -> bool:
    try:
        path.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _flat(text: str) -> dict[str, str]:
    """`key value` lines as a dictionary."""
    return dict(line.split(" ", 1) for line in text.splitlines() if " " in line)


def _read(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES).decode("ascii", "replace")


def _read_or_empty(path: Path) -> str:
    try:
        return _read(path)
    except OSError:
        return ""


def _write(path: Path, content: str) -> None:
    """Write in one call and never create: a missing file means a missing feature."""
    number = os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
    try:
        os.write(number, content.encode())
    finally:
        os.close(number)
