"""Start one process behind walls of a given kind: stages, probes and `appliance sandbox` come here."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import IO, Literal

import msgspec

from appliance.config.model import Limits
from appliance.errors import SandboxError
from appliance.supervision import cgroup, layout, sandbox, seccomp

Confinement = Literal["namespaces", "landlock", "seccomp", "nothing"]
"""The walls: bubblewrap with seccomp, Landlock with seccomp, seccomp alone, or none."""

TRY_SECONDS = 10.0
PROBE_LIMITS = Limits(memory_max_mb=256, memory_high_mb=256, pids_max=16)
HELPER = str(Path(__file__).with_name("confine.py"))

# Exits with 0 only if sockets are refused, and what lies outside can be neither read nor written.
PROBE = """
import os, _socket
def refused(attempt, *arguments):
    try:
        attempt(*arguments)
    except OSError:
        return True
    return False
checks = [refused(_socket.socket)]
if {walls}:
    checks += [refused(os.open, {secret!r}, os.O_RDONLY), refused(os.open, "/etc/passwd", os.O_RDONLY)]
    checks += [refused(os.mkdir, "/usr/lib/probe"), refused(os.mkdir, "/var/tmp/probe")]
os._exit(0 if all(checks) else 1)
"""


class Order(msgspec.Struct, frozen=True):
    """What to start, and how strictly."""

    command: tuple[str, ...]
    limits: Limits
    confinement: Confinement
    read_only: tuple[str, ...] = ()
    sound_devices: bool = False
    cgroup_procs: str = ""
    scratch: str = ""
    """See `sandbox.Plan`."""


@cache
def program(own_namespaces: bool, sound: bool) -> bytes:
    """The seccomp program of a kind, compiled once (20 ms)."""
    return seccomp.program(own_namespaces=own_namespaces, sound=sound)


def plan(order: Order, seccomp_fd: int, parent: int) -> sandbox.Plan:
    """What the pure argument builder needs."""
    return sandbox.Plan(
        command=order.command,
        environment=sandbox.environment(order.limits.threads),
        limits=order.limits,
        read_only=sandbox.existing(order.read_only),
        sound_devices=order.sound_devices,
        scratch=order.scratch,
        cgroup_procs=order.cgroup_procs,
        seccomp_fd=seccomp_fd,
        parent=parent,
        rlimit_ceilings=layout.rlimit_ceilings(),
    )


def arguments(order: Order, seccomp_fd: int, parent: int = 0) -> list[str]:
    """The whole argument list; with `parent` it only starts as that process's child, and dies with it."""
    prepared = plan(order, seccomp_fd, parent)
    here = layout.look()
    if order.confinement == "namespaces":
        return sandbox.with_bubblewrap(here, prepared)
    helper = (sys.executable, "-I", "-S", "-B", HELPER)
    return sandbox.with_landlock(here, prepared, helper, order.confinement == "landlock")


def start(
    order: Order,
    pass_fds: Sequence[int] = (),
    stdin: int | IO[bytes] | None = subprocess.DEVNULL,
    output: int | IO[bytes] | None = None,
    new_session: bool = True,
) -> subprocess.Popen[bytes]:
    """Start it from the main thread (the death signal follows the thread). Raises SandboxError.

    `output` takes both standard output and standard error; None leaves both as they are.
    """
    with ExitStack() as stack:
        number = -1
        if order.confinement != "nothing":
            number = seccomp.descriptor(program(order.confinement == "namespaces", order.sound_devices))
            stack.callback(os.close, number)
        line = arguments(order, number, os.getpid())
        inherited = (*pass_fds, number) if number >= 0 else tuple(pass_fds)
        try:
            return subprocess.Popen(
                line,
                stdin=stdin, stdout=output, stderr=subprocess.STDOUT if output == subprocess.PIPE else output,
                pass_fds=inherited, env=sandbox.environment(order.limits.threads),
                start_new_session=new_session,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            raise SandboxError(f"{line[0]} cannot be started: {error}") from error


def try_out(confinement: Confinement) -> None:
    """Run a process behind these walls that attacks them. Raises SandboxError when they do not stand."""
    if confinement == "namespaces" and shutil.which("bwrap") is None:
        raise SandboxError("bubblewrap is not installed", "sudo apt install bubblewrap")
    with tempfile.NamedTemporaryFile(prefix="appliance-probe-") as secret:
        code = PROBE.format(walls=confinement in {"namespaces", "landlock"}, secret=secret.name)
        order = Order((sys.executable, "-I", "-S", "-B", "-c", code), PROBE_LIMITS, confinement)
        status, said = _run(order)
    if status == 1 and not said:
        raise SandboxError(f"walls of kind {confinement!r} let an attack through")
    if status != 0:
        raise SandboxError(
            f"walls of kind {confinement!r} cannot be built: {said or status}", _hint(confinement)
        )


def try_join(subtree: cgroup.Subtree) -> None:
    """Make a group, let a process join it, kill it. Raises SandboxError when that does not work."""
    group = cgroup.Group.create(subtree, "probe", itertools.count(os.getpid()), PROBE_LIMITS)
    try:
        order = Order(("/bin/sh", "-c", ":"), PROBE_LIMITS, "nothing", cgroup_procs=group.procs)
        status, said = _run(order)
        if status != 0:
            raise SandboxError(f"a process cannot join a group below {subtree.path}: {said or status}")
    finally:
        cgroup.remove_now([group.path])


def _run(order: Order) -> tuple[int, str]:
    """Exit status and the last line said."""
    with start(order, output=subprocess.PIPE) as process:
        try:
            said, _ = process.communicate(timeout=TRY_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return -1, f"no answer within {TRY_SECONDS:.0f} s"
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return process.returncode, lines[-1][:300] if lines else ""


def _hint(confinement: Confinement) -> str:
    if confinement != "namespaces":
        return ""
    if Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").exists():
        return "allow bwrap to make user namespaces: see docs/sandbox.md, Ubuntu"
    return "allow user namespaces: sudo sysctl -w user.max_user_namespaces=10000"
