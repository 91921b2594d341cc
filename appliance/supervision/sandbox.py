"""The command line of a confined stage. Pure: what the machine looks like comes in as `Layout`.

Outside in: `/bin/sh` joins the cgroup and lowers the resource limits (1 ms, and it becomes the next
program, so nothing of it stays), then bubblewrap (5 ms) makes the namespaces and loads seccomp, then a
second `/bin/sh` lowers the number of processes (which counts per user namespace, so only in there), then
the stage. Without user namespaces `confine.py` takes bubblewrap's place (15 ms) with Landlock and seccomp.
"""

from __future__ import annotations

import os
import posixpath
import shlex
from collections.abc import Iterable, Sequence

import msgspec

from appliance.config.model import Limits
from appliance.errors import SandboxError

TMP_BYTES = 8 * 1024 * 1024
SHM_BYTES = 1024 * 1024
NOFILE = 256
FILE_BYTES = 16 * 1024 * 1024
STACK_MB = 8
"""Address space that each thread's stack takes of RLIMIT_DATA, touched or not."""
SANDBOX_TASKS = 2
"""bubblewrap's own two processes, on top of what a stage may have."""
NOBODY = "65534"

FORBIDDEN_TREES = ("/proc", "/sys", "/dev", "/run", "/boot", "/etc")
"""Never shown as a model, nor anything in them."""
FORBIDDEN_PLACES = ("/", "/home", "/root", "/var", "/var/lib", "/tmp", "/opt", "/srv", "/mnt", "/media")  # noqa: S108
"""Never shown as a whole: they hold more than models."""

ENTER = (
    '[ "$5" = 0 ] || [ "$PPID" = "$5" ] || exit 125; '
    'ulimit -c 0 && ulimit -n "$1" && ulimit -f "$2" && ulimit -d "$3" || exit 125; '
    'if [ -n "$4" ]; then echo 0 > "$4" || exit 125; fi; '
    'shift 5; exec "$@"'
)
"""nofile, file blocks of 512 bytes, data in KiB, cgroup.procs or empty, parent or 0; then the command.

A parent that died before bubblewrap tied its life to it would never be missed.
"""
INSIDE = 'ulimit -p "$1" 2>/dev/null || ulimit -u "$1" || exit 125; shift; exec "$@"'
"""How many processes and threads; then the command. dash says -p, bash says -u."""


class Layout(msgspec.Struct, frozen=True):
    """What this machine and this installation look like; every path absolute."""

    read_only: tuple[str, ...]
    """Trees shown where they lie: /usr, the Python environment, the program."""
    listed: tuple[str, ...] = ()
    """Folders whose names only are needed: Python lists the folder above a package. Landlock's business."""
    symlinks: tuple[tuple[str, str], ...] = ()
    """(target, path), like /bin → usr/bin."""
    sound: tuple[str, ...] = ()
    """Device trees for the sound stage, those that exist."""
    sound_settings: tuple[str, ...] = ()
    """ALSA's configuration files that exist."""


class Plan(msgspec.Struct, frozen=True):
    """One generation, ready to be turned into a command line."""

    command: tuple[str, ...]
    environment: dict[str, str]
    limits: Limits
    read_only: tuple[str, ...] = ()
    """The stage's own models, those that exist."""
    sound_devices: bool = False
    scratch: str = ""
    """A folder for temporary files where there is no private /tmp; empty: none."""
    cgroup_procs: str = ""
    """The file to join, empty without cgroups."""
    seccomp_fd: int = -1
    """Descriptor with the BPF program; -1 without seccomp."""
    parent: int = 0
    """The process whose death must be the stage's; 0 for what a person pastes into a shell."""
    rlimit_ceilings: tuple[int, int, int] = (2**62, 2**62, 2**62)
    """Hard limits of NOFILE, FSIZE and DATA in this process: none can be raised."""


