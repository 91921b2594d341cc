from __future__ import annotations

import os
import subprocess
from pathlib import Path

import msgspec
import pytest

from appliance import datafolder
from appliance.config.model import Config, Setup, Web
from appliance.firstboot import machine, prepare
from appliance.firstboot.hotspot import Phase
from appliance.firstboot.ownership import Claim
from appliance.firstboot.places import Places
from tests.firstboot.test_keys import GOOD
from tests.firstboot.test_machine import tree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tree(tmp_path / "root", {"sys/class/dmi/id/product_serial": "AB12CD34EF\n"})


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "config", tmp_path / "run", tmp_path / "dnssd")


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The host name of the machine that runs the tests stays as it is."""
    given: list[str] = []
    monkeypatch.setattr(machine, "set_host_name", given.append)
    return given


def test_a_first_start(root: Path, places: Places, names: list[str], tmp_path: Path) -> None:
    drop = tmp_path / "fat"
    drop.mkdir()
    (drop / "appliance.toml").write_text('language = "de"\n[web]\nport = 8085\n')
    (drop / "authorized_keys").write_text(GOOD)
    (drop / "wifi.txt").write_text("nonsense")
    result = prepare.run(places, root, (drop,))
    assert result.failed == []
    assert (result.taken, result.faulty) == (True, True)
    assert names == [result.name]
    assert result.name.startswith("appliance-")
    assert "Port=8085" in (places.services / "http.dnssd").read_text()
    assert (places.config / "ssh/ssh_host_ed25519_key").exists()
    code = places.code.read_text()
    Claim(places.claim).check(code)
    shown = places.screen.read_text()
    assert f"{code[:4]} {code[4:]}" in shown
    assert "Einrichtungscode" in shown
    assert "setup-report.txt" in shown
    for secret in (places.code, places.screen):
        assert secret.stat().st_mode & 0o777 == 0o600


def test_on_a_full_disk_a_new_code_still_finds_room(
    root: Path, places: Places, names: list[str], tmp_path: Path, small_disk: Path
) -> None:
    del names
    datafolder.prepare(small_disk)
    full = msgspec.structs.replace(places, config=small_disk / "config", data=small_disk)
    prepare.run(full, root, (tmp_path,))
    before = full.code.read_text()
    fill = ["dd", "if=/dev/zero", f"of={small_disk / 'full'}", "bs=1M"]
    subprocess.run(fill, check=False, capture_output=True)
    assert prepare.run(full, root, (tmp_path,)).failed == []
    assert full.code.read_text() != before
    Claim(full.claim).check(full.code.read_text())


def test_a_name_that_was_chosen_is_the_name_at_every_start(
    root: Path, places: Places, names: list[str], tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    own = prepare.run(places, root, (empty,)).name
    places.name.write_text("kitchen\n")
    assert prepare.run(places, root, (empty,)).name == "kitchen"
    places.name.write_text("no name at all\n")
    assert prepare.run(places, root, (empty,)).name == own
    assert names == [own, "kitchen", own]


@pytest.mark.parametrize(
    ("web", "announced", "port"),
    [
        (Web(), 0, 8_085),
        (Web(port=443), 0, 443),
        (Web(), 80, 80),
        (Web(enabled=False), 0, 0),
        (Web(listen="loopback"), 0, 0),
        (Web(listen="loopback"), 443, 443),
    ],
)
def test_the_page_is_announced_where_the_network_finds_it(web: Web, announced: int, port: int) -> None:
    assert prepare.announced_port(Config(web=web, setup=Setup(web_port=announced))) == port


def test_each_start_has_a_new_code_until_there_is_an_owner(
    root: Path, places: Places, names: list[str], tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    seen = set()
    for _ in range(3):
        prepare.run(places, root, (empty,))
        seen.add(places.code.read_text())
    assert len(seen) == 3
    token = Claim(places.claim).verify(places.code.read_text())
    prepare.run(places, root, (empty,))
    assert not places.code.exists()
    assert Claim(places.claim).is_owner(token)
    assert len(set(names)) == 1


def test_a_chosen_code_stays_and_is_not_shown(
    root: Path, places: Places, names: list[str], tmp_path: Path
) -> None:
    drop = tmp_path / "fat"
    drop.mkdir()
    (drop / "claim-code").write_text("ABCD-2345")
    for _ in range(2):
        prepare.run(places, root, (drop,))
        assert not places.code.exists()
        assert "ABCD" not in places.screen.read_text()
        assert "you chose" in places.screen.read_text()
    Claim(places.claim).verify("abcd2345")
    assert names


def test_a_failed_step_does_not_stop_the_others(places: Places, names: list[str], tmp_path: Path) -> None:
    result = prepare.run(places, tmp_path / "nothing", (tmp_path / "empty",))
    assert result.failed == ["name"]
    assert names == []
    assert places.code.exists()


def test_a_broken_configuration_is_as_none(places: Places, tmp_path: Path) -> None:
    places.config.mkdir()
    (places.config / "appliance.toml").write_text("language = [")
    assert prepare.settings(places).language == "en"
    assert tmp_path


def test_an_owned_appliance_has_a_code_for_its_hotspot_alone(
    root: Path, places: Places, names: list[str], tmp_path: Path
) -> None:
    prepare.run(places, root, (tmp_path / "empty",))
    claim = prepare.code_for_hotspot(places)
    token = claim.verify(places.code.read_text())
    places.code.unlink()
    own = prepare.code_for_hotspot(places)
    own.check(places.code.read_text())
    assert prepare.code_for_hotspot(places).state == "open"
    prepare.show(places, names[0], Phase.OPEN, password="1" * 16)
    assert "1111 1111 1111 1111" in places.screen.read_text()
    prepare.forget_hotspot_code(places)
    assert not places.code.exists()
    assert Claim(places.claim).is_owner(token)


def test_a_country_without_the_program_is_a_failed_step(
    root: Path, places: Places, names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places.config.mkdir()
    (places.config / "wifi-country").write_text("DE\n")
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    assert "country" in prepare.run(places, root, (tmp_path / "empty",)).failed
    assert names


def test_others_can_read_what_is_for_them_whatever_the_umask(
    root: Path, places: Places, names: list[str], tmp_path: Path
) -> None:
    before = os.umask(0o077)
    try:
        prepare.run(places, root, (tmp_path / "empty",))
    finally:
        os.umask(before)
    assert names
    assert places.services.stat().st_mode & 0o777 == 0o755
    assert (places.services / "appliance.dnssd").stat().st_mode & 0o777 == 0o644
    assert places.config.stat().st_mode & 0o777 == 0o755
