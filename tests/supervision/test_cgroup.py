"""Pure parts and file handling on a plain folder; the rest on a real delegated subtree (docs/sandbox.md)."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import subprocess
import sys
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

FILES = ("cgroup.procs", "cgroup.kill", "cgroup.events", *cgroup.settings(LIMITS))


def test_settings_are_in_the_kernels_units() -> None:
    assert cgroup.settings(LIMITS) == {
        "memory.max": "67108864",
        "memory.high": "50331648",
        "memory.swap.max": "0",
        "memory.oom.group": "1",
        "cpu.max": "50000 100000",
        "cpu.weight": "300",
        "pids.max": "12",
    }


def test_high_is_never_above_max() -> None:
    upside_down = msgspec.structs.replace(LIMITS, memory_high_mb=999)
    assert cgroup.settings(upside_down)["memory.high"] == "67108864"


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("0::/system.slice/appliance.service/supervisor\n", "/system.slice/appliance.service/supervisor"),
        ("8:pids:/\n4:memory:/x\n0::/\n", "/"),
        ("8:pids:/\n", None),
        ("", None),
    ],
)
def test_our_own_group(text: str, own: str | None) -> None:
    assert cgroup.own_group(text) == own


MOUNTS = (
    "24 30 0:22 / /proc rw - proc proc rw\n",
    "31 24 0:27 / /sys/fs/cgroup/unified rw,nosuid - cgroup2 cgroup2 rw\n",
    "31 24 0:27 /docker/x /sys/fs/my\\040cgroup rw shared:4 - cgroup2 cgroup rw\n",
)


def test_the_mount_is_found_in_every_form() -> None:
    assert cgroup.mount_of(MOUNTS[0] + MOUNTS[1]) == ("/sys/fs/cgroup/unified", "/")
    assert cgroup.mount_of(MOUNTS[2]) == ("/sys/fs/my cgroup", "/docker/x")
    assert cgroup.mount_of(MOUNTS[0]) is None
    assert cgroup.mount_of("nonsense\n\n - \n") is None


def fake_proc(folder: Path, own: str, mount: Path) -> Path:
    (folder / "self").mkdir(parents=True)
    (folder / "self/cgroup").write_text(f"0::{own}\n")
    (folder / "self/mountinfo").write_text(f"31 24 0:27 / {mount} rw - cgroup2 cgroup2 rw\n")
    return folder


def test_a_delegated_group_is_found_by_systemds_mark(tmp_path: Path) -> None:
    service = tmp_path / "cg/system.slice/appliance.service"
    (service / cgroup.LEAF).mkdir(parents=True)
    try:
        os.setxattr(service, "user.delegate", b"1")
    except OSError:
        pytest.skip("this file system keeps no user attributes")
    for number, own in enumerate(
        ("/system.slice/appliance.service", "/system.slice/appliance.service/supervisor")
    ):
        proc = fake_proc(tmp_path / f"proc{number}", own, tmp_path / "cg")
        assert cgroup.find(proc=proc) == service


def test_a_group_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "cg/user.slice").mkdir(parents=True)
    assert not cgroup.is_delegated(tmp_path / "cg/user.slice", euid=0)
    assert cgroup.is_delegated(tmp_path, euid=tmp_path.stat().st_uid or 1) == (tmp_path.stat().st_uid != 0)
    if os.geteuid() == 0:
        with pytest.raises(SandboxError, match="not delegated"):
            cgroup.find(proc=fake_proc(tmp_path / "proc", "/user.slice", tmp_path / "cg"))


def test_a_configured_folder_must_be_a_group(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="no cgroup v2 folder"):
        cgroup.find(str(tmp_path))
    with pytest.raises(SandboxError, match="no cgroup v2 folder"):
        cgroup.find("/no/such folder")


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A folder that looks like a group with two controllers."""
    for name, content in (("controllers", "cpu pids io"), ("procs", ""), ("subtree_control", "pids")):
        (tmp_path / f"cgroup.{name}").write_text(content)
    return tmp_path


