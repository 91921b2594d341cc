"""What a machine tells about itself, or does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.observe import machine


def test_a_machine_that_tells_nothing(tmp_path: Path) -> None:
    look = machine.look(tmp_path / "data", tmp_path)
    assert look == machine.Machine()


def test_this_machine_has_memory_and_a_disk(tmp_path: Path) -> None:
    look = machine.look(tmp_path)
    assert look.disk_free_mb is not None
    assert look.disk_free_mb > 0
    assert look.memory_percent is not None
    assert 0 < look.memory_percent < 100


def test_the_processor_s_sensor_is_taken(tmp_path: Path) -> None:
    for number, (name, value) in enumerate(
        [("acpitz", "27800"), ("x86_pkg_temp", "51000"), ("nvme", "90000")]
    ):
        zone = tmp_path / f"thermal_zone{number}"
        zone.mkdir()
        (zone / "type").write_text(f"{name}\n")
        (zone / "temp").write_text(f"{value}\n")
    assert machine.temperature(tmp_path) == 51.0


@pytest.mark.parametrize("value", ["", "-300000", "nonsense", "999999999", "1e5"])
def test_an_impossible_temperature_is_none(tmp_path: Path, value: str) -> None:
    zone = tmp_path / "thermal_zone0"
    zone.mkdir()
    (zone / "type").write_text("cpu\n")
    (zone / "temp").write_text(value)
    assert machine.temperature(tmp_path) is None


def test_memory_and_pressure(tmp_path: Path) -> None:
    file = tmp_path / "meminfo"
    file.write_text("MemTotal:        8000 kB\nMemFree:  1 kB\nMemAvailable:    2000 kB\n")
    assert machine.memory(file) == 75.0
    assert machine.memory_used(file) == 6000 / 1024
    file.write_text(
        "some avg10=0.00 avg60=1.53 avg300=0.20 total=1\nfull avg10=0.00 avg60=9.00 avg300=0 total=1\n"
    )
    assert machine.pressure(file) == 1.53


def test_how_busy_it_is(tmp_path: Path) -> None:
    file = tmp_path / "loadavg"
    assert machine.load(file) is None
    file.write_text("0.52 0.58 0.59 1/389 12345\n")
    assert machine.load(file) == 0.52


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200))
def test_no_content_whatever_raises(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    for read in (machine.memory, machine.memory_used, machine.pressure, machine.load):
        value = read(file)
        assert value is None or value >= 0


def test_a_folder_that_takes_no_files(tmp_path: Path) -> None:
    assert machine.writable(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert not machine.writable(tmp_path / "gone")
    (tmp_path / machine.PROBE).mkdir()
    assert not machine.writable(tmp_path)
