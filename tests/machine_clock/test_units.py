"""The units and settings that keep time and look after the disk, as systemd reads them."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import ROOT

UNITS = (
    "appliance-clock.service", "appliance-clock-save.service", "appliance-clock-save.timer",
    "appliance-health.service", "appliance-health.timer", "appliance-selftest.service",
)  # fmt: skip
NOT_OURS = ("Unknown key 'DelegateSubgroup'", "Failed to parse service type, ignoring: notify-reload",
            "Unknown key 'Restart", "is not executable")  # fmt: skip
"""What an older systemd than the image's does not know, and what is not installed here."""


CALL = r"^Exec\w+=/opt/appliance/bin/python -m (.+)$"


class Unit(configparser.RawConfigParser):
    """A unit file: keys keep their case, and may come more than once."""

    def __init__(self, path: Path) -> None:
        super().__init__(strict=False, comment_prefixes=("#",), delimiters=("=",), interpolation=None)
        self.optionxform = str  # type: ignore[assignment,method-assign]
        self.read_string(path.read_text(encoding="utf-8"))


def unit(name: str) -> Unit:
    return Unit(ROOT / "systemd" / name)


@pytest.mark.parametrize("name", UNITS)
def test_systemd_reads_it(name: str, tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed: apt install systemd")
    copied = tmp_path / name
    # A copy whose programs exist here: what is checked is the unit.
    text = (ROOT / "systemd" / name).read_text(encoding="utf-8")
    copied.write_text(re.sub(r"^(Exec\w+=)/opt/appliance/bin/\S+", r"\1/bin/true", text, flags=re.MULTILINE))
    for other in (ROOT / "systemd").glob("appliance*"):
        if other.is_file() and other.name != name:
            (tmp_path / other.name).write_text(other.read_text(encoding="utf-8"))
    environment = os.environ | {"SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
    done = subprocess.run(
        [program, "verify", "--recursive-errors=no", "--man=no", str(copied)],
        env=environment, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    complaints = [line for line in done.stderr.splitlines() if name in line]
    assert [line for line in complaints if not any(each in line for each in NOT_OURS)] == []


def modules() -> list[tuple[str, str]]:
    """(unit, module and arguments) of every call of our own Python."""
    found = []
    for name in UNITS:
        text = (ROOT / "systemd" / name).read_text(encoding="utf-8")
        found += [(name, each) for each in re.findall(CALL, text, re.MULTILINE)]
    return found


@pytest.mark.parametrize(("name", "call"), modules())
def test_what_a_unit_calls_exists(name: str, call: str) -> None:
    module, *arguments = call.split()
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments, "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{name}: {done.stderr}"


def test_the_clock_is_right_before_anybody_asks() -> None:
    clock = unit("appliance-clock.service")
    assert "time-set.target" in clock["Unit"]["Before"].split()
    assert "data.mount" in clock["Unit"]["After"].split()
    assert clock["Service"]["RemainAfterExit"] == "yes", "or ExecStop would come at boot, not at shutdown"
    assert clock["Service"]["ExecStop"].endswith("machine_clock save")
    assert "shutdown.target" in clock["Unit"]["Conflicts"].split()
    assert "shutdown.target" in clock["Unit"]["Before"].split()
    assert clock["Service"]["CapabilityBoundingSet"] == "CAP_SYS_TIME"
    assert clock["Service"].get("ProtectClock", "no") == "no"


def test_the_time_is_written_down_at_least_hourly() -> None:
    timer = unit("appliance-clock-save.timer")["Timer"]
    assert timer["OnUnitActiveSec"] == "1h"
    assert "OnCalendar" not in timer, "the wall clock may jump"


def test_the_self_test_cannot_be_heard_or_starve_the_appliance() -> None:
    service = unit("appliance-selftest.service")["Service"]
    assert "DeviceAllow" not in service
    assert service["DevicePolicy"] == "closed"
    assert "SupplementaryGroups" not in service
    assert service["MemoryMax"] == "1G"
    assert service["MemorySwapMax"] == "0"
    own = int(service["ExecStart"].rpartition("--timeout ")[2])
    assert int(service["TimeoutStartSec"]) > own, "its own time comes first"


def test_the_preset_names_units_that_there_are() -> None:
    lines = (ROOT / "systemd/preset/80-health.preset").read_text(encoding="utf-8").splitlines()
    named = [line.split()[1] for line in lines if line.startswith("enable ")]
    ours = [name for name in named if name.startswith("appliance")]
    assert all((ROOT / "systemd" / name).is_file() for name in ours)
    timers = [name for name in UNITS if unit(name).has_section("Install")]
    assert sorted(ours) == sorted(timers)


@pytest.mark.parametrize(
    ("path", "section", "key", "value"),
    [
        ("timesyncd.conf.d/60-appliance.conf", "Time", "SaveIntervalSec", "1h"),
        ("journald.conf.d/60-appliance.conf", "Journal", "Storage", "volatile"),
    ],
)
def test_nothing_is_written_each_minute(path: str, section: str, key: str, value: str) -> None:
    assert Unit(ROOT / "etc/systemd" / path)[section][key] == value
