"""What a self test takes from its machine, and what it leaves."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from appliance.errors import ControlError
from appliance.selftest import surroundings

SLEEP = [sys.executable, "-c", "import sys; print('up', flush=True); sys.stdin.read()"]


@pytest.mark.parametrize(
    ("text", "megabytes"),
    [
        ("MemTotal: 4096 kB\nMemAvailable:    2048 kB\n", 2.0),
        ("MemTotal: 4096 kB\n", None),
        ("MemAvailable: many kB\n", None),
        ("", None),
    ],
)
def test_memory_that_is_free(tmp_path: Path, text: str, megabytes: float | None) -> None:
    (tmp_path / "meminfo").write_text(text)
    assert surroundings.available_mb(tmp_path / "meminfo") == megabytes


def test_memory_without_a_kernel_that_tells(tmp_path: Path) -> None:
    assert surroundings.available_mb(tmp_path / "none") is None
    assert surroundings.available_mb() is not None


def mountinfo(path: Path, *mounts: tuple[str, str]) -> Path:
    lines = [f"{n} 1 0:{n} / {place} rw - {kind} none rw" for n, (place, kind) in enumerate(mounts)]
    path.write_text("\n".join([*lines, "garbage", "1 2 -"]))
    return path


def test_temporary_data_lies_in_memory_where_there_is_some(tmp_path: Path) -> None:
    memory = tmp_path / "memory"
    memory.mkdir()
    mounts = mountinfo(tmp_path / "mounts", ("/", "ext4"), (str(memory), "tmpfs"))
    assert surroundings.folder_in_memory((memory,), mounts) == memory
    assert surroundings.folder_in_memory((memory / "gone",), mounts) == Path(tempfile.gettempdir())
    disk = mountinfo(tmp_path / "mounts", ("/", "ext4"))
    assert surroundings.folder_in_memory((memory,), disk) == Path(tempfile.gettempdir())
    assert surroundings.folder_in_memory((memory,), tmp_path / "none") == Path(tempfile.gettempdir())


def test_one_at_a_time(tmp_path: Path) -> None:
    with (
        surroundings.alone(tmp_path),
        pytest.raises(ControlError, match="already"),
        surroundings.alone(tmp_path),
    ):
        raise AssertionError("two at once")
    with surroundings.alone(tmp_path):
        assert list(tmp_path.iterdir()) == []


def test_without_a_data_directory_there_is_nobody_to_wait_for(tmp_path: Path) -> None:
    with surroundings.alone(tmp_path / "none"):
        assert not (tmp_path / "none").exists()


def test_it_steps_back() -> None:
    program = (
        "import os; from appliance.selftest.surroundings import step_back; step_back(); "
        "print(os.nice(0), open('/proc/self/oom_score_adj').read())"
    )
    before = os.nice(0)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    nice, score = map(int, done.stdout.split())
    assert nice == min(19, before + surroundings.NICE)
    assert score == surroundings.OOM_SCORE


async def test_what_goes_on_running_is_found() -> None:
    before = surroundings.descendants(os.getpid())
    child = subprocess.Popen(  # noqa: ASYNC220 - at once
        SLEEP, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert child.stdout is not None
        child.stdout.readline()
        assert surroundings.descendants(os.getpid()) - before == {child.pid}
    finally:
        child.communicate()
    assert await surroundings.still_running(before) == set()


def test_who_only_waits_to_be_buried_does_not_run(tmp_path: Path) -> None:
    for pid, state, parent in ((10, "S", 1), (11, "Z", 10), (12, "R", 10), (13, "S", 12)):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "stat").write_text(f"{pid} (a) b) {state} {parent} 0")
    (tmp_path / "14").mkdir()
    (tmp_path / "self").mkdir()
    assert surroundings.descendants(10, tmp_path) == {12, 13}