def test_only_offered_controllers_are_enabled(plain: Path) -> None:
    assert cgroup.prepare(plain) == Subtree(str(plain), ("pids", "cpu"))
    assert (plain / "cgroup.subtree_control").read_text() == "+cpu"


def test_we_move_into_a_leaf_of_our_own(plain: Path) -> None:
    (plain / "cgroup.procs").write_text(f"{os.getpid()}\n")
    (plain / cgroup.LEAF).mkdir()
    (plain / cgroup.LEAF / "cgroup.procs").write_text("")
    cgroup.prepare(plain)
    assert (plain / cgroup.LEAF / "cgroup.procs").read_text() == str(os.getpid())


def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="cannot be used"):
        cgroup.prepare(tmp_path)


def test_no_group_is_used_twice_and_missing_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "wake.1").mkdir()
    numbers = itertools.count(1)
    first = Group.create(Subtree(str(tmp_path), ("pids",)), "wake", numbers, LIMITS)
    second = Group.create(Subtree(str(tmp_path), ("pids",)), "wake", numbers, LIMITS)
    assert (first.path.name, second.path.name) == ("wake.2", "wake.3")
    assert first.applied == frozenset()
    assert not list(first.path.iterdir())
    for name in FILES:
        (first.path / name).write_text("")
    first.apply(LIMITS, ("pids", "cpu"))
    assert first.applied == {"pids.max", "cpu.max", "cpu.weight"}
    assert (first.path / "memory.max").read_text() == ""


def test_a_subtree_that_is_gone_is_one_sentence() -> None:
    with pytest.raises(SandboxError, match="no group for stage wake"):
        Group.create(Subtree("/no/such folder", ()), "wake", itertools.count(1), LIMITS)


def test_only_our_leftovers_are_removed(tmp_path: Path) -> None:
    for name in ("wake.3", "probe.77", "supervisor", "wake", "other.1", "stt.x"):
        (tmp_path / name).mkdir()
    assert cgroup.clean(tmp_path) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.1", "stt.x", "supervisor", "wake"]


def test_what_is_still_in_use_is_told(tmp_path: Path) -> None:
    (tmp_path / "wake.3").mkdir()
    (tmp_path / "wake.3/cgroup.kill").write_text("")
    assert cgroup.clean(tmp_path) == ["wake.3"]
    assert (tmp_path / "wake.3/cgroup.kill").read_text() == "1"


def test_what_the_kernel_reports_is_read(tmp_path: Path) -> None:
    group = Group(tmp_path)
    assert (group.memory_bytes(), group.out_of_memory(), group.populated()) == (None, False, False)
    (tmp_path / "memory.current").write_text("4096\n")
    (tmp_path / "memory.events").write_text("low 0\noom 1\noom_kill 1\n")
    (tmp_path / "cgroup.events").write_text("populated 1\nfrozen 0\n")
    assert (group.memory_bytes(), group.out_of_memory(), group.populated()) == (4096, True, True)
    assert not asyncio.run(group.remove(0.02))


# --- on a real subtree -----------------------------------------------------------------------------------

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


KILL_CODE = """
import sys, pathlib
from appliance.supervision import cgroup
cgroup._kill(pathlib.Path(sys.argv[1]))
print("alive")
"""


def test_a_process_without_a_number_here_is_not_ourselves(tmp_path: Path) -> None:
    """The kernel lists what lives in a foreign pid namespace as 0; kill(0) would end our own group."""
    (tmp_path / "cgroup.procs").write_text("0\n")
    done = subprocess.run(
        [sys.executable, "-c", KILL_CODE, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
        timeout=30,
    )
    assert done.stdout.strip() == "alive", done.returncode


def test_a_process_with_a_number_is_killed(tmp_path: Path) -> None:
    sleeper = subprocess.Popen(["sleep", "60"])
    (tmp_path / "cgroup.procs").write_text(f"0\n{sleeper.pid}\n")
    subprocess.run(
        [sys.executable, "-c", KILL_CODE, str(tmp_path)], check=True, start_new_session=True, timeout=30
    )
    assert sleeper.wait(10) == -9
