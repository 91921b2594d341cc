"""One real process: its words, its death, and that nothing of it stays. Walls are tried in test_launch."""

from __future__ import annotations

import asyncio
import itertools
import os
import resource
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from appliance.errors import SandboxError
from appliance.supervision import child as children
from appliance.supervision import usage
from appliance.supervision.cgroup import Group
from appliance.supervision.child import Child
from appliance.supervision.layout import python_command
from appliance.supervision.link import LinkEnd, Rate
from appliance.supervision.spec import StageSpec
from appliance.wire import messages
from tests.supervision.running import PATIENCE_SECONDS, open_descriptors, spec

RATE = Rate(100, 1_000_000)


class Ears:
    """What a child said."""

    def __init__(self) -> None:
        self.messages: list[messages.Message] = []
        self.ends: list[LinkEnd] = []
        self.lines: list[str] = []
        self.exits = 0

    def heard(self, message: messages.Message) -> None:
        self.messages.append(message)

    def link_ended(self, end: LinkEnd) -> None:
        self.ends.append(end)

    def printed(self, line: str) -> None:
        self.lines.append(line)

    def exited(self) -> None:
        self.exits += 1


def shell(script: str) -> StageSpec:
    return spec(command=("/bin/sh", "-c", script))


@asynccontextmanager
async def started(stage: StageSpec, group: Group | None = None) -> AsyncIterator[tuple[Child, Ears]]:
    ears = Ears()
    before = open_descriptors()
    child = children.spawn(stage, "nothing", group, RATE, ears)
    child.start(ears.exited)
    try:
        yield child, ears
    finally:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await child.destroy()
    assert child.exited
    assert open_descriptors() <= before


async def until_said(ears: Ears, line: str) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while line not in ears.lines:
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("exit 0", "ended with exit status 0"),
        ("exit 7", "ended with exit status 7"),
        ("exit 128", "ended with exit status 128"),
        ("exit 137", "was killed by SIGKILL"),
        ("exit 255", "was killed by signal 127"),
        ("kill -SEGV $$", "was killed by SIGSEGV"),
        ("kill -TERM $$", "was killed by SIGTERM"),
    ],
)
def test_every_end_has_its_words(script: str, text: str) -> None:
    async def scenario() -> None:
        async with started(shell(script)) as (child, ears):
            assert await child.gone(PATIENCE_SECONDS)
            assert child.exit_text() == text
            assert ears.exits == 1

    asyncio.run(scenario())


def test_its_last_line_is_there_as_soon_as_it_is_gone() -> None:
    async def scenario() -> None:
        async with started(shell("echo first; echo 'no newline \033[1m' >&2; printf last >&2")) as (
            child,
            ears,
        ):
            assert await child.gone(PATIENCE_SECONDS)
            assert child.last_line == "no newline  [1m"
        assert ears.lines == ["first", "no newline  [1m", "last"]

    asyncio.run(scenario())


def test_last_messages_are_heard_before_the_end() -> None:
    said = messages.encode(messages.Failed("no room", "buy some"))
    code = f"import socket, sys; socket.socket(fileno=int(sys.argv[-1])).send({said!r})"

    async def scenario() -> None:
        async with started(spec(command=(*python_command(), "-c", code))) as (child, ears):
            assert await child.gone(PATIENCE_SECONDS)
            assert ears.messages == [messages.Failed("no room", "buy some")]

    asyncio.run(scenario())


def test_one_that_runs_says_so_and_is_waited_for_only_so_long() -> None:
    async def scenario() -> None:
        async with started(shell("echo up; exec sleep 60")) as (child, ears):
            assert child.last_line in {"", "up"}
            await until_said(ears, "up")
            assert not await child.gone(0.01)
            assert (child.exited, child.exit_text(), ears.exits) == (False, "still runs", 0)
            assert child.pid == child.process.pid

    asyncio.run(scenario())


def test_killing_takes_its_own_children_along_and_may_be_repeated() -> None:
    async def scenario() -> None:
        async with started(shell("sleep 60 & sleep 60 & echo up; wait")) as (child, ears):
            await until_said(ears, "up")
            below = usage.descendants(child.process.pid)
            assert len(below) == 3
            child.kill()
            child.kill()
            assert await child.gone(PATIENCE_SECONDS)
            child.kill()
            assert "SIGKILL" in child.exit_text()
            async with asyncio.timeout(PATIENCE_SECONDS):
                while any(usage.measure(process).tasks for process in below):
                    await asyncio.sleep(0.005)

    asyncio.run(scenario())