def environment(threads: int) -> dict[str, str]:
    """All that a stage finds in its environment: nothing of the supervisor's."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": "/tmp",  # noqa: S108 the sandbox's own
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": str(threads),
        "ORT_DISABLE_TELEMETRY": "1",
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
    }


def checked_models(paths: Iterable[str], private: Iterable[str] = ()) -> tuple[str, ...]:
    """Model paths that may be shown to a stage, normalised, without repetition.

    `private` names trees that hold secrets (the data folder, the home): a path that contains one is refused.
    Raises SandboxError for a path that is relative, impossible, or would show more than models.
    """
    secret = [posixpath.normpath(place) for place in private if place]
    checked = dict.fromkeys(_checked_model(path, secret) for path in paths)
    return tuple(checked)


def _checked_model(path: str, secret: Sequence[str]) -> str:
    if "\0" in path or not path.startswith("/"):
        raise SandboxError(f"model path {path!r} is not an absolute path", "write it from the root: /…")
    clean = posixpath.normpath("/" + path.lstrip("/"))
    reasons = (
        clean in FORBIDDEN_PLACES
        or any(_inside(clean, tree) for tree in FORBIDDEN_TREES)
        or any(_inside(place, clean) for place in secret)
    )
    if reasons:
        raise SandboxError(
            f"model path {path!r} would show a stage more than models",
            "put the model into a folder of its own and name that folder or file",
        )
    return clean


def _inside(path: str, tree: str) -> bool:
    return path == tree or path.startswith(tree.rstrip("/") + "/")


def namespaces() -> list[str]:
    """Own user, process, network, IPC, host name and cgroup worlds, none of which can be nested."""
    kinds = ("user", "pid", "net", "ipc", "uts", "cgroup")
    return [
        *(f"--unshare-{kind}" for kind in kinds),
        "--disable-userns",
        "--uid", NOBODY,
        "--gid", NOBODY,
    ]  # fmt: skip


def filesystem(layout: Layout, plan: Plan) -> list[str]:
    """Read-only system and models, private /tmp and /dev/shm of fixed size, nothing else."""
    # /tmp first: the checkout, its environment or a model may lie below it.
    arguments = ["--size", str(TMP_BYTES), "--tmpfs", "/tmp"]  # noqa: S108
    for path in layout.read_only:
        arguments += ["--ro-bind", path, path]
    for target, path in layout.symlinks:
        arguments += ["--symlink", target, path]
    # The kernel lets the user root write its settings without any capability: hide them.
    arguments += ["--proc", "/proc", "--size", "4096", "--tmpfs", "/proc/sys", "--remount-ro", "/proc/sys"]
    arguments += ["--dev", "/dev"]
    arguments += ["--size", str(SHM_BYTES), "--tmpfs", "/dev/shm"]  # noqa: S108
    if plan.sound_devices:
        arguments += [part for path in layout.sound for part in ("--dev-bind", path, path)]
        arguments += [part for path in layout.sound_settings for part in ("--ro-bind", path, path)]
    arguments += ["--remount-ro", "/dev"]
    for path in (path for path in plan.read_only if not _covered(path, layout)):
        arguments += ["--ro-bind", path, path]
    return [*arguments, "--remount-ro", "/", "--chdir", "/"]


def _covered(path: str, layout: Layout) -> bool:
    return any(_inside(path, tree) for tree in layout.read_only)


def bubblewrap(layout: Layout, plan: Plan) -> list[str]:
    """Bwrap and its arguments, up to the command."""
    arguments = ["bwrap", *namespaces(), *filesystem(layout, plan)]
    arguments += ["--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    for name, value in plan.environment.items():
        arguments += ["--setenv", name, value]
    if plan.seccomp_fd >= 0:
        arguments += ["--seccomp", str(plan.seccomp_fd)]
    return [*arguments, "--"]


def tasks_max(limits: Limits) -> int:
    """Processes and threads of a whole sandbox."""
    return limits.pids_max + SANDBOX_TASKS


def rlimits(plan: Plan) -> tuple[int, int, int]:
    """NOFILE, FSIZE in bytes, DATA in bytes: what the stage gets, never above what this process has.

    DATA is a wall behind `memory_max_mb`, which counts used memory: the kernel counts reserved address
    space here, such as the stack of every thread.
    """
    data_mb = plan.limits.memory_max_mb + STACK_MB * min(plan.limits.pids_max, 16)
    wanted = (NOFILE, FILE_BYTES, data_mb * 1024 * 1024)
    nofile, file_bytes, data = (
        min(want, top) for want, top in zip(wanted, plan.rlimit_ceilings, strict=True)
    )
    return nofile, file_bytes, data


def enter(plan: Plan, command: Sequence[str]) -> list[str]:
    """The command behind the shell that joins the cgroup and lowers the limits."""
    nofile, file_bytes, data_bytes = rlimits(plan)
    numbers = (nofile, file_bytes // 512, data_bytes // 1024)
    return [
        "/bin/sh",
        "-c",
        ENTER,
        "enter",
        *map(str, numbers),
        plan.cgroup_procs,
        str(plan.parent),
        *command,
    ]


def inside(plan: Plan) -> list[str]:
    """The command behind the shell that limits processes; only useful in an own user namespace."""
    return ["/bin/sh", "-c", INSIDE, "inside", str(tasks_max(plan.limits)), *plan.command]


def with_bubblewrap(layout: Layout, plan: Plan) -> list[str]:
    """Argument list of a stage in namespaces."""
    return enter(plan, [*bubblewrap(layout, plan), *inside(plan)])


def with_landlock(layout: Layout, plan: Plan, helper: Sequence[str], landlock: bool) -> list[str]:
    """Argument list of a stage behind Landlock and seccomp, or (`landlock` false) what is left of that.

    `helper` is the command of `confine.py`.
    """
    arguments = [*helper, *(("--parent", str(plan.parent)) if plan.parent else ())]
    if landlock:
        readable = (*layout.read_only, *(path for _, path in layout.symlinks), *plan.read_only)
        arguments += [part for path in readable for part in ("--read", path)]
        arguments += [part for path in layout.listed for part in ("--list", path)]
        if plan.sound_devices:
            arguments += [part for path in layout.sound for part in ("--device", path)]
            arguments += [part for path in layout.sound_settings for part in ("--read", path)]
        if plan.scratch:
            arguments += ["--scratch", plan.scratch]
    if plan.seccomp_fd >= 0:
        arguments += ["--seccomp", str(plan.seccomp_fd)]
    return enter(plan, [*arguments, "--", *plan.command])


def copy_pasteable(arguments: Sequence[str], width: int = 100) -> str:
    """The argument list as a shell command, one option a line."""
    lines, line = [], ""
    for argument in map(shlex.quote, arguments):
        starts_option = argument.startswith("--")
        if line and (starts_option or len(line) + len(argument) > width):
            lines.append(line)
            line = "    " + argument
        else:
            line = f"{line} {argument}" if line else argument
    return " \\\n".join([*lines, line])


def python_trees(
    executable: str, prefix: str, base_prefix: str, links: Iterable[tuple[str, str]]
) -> tuple[list[str], list[tuple[str, str]]]:
    """(trees, symlinks) that make this Python start inside.

    `links` are the hops (target, path) from `executable` to the real file. A hop outside the trees becomes
    the same symlink inside, so that a link in someone's home does not show that home.
    """
    trees = dict.fromkeys(posixpath.normpath(tree) for tree in (prefix, base_prefix))
    kept = [tree for tree in trees if not _inside(tree, "/usr")]
    for tree in kept:
        if tree in FORBIDDEN_PLACES or any(_inside(tree, bad) for bad in FORBIDDEN_TREES):
            raise SandboxError(
                f"the Python of {executable} lives in {tree}, which holds more than Python",
                "install the appliance into a virtual environment of its own",
            )
    visible = ("/usr", *kept)
    hops = [(to, at) for to, at in links if not any(_inside(at, tree) for tree in visible)]
    return kept, hops


def existing(paths: Iterable[str]) -> tuple[str, ...]:
    """Those that are there now; a model that has not arrived is the stage's to report."""
    return tuple(path for path in paths if os.path.exists(path))  # noqa: PTH110
