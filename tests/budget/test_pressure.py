"""What the kernel tells of memory, from files in its format, good and bad."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.budget import pressure
from appliance.budget.relief import Pressure

PSI = "some avg10={} avg60=1.00 avg300=2.00 total=27954265\nfull avg10=9.00 avg60=0.00 avg300=0.00 total=1\n"
MEMINFO = "MemTotal:        4000000 kB\nMemFree:          100000 kB\nMemAvailable:     500000 kB\n"


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        (PSI.format("0.00"), 0.0),
        (PSI.format("34.51"), 34.51),
        (PSI.format("250.00"), 100.0),
        ("some avg60=3.00 avg10=4.00 total=1\n", 4.0),
        ("full avg10=9.00 avg60=0.00\n", None),
        ("some avg10=x\n", None),
        ("", None),
    ],
)
def test_stalled(tmp_path: Path, text: str, percent: float | None) -> None:
    assert pressure.stalled(written(tmp_path / "memory.pressure", text)) == percent


@given(st.binary(max_size=300))
def test_anything_can_be_read(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "anything"
    file.write_bytes(content)
    for found in (pressure.stalled(file), pressure.available(file)):
        assert found is None or 0.0 <= found <= 100.0


def test_the_worse_of_group_and_machine(tmp_path: Path) -> None:
    group = written(tmp_path / "group/memory.pressure", PSI.format("3.00")).parent
    machine = written(tmp_path / "root/proc/pressure/memory", PSI.format("12.00"))
    assert pressure.look("", str(group), tmp_path / "root") == Pressure(12.0, None, str(machine))
    machine.write_text(PSI.format("1.00"))
    assert pressure.look("", str(group), tmp_path / "root").stalled_percent == 3.0
    assert pressure.look("", "", tmp_path / "root").stalled_percent == 1.0


def test_a_given_file_alone(tmp_path: Path) -> None:
    given_file = written(tmp_path / "mine", PSI.format("50.00"))
    written(tmp_path / "root/proc/pressure/memory", PSI.format("99.00"))
    assert pressure.look(str(given_file), "", tmp_path / "root") == Pressure(50.0, None, str(given_file))
    given_file.unlink()
    assert pressure.look(str(given_file), "", tmp_path / "root").stalled_percent is None


def test_available_without_pressure(tmp_path: Path) -> None:
    written(tmp_path / "proc/meminfo", MEMINFO)
    found = pressure.look("", str(tmp_path / "no group"), tmp_path)
    assert found == Pressure(None, 12.5, str(tmp_path / "proc/meminfo"))
    assert pressure.look("", "", tmp_path / "nothing").available_percent is None


def test_this_machine() -> None:
    found = pressure.look("", "")
    assert found.stalled_percent is not None or found.available_percent is not None
