"""Memory of real processes, and of groups and processes as files show them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.budget import measure
from appliance.budget.measure import MB, Measured

EATS = "import sys; kept = bytearray(b'x') * (60 * 1024 * 1024); print('ready', flush=True); sys.stdin.read()"
FREES = EATS.replace("; print", "; del kept; print")


def eating(program: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def test_what_a_process_holds() -> None:
    with eating(EATS) as process:
        found = measure.process(process.pid)
        process.kill()
    assert found is not None
    assert 60 <= found.now_mb <= 90
    assert found.peak_mb is not None
    assert found.peak_mb >= found.now_mb


def test_what_it_held_is_remembered() -> None:
    with eating(FREES) as process:
        found = measure.process(process.pid)
        process.kill()
    assert found is not None
    assert found.now_mb < 60
    assert found.peak_mb is not None
    assert found.peak_mb >= 60


def test_a_process_that_is_gone() -> None:
    with eating("print('ready', flush=True)") as process:
        process.wait()
    assert measure.process(process.pid) is None
    assert measure.tree(process.pid) is None


def test_a_tree_is_more_than_its_root() -> None:
    with eating(EATS) as process:
        whole, own = measure.tree(os.getpid()), measure.process(os.getpid())
        process.kill()
    assert whole is not None
    assert own is not None
    assert whole.now_mb >= own.now_mb + 55


def put(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def test_a_group_without_its_cold_files(tmp_path: Path) -> None:
    folder = put(
        tmp_path / "llm.1",
        memory__current=f"{900 * MB}\n",
        memory__peak=f"{950 * MB}\n",
        memory__stat=f"anon 5\ninactive_file {100 * MB}\nactive_file 7\n",
    )
    assert measure.group(folder) == Measured(800.0, 950.0, "group")
    (folder / "memory.peak").unlink()
    assert measure.group(folder) == Measured(800.0, None, "group")
    assert measure.group(put(tmp_path / "empty")) is None


STATUS = "Name:\tx\nPPid:\t{parent}\nVmHWM:\t  50000 kB\nVmRSS:\t  40000 kB\n"


def test_without_proportional_memory_the_resident_counts(tmp_path: Path) -> None:
    put(tmp_path / "7", status=STATUS.format(parent=1))
    assert measure.process(7, tmp_path) == Measured(39.1, 48.8, "rss")
    put(tmp_path / "7", smaps_rollup="00-ff ---p [rollup]\nRss: 40000 kB\nPss:  30000 kB\nPss_Anon: 1 kB\n")
    assert measure.process(7, tmp_path) == Measured(29.3, 39.1, "pss")


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([], None),
        ([None], None),
        ([Measured(1.0, 2.0), None, Measured(3.0, 4.0)], Measured(4.0, 6.0)),
        ([Measured(1.0, 2.0), Measured(3.0, None)], Measured(4.0, None)),
        ([Measured(1.0, 2.0), Measured(3.0, 4.0, "rss")], Measured(4.0, 6.0, "rss")),
    ],
)
def test_together(parts: list[Measured | None], whole: Measured | None) -> None:
    assert measure.together(parts) == whole


def test_a_stage_as_the_status_shows_it(tmp_path: Path) -> None:
    assert measure.stage({"pid": None, "cgroup": ""}) is None
    assert measure.stage({"pid": True}) is None
    found = measure.stage({"pid": os.getpid(), "cgroup": str(tmp_path)})
    assert found is not None
    assert found.source != "group", "only the kernel's own folders are believed"


def test_the_supervisor_is_found_behind_the_walls(tmp_path: Path) -> None:
    put(tmp_path / "40", status=STATUS.format(parent=30))
    put(tmp_path / "30", status=STATUS.format(parent=20), cmdline="bwrap\0python\0-m\0appliance.stages\0")
    put(tmp_path / "20", status=STATUS.format(parent=1), cmdline="python\0appliance\0run\0")
    assert measure.supervisor_of(40, tmp_path) == 20
    assert measure.supervisor_of(20, tmp_path) is None
    assert measure.supervisor_of(99, tmp_path) is None


def test_others_below_the_supervisor() -> None:
    """A process whose command line says that it is the web part; another says nothing of the kind."""
    lines = [[sys.executable, "-c", EATS, word] for word in ("appliance.web", "something else")]
    before = measure.others(os.getpid(), [None])  # brokers and pages of other tests of this process
    started = [subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for line in lines]
    try:
        for process in started:
            assert process.stdout is not None
            process.stdout.readline()
        found = measure.others(os.getpid(), [None])
        staged = measure.others(os.getpid(), [started[0].pid])
    finally:
        for process in started:
            process.kill()
            process.communicate()
    held_mb = before["web"].now_mb if "web" in before else 0.0
    assert set(found) == {*before, "web"}
    assert 60 <= found["web"].now_mb - held_mb <= 90
    assert set(staged) == set(before), "what belongs to a stage is counted there"
