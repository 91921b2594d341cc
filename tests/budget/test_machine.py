"""What a machine is, from the files of several."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.budget import machine


def put(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


MEMORY = "MemTotal:        4042360 kB\nMemFree: 1 kB\n"


def test_a_raspberry_pi(tmp_path: Path) -> None:
    root = put(tmp_path, proc__meminfo=MEMORY)
    (root / "proc/device-tree").mkdir()
    (root / "proc/device-tree/model").write_bytes(b"Raspberry Pi 5 Model B Rev 1.0\0")
    found = machine.look(root)
    assert (found.model, found.processor, found.memory_mb) == ("Raspberry Pi 5 Model B Rev 1.0", "", 3_947)
    assert not found.limited
    assert found.cores >= 1


@pytest.mark.parametrize("product", ["Default string", "To Be Filled By O.E.M.", ""])
def test_a_mini_pc_that_has_only_a_board(tmp_path: Path, product: str) -> None:
    cpu = "processor : 0\nmodel name\t: Intel(R) N100\x1b[31m\nflags: x\nmodel name\t: other\n"
    root = put(
        tmp_path, proc__meminfo=MEMORY, proc__cpuinfo=cpu, sys__class__dmi__id__board_name="AZW MINI S\n"
    )
    (root / "sys/class/dmi/id/product_name").write_text(product)
    found = machine.look(root)
    assert (found.model, found.processor) == ("AZW MINI S", "Intel(R) N100 [31m")


def test_the_least_limit_around_us_counts(tmp_path: Path) -> None:
    root = put(
        tmp_path,
        proc__meminfo=MEMORY,
        proc__self__cgroup="1:name=x:/\n0::/system.slice/a.service/supervisor\n",
    )
    groups = root / "sys/fs/cgroup/system.slice/a.service/supervisor"
    groups.mkdir(parents=True)
    (groups / "memory.max").write_text("max\n")
    assert machine.limit_mb(root) is None
    (groups.parent / "memory.max").write_text(f"{2_000 * machine.MB}\n")
    (groups.parent.parent / "memory.max").write_text(f"{3_000 * machine.MB}\n")
    found = machine.look(root)
    assert (found.memory_mb, found.limited, machine.memory_mb(root)) == (2_000, True, 2_000)
    (groups.parent / "memory.max").write_text(f"{9_000 * machine.MB}\n")
    (groups.parent.parent / "memory.max").write_text("max\n")
    assert (machine.look(root).memory_mb, machine.memory_mb(root)) == (3_947, 3_947)


def test_nothing_is_known_of_an_empty_folder(tmp_path: Path) -> None:
    found = machine.look(tmp_path)
    assert (found.model, found.processor, found.memory_mb) == ("", "", 0)
    assert machine.memory_mb(tmp_path) == 0


def test_this_machine() -> None:
    assert machine.look().memory_mb == machine.memory_mb() > 0
