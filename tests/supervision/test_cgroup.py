"""Pure parts, and file handling on a plain folder; limits on a real kernel are in test_cgroup_limits."""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from appliance.errors import SandboxError
from appliance.supervision import cgroup
from appliance.supervision.cgroup import Group, Subtree
from tests.supervision.groups import (
    LIMITS,
)

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
