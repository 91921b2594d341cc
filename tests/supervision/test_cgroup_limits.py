"""Limits on a real delegated subtree of cgroup v2; docs/sandbox.md says how to get one."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from appliance.config.model import Config, Sandbox
from appliance.errors import SandboxError
from appliance.supervision import cgroup, launch
from appliance.supervision import ladder as rungs
from appliance.supervision.cgroup import Group, Subtree
from appliance.supervision.ladder import Ladder
from appliance.wire import messages
from tests.supervision.groups import (
    ESCAPES,
    LIMITS,
    absent,
    counted,
    groups_left,
    inside,
    need,
    until,
    walled,
)
from tests.supervision.running import QUICK, running, spec

PATIENT = msgspec.structs.replace(QUICK, heartbeat_limit_seconds=60.0)
AUDIO = messages.Audio(0, 80, b"\0" * 320)


@pytest.fixture(scope="module")
def subtree() -> Iterator[Subtree]:
    try:
        found = cgroup.prepare(cgroup.find(os.environ.get("APPLIANCE_TEST_CGROUP", "")))
        launch.try_join(found)
    except SandboxError as error:
        absent(f"no delegated cgroup v2 subtree: {error.message}")
    yield found
    assert cgroup.clean(Path(found.path)) == []


both_walls = pytest.mark.parametrize("confinement", ["namespaces", "landlock"])


@pytest.mark.cgroup2
def test_every_limit_takes_effect(subtree: Subtree) -> None:
    need(subtree, *cgroup.CONTROLLERS)
    group = Group.create(subtree, "wake", itertools.count(1), LIMITS)
    wanted = cgroup.settings(LIMITS)
    assert group.applied == set(wanted)
    assert {name: (group.path / name).read_text().strip() for name in wanted} == wanted
    assert asyncio.run(group.remove())


@pytest.mark.cgroup2
def test_a_group_is_joined_killed_and_removed(subtree: Subtree) -> None:
    group = Group.create(subtree, "wake", itertools.count(1), LIMITS)
    with inside(group, "print('up', flush=True); import time; time.sleep(60)") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        assert group.populated()
        assert str(process.pid) in Path(group.procs).read_text().split()
        assert asyncio.run(group.remove())
    assert process.returncode != 0
    assert not group.path.exists()


@pytest.mark.cgroup2
def test_a_successor_does_not_inherit_the_kill(subtree: Subtree) -> None:
    group = Group.create(subtree, "wake", itertools.count(1), LIMITS)
    with inside(group, "import time; print('up', flush=True); time.sleep(60)") as process:
        assert process.stdout is not None
        process.stdout.readline()
        group.kill()
    fresh = Group.create(subtree, "wake", itertools.count(1), LIMITS)
    assert fresh.path != group.path
    with inside(fresh, "print('lives')") as process:
        assert process.communicate(timeout=60)[0] == b"lives\n"
    assert process.returncode == 0
    assert asyncio.run(fresh.remove())
    assert asyncio.run(group.remove())


@pytest.mark.cgroup2
@both_walls
def test_a_memory_bomb_dies_alone(subtree: Subtree, confinement: launch.Confinement) -> None:
    ladder = walled(subtree, confinement)

    async def scenario() -> None:
        async with running(ladder, spec("eats on audio"), spec(name="vad"), policy=PATIENT) as now:
            await now.ready()
            await now.ready(name="vad")
            neighbour = now.status("vad").pid
            now.supervisor.send("wake", AUDIO)
            assert await now.failed() == "used more memory than its limit"
            assert "limits.wake.memory_max_mb" in now.status().hint
            await now.ready(times=2)
            assert now.status("vad").pid == neighbour
            assert now.status("vad").restarts == 0

    asyncio.run(scenario())
    assert groups_left(subtree) == []


@pytest.mark.cgroup2
@both_walls
def test_pids_max_holds_a_fork_bomb(subtree: Subtree, confinement: launch.Confinement) -> None:
    ladder = walled(subtree, confinement)

    async def scenario() -> None:
        async with running(ladder, spec("forks on audio"), spec(name="vad"), policy=PATIENT) as now:
            await now.ready()
            await now.ready(name="vad")
            group = Path(now.status().cgroup)
            now.supervisor.send("wake", AUDIO)
            await now.until_soon(lambda: counted(group, "pids.events")["max"] > 0)
            tasks = (group / "cgroup.threads").read_text().split()
            assert len(tasks) <= cgroup.tasks_max(now.status().limits)
            assert now.status().restarts == now.status("vad").restarts == 0

    asyncio.run(scenario())
    # The bomb's many processes died with their group, also where no process namespace holds them.
    assert groups_left(subtree) == []


@pytest.mark.cgroup2
def test_memory_max_kills_the_whole_group_and_is_told(subtree: Subtree) -> None:
    need(subtree, "memory")
    small = msgspec.structs.replace(LIMITS, memory_max_mb=32, memory_high_mb=32)
    group = Group.create(subtree, "wake", itertools.count(1), small)
    code = """
