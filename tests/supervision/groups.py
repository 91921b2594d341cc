"""A real delegated subtree in tests, and processes in groups of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from appliance.config.model import Limits
from appliance.errors import SandboxError
from appliance.supervision import cgroup, launch
from appliance.supervision.cgroup import Group, Subtree
from appliance.supervision.ladder import Ladder
from tests.supervision.running import PATIENCE_SECONDS

LIMITS = Limits(memory_max_mb=64, memory_high_mb=48, cpu_max_percent=50, cpu_weight=300, pids_max=10)

# Each attempt on its own group, its parent and the supervisor's; prints those that succeeded.
ESCAPES = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def mount():
    if libc.mount(b"none", b"/tmp", b"cgroup2", 0, None): raise OSError
own = {own!r}
places = [own, os.path.dirname(own), os.path.dirname(own) + "/supervisor", "/sys/fs/cgroup"]
attempts = dict(mount=mount)
for place in places:
    attempts["list " + place] = lambda place=place: os.listdir(place)
    for name in ("cgroup.procs", "memory.max", "memory.current", "pids.max", "cpu.max", "cgroup.kill"):
        file = place + "/" + name
        attempts["read " + file] = lambda file=file: open(file).read()
        attempts["write " + file] = lambda file=file: os.open(file, os.O_WRONLY)
    attempts["make " + place] = lambda place=place: os.mkdir(place + "/mine")
for name, attempt in attempts.items():
    try:
        attempt()
    except OSError:
        continue
    print(name)
print(len(attempts), "tried")
"""


def absent(reason: str) -> NoReturn:
    """Skip, or fail where everything has to be there (tools/test-cgroup2)."""
    if os.environ.get("APPLIANCE_TEST_CGROUP2") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


def need(subtree: Subtree, *controllers: str) -> None:
    for controller in controllers:
        if controller not in subtree.controllers:
            absent(f"the controller {controller} is not available below {subtree.path}")


def walled(subtree: Subtree, confinement: launch.Confinement) -> Ladder:
    """Stages behind these walls, limited by the kernel."""
    need(subtree, *cgroup.CONTROLLERS)
    try:
        launch.try_out(confinement)
    except SandboxError as error:
        absent(error.message)
    return Ladder("full" if confinement == "namespaces" else "landlock", confinement, subtree)


def inside(
    group: Group, code: str, confinement: launch.Confinement = "namespaces", limits: Limits = LIMITS
) -> subprocess.Popen[bytes]:
    order = launch.Order((sys.executable, "-I", "-c", code), limits, confinement, cgroup_procs=group.procs)
    return launch.start(order, output=subprocess.PIPE)


def counted(group: Path, file: str) -> dict[str, int]:
    """What a file of `name number` lines says."""
    return {
        name: int(number)
        for name, number in (line.split() for line in (group / file).read_text().splitlines())
    }


def groups_left(subtree: Subtree) -> list[str]:
    return [path.name for path in Path(subtree.path).iterdir() if path.is_dir() and path.name != cgroup.LEAF]


def until(holds: Callable[[], bool]) -> None:
    """Wait for something the kernel does by itself."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
