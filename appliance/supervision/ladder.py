"""What this machine can do to confine stages. Tried for real at start, never guessed from version numbers.

level      walls around a stage                          limits of a stage
full       namespaces (bubblewrap) + seccomp             delegated cgroup v2
landlock   Landlock + seccomp, no user namespaces        delegated cgroup v2
limits     either of the two                             resource limits, and the supervisor looks and kills
none       at most seccomp                               as above
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Literal, get_args

import msgspec

from appliance.config.model import Config
from appliance.errors import SandboxError
from appliance.supervision import cgroup, landlock, launch
from appliance.supervision.launch import Confinement

Level = Literal["full", "landlock", "limits", "none"]
LEVELS: tuple[Level, ...] = get_args(Level)


_WALLS: dict[Level, Confinement] = {"full": "namespaces", "landlock": "landlock", "none": "seccomp"}


class Ladder(msgspec.Struct, frozen=True):
    """The rung this machine stands on, and what keeps it from the next one."""

    level: Level
    confinement: Confinement
    subtree: cgroup.Subtree | None = None
    """Where groups are made; also below "full" when only some controllers are there."""
    reasons: tuple[str, ...] = ()
    """Why it is not a rung higher, one sentence each."""
    hint: str = ""
    """What to do for the next rung."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that was tried: empty `reason` means that it works."""

    reason: str = ""
    hint: str = ""

    @property
    def works(self) -> bool:
        """Did it?"""
        return not self.reason


def decide(
    namespaces: Finding, landlocked: Finding, filtered: Finding, groups: Finding
) -> tuple[Level, Confinement]:
    """The rung for these findings. `groups` works when every controller of `cgroup.CONTROLLERS` does."""
    if namespaces.works:
        return ("full" if groups.works else "limits"), "namespaces"
    if landlocked.works:
        return ("landlock" if groups.works else "limits"), "landlock"
    return "none", ("seccomp" if filtered.works else "nothing")


def require(ladder: Ladder, minimum: Level) -> None:
    """Raises SandboxError when the machine stands below `minimum`."""
    if LEVELS.index(ladder.level) <= LEVELS.index(minimum):
        return
    why = "; ".join(ladder.reasons)
    raise SandboxError(
        f"stages can only be confined at level {ladder.level!r}, sandbox.minimum asks for {minimum!r}: {why}",
        ladder.hint or f"set sandbox.minimum = {ladder.level!r} if that is enough",
    )


def only(ladder: Ladder, level: Level) -> Ladder:
    """The same machine at one level, for looking at it. Raises SandboxError when it has not got it.

    Only "full" insists on cgroups: what there is to see at the other levels are the walls.
    """
    whole = ladder.subtree is not None and set(cgroup.CONTROLLERS) <= set(ladder.subtree.controllers)
    if level == "full" and not whole:
        raise SandboxError(
            f"level 'full' needs delegated cgroup v2: {'; '.join(ladder.reasons)}", ladder.hint
        )
    confinement = ladder.confinement if level == "limits" else _WALLS[level]
    launch.try_out(confinement)
    return Ladder(level, confinement, ladder.subtree if level in {"full", "landlock"} else None)


def probe(config: Config) -> Ladder:
    """Try everything, best first. Takes about 0.1 s; blocks, so call it before the loop has work."""
    namespaces = _try_walls("namespaces")
    landlocked = Finding("not needed") if namespaces.works else _try_landlock()
    filtered = Finding("not needed") if namespaces.works or landlocked.works else _try_walls("seccomp")
    groups, subtree = _try_groups(config)
    level, confinement = decide(namespaces, landlocked, filtered, groups)
    missing = _missing(confinement, namespaces, landlocked, filtered, groups)
    hint = next((finding.hint for finding in missing if finding.hint), "")
    return Ladder(level, confinement, subtree, tuple(finding.reason for finding in missing), hint)


def _missing(confinement: Confinement, *findings: Finding) -> list[Finding]:
    namespaces, landlocked, filtered, groups = findings
    walls: dict[Confinement, list[Finding]] = {
        "namespaces": [],
        "landlock": [namespaces],
        "seccomp": [namespaces, landlocked],
        "nothing": [namespaces, landlocked, filtered],
    }
    return [finding for finding in (*walls[confinement], groups) if not finding.works]


def _try_walls(confinement: Confinement) -> Finding:
    return _try(lambda: launch.try_out(confinement))


def _try_landlock() -> Finding:
    if landlock.abi() < 1:
        return Finding("this kernel has no Landlock", "add lsm=landlock,… to the kernel's command line")
    return _try_walls("landlock")


def _try(attempt: Callable[[], None]) -> Finding:
    try:
        attempt()
    except SandboxError as error:
        return Finding(error.message, error.hint)
    return Finding()


def _try_groups(config: Config) -> tuple[Finding, cgroup.Subtree | None]:
    try:
        subtree = cgroup.prepare(cgroup.find(config.sandbox.cgroup))
        launch.try_join(subtree)
    except SandboxError as error:
        return Finding(error.message, error.hint), None
    absent = [name for name in cgroup.CONTROLLERS if name not in subtree.controllers]
    if not absent:
        return Finding(), subtree
    return Finding(
        f"the cgroup controllers {', '.join(absent)} are not available", _controller_hint(absent)
    ), subtree


def _controller_hint(absent: list[str]) -> str:
    if "memory" in absent and os.path.exists("/boot/firmware/cmdline.txt"):  # noqa: PTH110
        return "add cgroup_enable=memory to /boot/firmware/cmdline.txt and restart"
    return (
        "start Linux with systemd.unified_cgroup_hierarchy=1, and the service with Delegate=cpu memory pids"
    )
