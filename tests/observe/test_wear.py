"""What disks say about their wear, in the shapes of smartctl's documentation, and when that is a problem."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.observe import wear
from appliance.observe.wear import MAX_BYTES, MAX_DRIVES, RULES, Drive, Look, Storage, WearAlerts

NVME: dict[str, Any] = {
    "json_format_version": [1, 0],
    "smartctl": {"version": [7, 4], "exit_status": 0},
    "device": {"name": "/dev/nvme0", "type": "nvme", "protocol": "NVMe"},
    "model_name": "Example NVMe 256GB",
    "serial_number": "S3CR3T",
    "smart_support": {"available": True, "enabled": True},
    "smart_status": {"passed": True, "nvme": {"value": 0}},
    "nvme_smart_health_information_log": {
        "critical_warning": 0, "temperature": 41, "available_spare": 100, "available_spare_threshold": 10,
        "percentage_used": 3, "data_units_read": 1000, "data_units_written": 2_000_000, "media_errors": 0,
        "num_err_log_entries": 12,
    },
    "temperature": {"current": 41},
    "power_on_time": {"hours": 1200},
}  # fmt: skip
SATA: dict[str, Any] = {
    "device": {"name": "/dev/sda", "type": "sat", "protocol": "ATA"},
    "model_name": "Example SSD 120GB",
    "smart_status": {"passed": True},
    "ata_smart_attributes": {
        "revision": 1,
        "table": [
            {"id": 5, "name": "Reallocated_Sector_Ct", "value": 100, "raw": {"value": 4, "string": "4"}},
            {"id": 177, "name": "Wear_Leveling_Count", "value": 88, "raw": {"value": 60, "string": "60"}},
            {"id": 194, "name": "Temperature_Celsius", "value": 66, "raw": {"value": 34, "string": "34"}},
            {"id": 197, "name": "Current_Pending_Sector", "value": 100, "raw": {"value": 2, "string": "2"}},
            {"id": 241, "name": "Total_LBAs_Written", "value": 99, "raw": {"value": 2_000_000_000}},
        ],
    },
    "temperature": {"current": 34},
}
NEWER = {"smart_status": {"passed": False}, "endurance_used": {"current_percent": 97},
         "spare_available": {"current_percent": 5, "threshold_percent": 10}}  # fmt: skip
DENIED = {
    "smartctl": {"exit_status": 2, "messages": [{"string": "Permission denied", "severity": "error"}]},
    "device": {"name": "/dev/sda", "type": "scsi"},
}
GOOD = Drive("nvme0n1", "nvme", "Example", passed=True, used_percent=3.0, temperature_c=40.0)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=20,
)


def smart(name: str, said: Any) -> Drive | None:
    return wear.from_smartctl(name, msgspec.json.encode(said))


def test_an_nvme_disk() -> None:
    assert smart("nvme0n1", NVME) == Drive(
        "nvme0n1", "nvme", "Example NVMe 256GB", passed=True, used_percent=3.0, spare_percent=100.0,
        spare_limit_percent=10.0, bad_blocks=0, temperature_c=41.0, written_mb=1_024_000.0,
    )  # fmt: skip


def test_a_sata_disk() -> None:
    assert smart("sda", SATA) == Drive(
        "sda", "ata", "Example SSD 120GB", passed=True, used_percent=12.0, bad_blocks=2, temperature_c=34.0,
        written_mb=1_024_000.0,
    )  # fmt: skip


def test_the_keys_of_newer_versions_come_first() -> None:
    drive = smart("sda", SATA | NEWER)
    assert drive is not None
    assert (drive.used_percent, drive.spare_percent, drive.spare_limit_percent) == (97.0, 5.0, 10.0)
    assert drive.passed is False


def test_a_serial_number_is_not_kept() -> None:
    assert b"S3CR3T" not in msgspec.json.encode(smart("nvme0n1", NVME))


@pytest.mark.parametrize("said", [DENIED, {}, [], "x", 3, None, {"smart_status": [], "device": 4}])
def test_a_disk_that_says_nothing(said: Any) -> None:
    assert smart("sda", said) is None


@pytest.mark.parametrize("raw", [b"", b"\xff", b"{", b"[" * 100_000, b" " * 300_000])
def test_what_is_no_json(raw: bytes) -> None:
    assert wear.from_smartctl("sda", raw) is None


@given(
    st.dictionaries(
        st.sampled_from([*NVME, *SATA, *NEWER]),
        JSON | st.dictionaries(st.sampled_from(["passed", "table", "current", "percentage_used"]), JSON),
    )
)
def test_whatever_a_disk_says_can_be_judged(said: dict[str, Any]) -> None:
    drive = smart("sda", said)
    if drive is not None:
        look = Look(wear.parse(msgspec.json.encode(Storage(1.0, (drive,)))))
        assert look.storage is not None
        assert all(wear.wrong(look, name) is not None for name in ("disk",))


@pytest.mark.parametrize(
    ("facts", "drive"),
    [
        ({"type": "MMC\n", "name": "AJTD4R\n", "life_time": "0x01 0x02\n", "pre_eol_info": "0x01\n"},
         Drive("mmcblk0", "emmc", "AJTD4R", used_percent=20.0, pre_eol=1)),
        ({"type": "MMC", "life_time": "0x0B 0x05", "pre_eol_info": "0x03"},
         Drive("mmcblk0", "emmc", used_percent=110.0, pre_eol=3)),
        ({"type": "MMC", "life_time": "0x00 0x00", "pre_eol_info": "0x00"}, Drive("mmcblk0", "emmc")),
        ({"type": "MMC", "life_time": "0xff", "pre_eol_info": "bad"}, Drive("mmcblk0", "emmc")),
        ({"type": "MMC"}, Drive("mmcblk0", "emmc")),
        ({"type": "SD\n", "name": "SC64G\n"}, Drive("mmcblk0", "sd", "SC64G", written_mb=1.024)),
        ({"type": "SDIO"}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_cards(facts: dict[str, str], drive: Drive | None) -> None:
    assert wear.from_mmc("mmcblk0", facts, 2_000.0) == drive


@pytest.mark.parametrize(
    ("drive", "complaint"),
    [
        (GOOD, ""),
        (Drive("sda", "ata", "Old", passed=False), "sda (Old) says that it is failing"),
        (Drive("sda", "ata", used_percent=90.0), "sda has used up 90 % of its life"),
        (Drive("sda", "ata", used_percent=89.9), ""),
        (Drive("nvme0n1", "nvme", spare_percent=10.0, spare_limit_percent=10.0), "10 % of its spare"),
        (Drive("nvme0n1", "nvme", spare_percent=11.0, spare_limit_percent=10.0), ""),
        (Drive("mmcblk0", "emmc", pre_eol=2), "80 % of its spare blocks are used"),
        (Drive("mmcblk0", "emmc", pre_eol=1), ""),
        (Drive("sda", "ata", bad_blocks=2), "2 blocks that cannot be read"),
        (Drive("mmcblk0", "sd", written_mb=1e9), ""),
    ],
)
def test_what_is_worth_a_warning(drive: Drive, complaint: str) -> None:
    reasons = wear.wrong(Look(Storage(1.0, (drive,))), "disk")
    assert reasons is not None
    assert (complaint in reasons[0]) if complaint else reasons == []


@pytest.mark.parametrize(
    ("look", "name", "reasons"),
    [
        (Look(), "disk", None),
        (Look(), "space", None),
        (Look(), "temperature", None),
        (Look(), "unheard of", None),
        (Look(free_mb=499.0), "space", ["only 499 MB are free"]),
        (Look(free_mb=500.0), "space", []),
        (Look(processor_c=81.0), "temperature", ["the processor is at 81 °C"]),
        (Look(processor_c=80.0), "temperature", []),
        (Look(Storage(1.0, (Drive("sda", "ata", temperature_c=71.0),))), "temperature", ["sda is at 71 °C"]),
        (Look(Storage(1.0, (GOOD,)), processor_c=50.0), "temperature", []),
    ],
)
def test_space_and_temperature(look: Look, name: str, reasons: list[str] | None) -> None:
    assert wear.wrong(look, name) == reasons


def states(alerts: WearAlerts, look: Look, now: float) -> dict[str, bool]:
    notices = alerts.take(look, now)
    assert all(bool(each.reason) == bool(each.hint) == each.on for each in notices)
    return {each.name: each.on for each in notices}


def test_a_worn_disk_is_told_at_once_and_heat_when_it_stays() -> None:
    alerts = WearAlerts()
    bad = Look(Storage(1.0, (Drive("sda", "ata", passed=False),)), processor_c=90.0, free_mb=900.0)
    assert states(alerts, bad, 0.0) == {"disk": True, "space": False, "temperature": False}
    late = [states(alerts, bad, float(now)) for now in range(15, 315, 15)]
    assert late[-1]["temperature"]
    assert not late[0]["temperature"]
    cool = Look(Storage(2.0, (GOOD,)), processor_c=50.0, free_mb=900.0)
    cooled = [states(alerts, cool, float(now)) for now in range(315, 400, 15)]
    assert cooled[-1] == dict.fromkeys(RULES, False)
    assert cooled[0]["temperature"]


def test_what_is_not_known_raises_nothing() -> None:
    alerts = WearAlerts()
    assert not any(any(states(alerts, Look(), float(now)).values()) for now in range(0, 2_000, 30))


def test_the_file_of_the_probe(tmp_path: Path) -> None:
    storage = Storage(12.0, (GOOD, Drive("mmcblk0", "sd")))
    path = tmp_path / "storage.json"
    path.write_bytes(msgspec.json.encode(storage))
    assert wear.read(path) == storage
    assert wear.read(tmp_path / "none") is None
    assert wear.read(tmp_path) is None


def test_a_file_that_others_wrote_is_cleaned() -> None:
    loud = Drive("sda\x1b[31m" * 20, "ata", "evil\nmodel\x00")
    storage = wear.parse(msgspec.json.encode(Storage(1.0, (loud,) * 100)))
    assert storage is not None
    assert len(storage.drives) == MAX_DRIVES
    assert all(each.name.isprintable() and len(each.name) <= wear.MAX_TEXT for each in storage.drives)
    assert storage.drives[0].model == "evil model"


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b"[1]", b"\xff", b" " * (MAX_BYTES + 1), b'{"boot_s":1,"drives":[{}]}']
)
def test_a_file_that_is_none(raw: bytes) -> None:
    assert wear.parse(raw) is None