import os, time
if os.fork() == 0:
    time.sleep(60)
kept = [bytearray(b"x" * 1_000_000) for _ in range(60)]
"""
    with inside(group, code) as process:
        process.communicate(timeout=60)
    # memory.oom.group: bubblewrap outside the process namespace and the sleeping child went as well.
    assert process.returncode == -signal.SIGKILL
    assert counted(group.path, "memory.events")["oom_group_kill"] == 1
    assert group.out_of_memory()
    until(lambda: not group.populated())
    assert asyncio.run(group.remove())


@pytest.mark.cgroup2
def test_memory_high_slows_and_does_not_kill(subtree: Subtree) -> None:
    need(subtree, "memory")
    limits = msgspec.structs.replace(LIMITS, memory_max_mb=64, memory_high_mb=24)
    group = Group.create(subtree, "wake", itertools.count(1), limits)
    with inside(group, "kept = bytearray(b'x' * 25_000_000); print('lives')", limits=limits) as process:
        said, _ = process.communicate(timeout=60)
    assert said == b"lives\n"
    assert counted(group.path, "memory.events")["high"] > 0
    assert not group.out_of_memory()
    assert asyncio.run(group.remove())


@pytest.mark.cgroup2
def test_cpu_max_throttles(subtree: Subtree) -> None:
    need(subtree, "cpu")
    group = Group.create(subtree, "wake", itertools.count(1), LIMITS)
    with inside(
        group, "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    ) as process:
        process.communicate(timeout=60)
    stat = counted(group.path, "cpu.stat")
    assert stat["nr_throttled"] > 0
    assert stat["throttled_usec"] > 0
    assert asyncio.run(group.remove())


@pytest.mark.cgroup2
def test_stages_live_in_fresh_groups(subtree: Subtree) -> None:
    async def scenario() -> None:
        async with running(Ladder("full", "namespaces", subtree), spec()) as now:
            await now.ready()
            first = Path(now.status().cgroup)
            assert first.name == "wake.1"
            os.kill(now.status().pid or 0, 9)
            await now.ready(times=2)
            assert Path(now.status().cgroup).name == "wake.2"
            await now.until_soon(lambda: not first.exists())
            now.supervisor.send("wake", messages.Stop())

    asyncio.run(scenario())
    assert groups_left(subtree) == []


@pytest.mark.cgroup2
@both_walls
def test_the_inside_can_neither_read_nor_change_groups(
    subtree: Subtree, confinement: launch.Confinement
) -> None:
    walled(subtree, confinement)
    group = Group.create(subtree, "wake", itertools.count(1), LIMITS)
    with inside(group, ESCAPES.format(own=str(group.path)), confinement) as process:
        said, _ = process.communicate(timeout=60)
    assert said == b"57 tried\n"
    assert asyncio.run(group.remove())


@pytest.mark.cgroup2
def test_the_inside_sees_no_groups(subtree: Subtree) -> None:
    group = Group.create(subtree, "wake", itertools.count(1), LIMITS)
    code = "import os; print(os.path.exists('/sys/fs/cgroup'), open('/proc/self/cgroup').read())"
    with inside(group, code) as process:
        said, _ = process.communicate(timeout=60)
    assert said.startswith(b"False")
    # Its own group is the root of what it sees.
    assert b"0::/\n" in said
    assert asyncio.run(group.remove())


@pytest.mark.cgroup2
def test_the_probe_finds_it(subtree: Subtree) -> None:
    found = rungs.probe(Config(sandbox=Sandbox(cgroup=os.environ.get("APPLIANCE_TEST_CGROUP", ""))))
    assert found.subtree == subtree
    complete = set(subtree.controllers) == set(cgroup.CONTROLLERS)
    assert (found.level in {"full", "landlock"}) == complete
    assert bool(found.reasons) != (complete and found.level == "full")


@pytest.mark.cgroup2
def test_the_highest_level_is_reached(subtree: Subtree) -> None:
    walled(subtree, "namespaces")
    found = rungs.probe(Config(sandbox=Sandbox(cgroup=os.environ.get("APPLIANCE_TEST_CGROUP", ""))))
    assert found == Ladder("full", "namespaces", subtree)
    rungs.require(found, "full")
    assert rungs.only(found, "landlock").subtree == subtree
