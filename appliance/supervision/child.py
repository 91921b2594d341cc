"""One process of a stage: start, last words, certain death, and nothing left behind."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from typing import Protocol

from appliance.supervision import launch, usage
from appliance.supervision.cgroup import Group
from appliance.supervision.layout import python_command
from appliance.supervision.lines import LinePump
from appliance.supervision.link import Link, LinkEnd, Rate
from appliance.supervision.spec import StageSpec
from appliance.wire import channel, messages

KILLED_BY_SHELL = 128
"""bubblewrap and shells report a signal as 128 + its number."""


class Child:
    """A running process with its socket, its pipe and its group. Made by `spawn`."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        *,
        pidfd: int,
        link: Link,
        pump: LinePump,
        group: Group | None,
    ) -> None:
        self.process = process
        self.link = link
        self.group = group
        self._pidfd = pidfd
        self._pump = pump
        self._loop = asyncio.get_running_loop()
        self._exited = asyncio.Event()
        self._on_exit: Callable[[], None] | None = None

    @property
    def pid(self) -> int:
        """The stage's own process as seen from here (inside bubblewrap's)."""
        return usage.innermost(self.process.pid)

    @property
    def exited(self) -> bool:
        """Is the process gone and reaped?"""
        return self._exited.is_set()

    @property
    def last_line(self) -> str:
        """The last line it printed, which for Python is the exception."""
        self._pump.drain()
        return self._pump.last[-1] if self._pump.last else ""

    def start(self, on_exit: Callable[[], None]) -> None:
        """Begin to listen; `on_exit` is called once, when the process is gone."""
        self._on_exit = on_exit
        self.link.start()
        self._pump.start()
        self._loop.add_reader(self._pidfd, self._reap)

    def _reap(self) -> None:
        if self.process.poll() is None:
            return
        self._loop.remove_reader(self._pidfd)
        self._exited.set()
        self.link.drain()
        if self._on_exit is not None:
            self._on_exit()

    def kill(self) -> None:
        """SIGKILL to the whole sandbox; it dies although it may not be gone yet."""
        if self.group is not None:
            self.group.kill()
        if self.exited:
            return
        # The process was not reaped, so its number and its process group cannot be another's.
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    async def destroy(self) -> bool:
        """Kill, reap, free every descriptor, remove the group. False when the group could not be removed."""
        self.kill()
        self._on_exit = None
        await self._exited.wait()
        self._pump.close()
        self.link.close()
        os.close(self._pidfd)
        return self.group is None or await self.group.remove()

    async def gone(self, within_seconds: float) -> bool:
        """Wait for its end."""
        try:
            async with asyncio.timeout(within_seconds):
                await self._exited.wait()
        except TimeoutError:
            return False
        return True

    def exit_text(self) -> str:
        """How it ended, for people."""
        status = self.process.returncode
        if status is None:
            return "still runs"
        if self.group is not None and self.group.out_of_memory():
            return "used more memory than its limit"
        number = -status if status < 0 else status - KILLED_BY_SHELL
        if status < 0 or status > KILLED_BY_SHELL:
            return f"was killed by {signal_name(number)}"
        return f"ended with exit status {status}"


def signal_name(number: int) -> str:
    """SIGKILL for 9."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def command(spec: StageSpec, descriptor: int) -> tuple[str, ...]:
    """What runs inside."""
    own = (*python_command(), "-m", "appliance.stages")
    return (*(spec.command or own), spec.name, str(descriptor))


class Hooks(Protocol):
    """Who is told what the child says and how its socket ended."""

    def heard(self, message: messages.Message) -> None:
        """A message of the right language."""

    def link_ended(self, end: LinkEnd) -> None:
        """The socket is closed; once."""

    def printed(self, line: str) -> None:
        """A clean line of its standard output or error."""


def spawn(
    spec: StageSpec, confinement: launch.Confinement, group: Group | None, rate: Rate, hooks: Hooks
) -> Child:
    """Start one process; nothing is read before `Child.start`.

    Raises SandboxError or OSError, and then leaves neither process nor descriptor behind.
    """
    with ExitStack() as undo, ExitStack() as ours:
        supervisor_end, stage_end = channel.pair()
        ours.callback(stage_end.close)
        undo.callback(supervisor_end.close)
        said, saying = os.pipe2(os.O_CLOEXEC)
        ours.callback(os.close, saying)
        undo.callback(os.close, said)
        order = launch.Order(
            command=command(spec, stage_end.fileno()),
            limits=spec.limits,
            confinement=confinement,
            read_only=spec.read_only,
            sound_devices=spec.sound_devices,
            cgroup_procs=group.procs if group else "",
            scratch=spec.scratch,
        )
        process = launch.start(order, pass_fds=(stage_end.fileno(),), output=saying)
        pidfd = _pidfd(process)
        link = Link(supervisor_end, spec.name, rate, hooks.heard, hooks.link_ended)
        child = Child(process, pidfd=pidfd, link=link, pump=LinePump(said, hooks.printed), group=group)
        undo.pop_all()
    return child


def _pidfd(process: subprocess.Popen[bytes]) -> int:
    try:
        return os.pidfd_open(process.pid)
    except OSError as error:
        process.kill()
        process.wait()
        if error.errno == errno.ENOSYS:
            error.strerror = "this kernel is too old: Linux 5.3 or newer is needed"
        raise
