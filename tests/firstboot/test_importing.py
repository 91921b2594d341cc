from __future__ import annotations

import os
from pathlib import Path

import pytest

from appliance.firstboot import drop
from appliance.firstboot.importing import take_over
from appliance.firstboot.ownership import Claim
from appliance.firstboot.places import Places, prepare
from tests.firstboot.test_drop import WIFI
from tests.firstboot.test_keys import GOOD


@pytest.fixture
def places(tmp_path: Path) -> Places:
    found = Places(tmp_path / "config", tmp_path / "run", tmp_path / "dnssd")
    prepare(found)
    return found


@pytest.fixture
def fat(tmp_path: Path) -> Path:
    folder = tmp_path / "fat"
    folder.mkdir()
    return folder


def test_what_was_given_is_taken_removed_and_reported(places: Places, fat: Path) -> None:
    (fat / "appliance.toml").write_text('language = "de"\r\n')
    (fat / "wifi.txt").write_bytes(WIFI)
    (fat / "authorized_keys").write_text(GOOD)
    (fat / "claim-code").write_text("7777-abcd")
    (fat / "EFI").mkdir()
    (fat / "config.txt").write_text("arm_64bit=1")
    take_over(fat, places)
    assert sorted(path.name for path in fat.iterdir()) == ["EFI", "config.txt", "setup-report.txt"]
    assert (places.config / drop.CONFIG).read_text() == 'language = "de"\n'
    assert len(list(places.network.iterdir())) == 1
    assert Claim(places.claim).fixed
    Claim(places.claim).check("7777 ABCD")
    assert "correct horse" not in (fat / "setup-report.txt").read_text()


def test_bad_input_loses_nothing(places: Places, fat: Path) -> None:
    (places.config / drop.CONFIG).write_text('language = "en"\n')
    (fat / "appliance.toml").write_text("[audio]\nvolume = 9\n")
    take_over(fat, places)
    assert (places.config / drop.CONFIG).read_text() == 'language = "en"\n'
    assert (fat / "appliance.toml").exists()
    report = (fat / "setup-report.txt").read_text()
    assert "appliance.toml, line 2: audio.volume" in report


def test_the_same_report_is_not_written_twice(places: Places, fat: Path) -> None:
    (fat / "wifi.txt").write_text("nonsense")
    take_over(fat, places)
    path = fat / "setup-report.txt"
    os.utime(path, ns=(1, 1))
    take_over(fat, places)
    assert path.stat().st_mtime_ns == 1


def test_an_empty_or_missing_partition_is_left_alone(places: Places, fat: Path) -> None:
    take_over(fat, places)
    assert list(fat.iterdir()) == []
    take_over(fat / "missing", places)


def test_links_and_folders_with_our_names_are_not_followed(places: Places, fat: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(WIFI)
    (fat / "wifi.txt").symlink_to(secret)
    (fat / "authorized_keys").mkdir()
    os.mkfifo(fat / "claim-code")
    take_over(fat, places)
    assert list(places.network.iterdir()) == []


def test_a_partition_full_of_files_is_read_within_bounds(places: Places, fat: Path) -> None:
    for number in range(drop.MAX_FILES + 20):
        (fat / f"n{number}.nmconnection").write_text("[connection]\ntype=wifi\n[wifi]\nssid=a\n")
    plan = take_over(fat, places)
    assert len(plan.taken) == drop.MAX_FILES