def test_a_destroyed_child_calls_nobody() -> None:
    async def scenario() -> None:
        async with started(shell("exec sleep 60")) as (_, ears):
            pass
        assert (ears.exits, ears.messages) == (0, [])

    asyncio.run(scenario())


def test_a_kill_for_memory_is_told_apart_from_another(tmp_path: Path) -> None:
    """The kernel writes this file of a real group; test_cgroup uses the kernel's."""
    group = Group(tmp_path)

    async def scenario() -> list[str]:
        said = []
        for kills in (0, 1):
            (tmp_path / "memory.events").write_text(f"low 0\noom 5\noom_kill {kills}\n")
            for name in ("cgroup.procs", "cgroup.kill"):
                (tmp_path / name).write_text("")
            ears = Ears()
            child = children.spawn(shell("kill -KILL $$"), "nothing", group, RATE, ears)
            child.start(ears.exited)
            assert await child.gone(PATIENCE_SECONDS)
            said.append(child.exit_text())
            child.group = None
            await child.destroy()
        return said

    assert asyncio.run(scenario()) == ["was killed by SIGKILL", "used more memory than its limit"]


def test_what_runs_is_told_its_name_and_its_descriptor() -> None:
    own = children.command(StageSpec("stt", messages.Configure("x"), spec().limits), 7)
    assert own[-4:] == ("-m", "appliance.stages", "stt", "7")
    assert own[: len(python_command())] == python_command()
    assert children.command(shell("x"), 3) == ("/bin/sh", "-c", "x", "wake", "3")


@pytest.mark.parametrize(
    ("number", "name"), [(9, "SIGKILL"), (11, "SIGSEGV"), (0, "signal 0"), (200, "signal 200")]
)
def test_names_of_signals(number: int, name: str) -> None:
    assert children.signal_name(number) == name


@contextmanager
def room_for(descriptors: int) -> Iterator[None]:
    """So many more files may be opened."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = set(map(int, open_descriptors()))
    free = itertools.islice((number for number in itertools.count() if number not in used), descriptors + 1)
    resource.setrlimit(resource.RLIMIT_NOFILE, (list(free)[-1], hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_without_room_for_descriptors_nothing_is_left_behind() -> None:
    """Whichever of the descriptors it is that does not fit any more."""

    async def attempt(descriptors: int) -> bool:
        before, said, child = open_descriptors(), "", None
        others = set(usage.descendants(os.getpid()))
        try:
            with room_for(descriptors):
                child = children.spawn(shell("exec sleep 60"), "seccomp", None, RATE, Ears())
        except (SandboxError, OSError) as error:
            said = str(error)
        if child is None:
            assert "Too many open files" in said
            assert set(usage.descendants(os.getpid())) <= others
        else:
            child.start(lambda: None)
            await child.destroy()
        assert open_descriptors() <= before
        return child is not None

    async def scenario() -> list[bool]:
        assert await attempt(100)
        return [await attempt(descriptors) for descriptors in range(16)]

    outcomes = asyncio.run(scenario())
    assert not outcomes[0]
    assert outcomes.count(False) > 5
    assert outcomes == sorted(outcomes), "with more room it does not fail again"


def test_a_program_that_cannot_be_started_is_a_sentence() -> None:
    async def scenario() -> None:
        before = open_descriptors()
        with pytest.raises(SandboxError, match="null byte"):
            children.spawn(shell("a\0b"), "nothing", None, RATE, Ears())
        assert open_descriptors() <= before

    asyncio.run(scenario())


def test_it_is_reaped_although_someone_else_looked_first() -> None:
    async def scenario() -> None:
        async with started(shell("exit 3")) as (child, _):
            assert isinstance(child.process, subprocess.Popen)
            child.process.wait(PATIENCE_SECONDS)
            assert await child.gone(PATIENCE_SECONDS)
            assert child.exit_text() == "ended with exit status 3"

    asyncio.run(scenario())


def test_signals_reach_the_process_itself() -> None:
    async def scenario() -> None:
        async with started(shell("trap 'exit 42' USR1; echo up; while :; do sleep 0.01; done")) as (
            child,
            ears,
        ):
            await until_said(ears, "up")
            os.kill(child.pid, signal.SIGUSR1)
            assert await child.gone(PATIENCE_SECONDS)
            assert child.exit_text() == "ended with exit status 42"

    asyncio.run(scenario())
