"""What the own broker needs of the machine: files that survive power cuts, ports, programs."""

from __future__ import annotations

import logging
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import HomeError
from appliance.home import accounts, machine
from appliance.home.accounts import Account
from appliance.home.machine import Saved

SECRET = accounts.secret("x", bytes(accounts.SALT_BYTES))
KITCHEN = Account("kitchen", "satellite", SECRET, area="Küche", client_id="satellite-kitchen-1")
SAVED = Saved({"appliance": "p"}, 1883, {"kitchen": KITCHEN})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "credentials.json"


def test_what_is_kept_comes_back(file: Path) -> None:
    assert machine.read_saved(file) == Saved()
    machine.save(file, SAVED)
    assert machine.read_saved(file) == SAVED
    assert {stat.S_IMODE(each.stat().st_mode) for each in file.parent.iterdir()} == {0o600}


def test_what_did_not_change_is_not_written_again(file: Path) -> None:
    machine.save(file, SAVED)
    before = {each: each.stat().st_ino for each in file.parent.iterdir()}
    machine.save(file, SAVED)
    assert {each: each.stat().st_ino for each in file.parent.iterdir()} == before


DAMAGES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"passwords": {"appliance": ""}}',
    b'{"port": 70000}',
    b'{"accounts": {"a": {"name": "b", "kind": "satellite"}}}',
    b'{"accounts": {"a/#": {"name": "a/#", "kind": "satellite"}}}',
    b'{"accounts": {"a": {"name": "a", "kind": "satellite"}}}',
    b'{"accounts": {"a": {"name": "a", "kind": "appliance"}}}',
    b'{"accounts": {"a": {"name": "a", "kind": "satellite", "secret": {"hash": "x", "salt": "y"}}}}',
    b'"' + b"x" * (machine.MAX_CREDENTIALS_BYTES + 10) + b'"',
]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda each: repr(each[:60]))
def test_a_damaged_file_is_kept_aside_and_its_copy_used(
    file: Path, caplog: pytest.LogCaptureFixture, damage: bytes
) -> None:
    machine.save(file, SAVED)
    file.write_bytes(damage)
    assert machine.read_saved(file) == SAVED
    assert file.with_name("credentials.json.damaged").read_bytes() == damage
    assert "credentials.json is damaged" in caplog.text
    assert "nobody may connect" not in caplog.text


def test_with_both_damaged_nobody_is_let_in_and_the_log_says_what_to_do(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    machine.save(file, SAVED)
    for each in (file, machine.copy_of(file)):
        each.write_bytes(b"{")
    assert machine.read_saved(file) == Saved()
    assert "appliance satellite add" in caplog.text
    assert len(list(file.parent.glob("*.damaged"))) == 2


@given(st.binary(max_size=300))
def test_noise_is_never_half_believed(noise: bytes) -> None:
    saved = machine._understood(noise)
    assert saved is None or not saved.accounts


def test_who_was_locked_out_does_not_come_back_with_the_copy(file: Path) -> None:
    machine.save(file, SAVED)
    machine.save(file, Saved(SAVED.passwords, 1883))
    file.write_bytes(b"damaged")
    assert machine.read_saved(file).accounts == {}


WRITES_FOR_EVER = """
import pathlib, sys
from appliance.home import machine
from appliance.home.machine import Saved
path, number = pathlib.Path(sys.argv[1]), 0
while True:
    number += 1
    machine.save(path, Saved({"appliance": "x" * 100_000, "n": str(number)}))
    if number == 3:
        print("writing", flush=True)
"""


def test_a_power_cut_in_the_middle_of_a_write_costs_at_most_that_write(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Killed at any time: the file is whole, and later ones can be written."""
    seen = 0
    for _ in range(5):
        words = [sys.executable, "-c", WRITES_FOR_EVER, str(file)]
        with subprocess.Popen(words, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"writing\n"
            writer.kill()
        found = machine.read_saved(file)
        assert int(found.passwords["n"]) >= 3
        seen += 1
    assert seen == 5
    assert "damaged" not in caplog.text
    machine.save(file, SAVED)
    assert machine.read_saved(file) == SAVED


def test_a_half_written_file_of_before_is_in_nobodys_way(file: Path) -> None:
    file.with_name(".credentials.json.new").write_text('{"passw')
    machine.save(file, SAVED)
    assert machine.read_saved(file) == SAVED


def test_a_link_in_the_place_of_the_new_file_is_not_followed(file: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("as it was")
    file.with_name(".credentials.json.new").symlink_to(victim)
    machine.save(file, SAVED)
    assert victim.read_text() == "as it was"


def test_what_cannot_be_read_is_an_error_and_not_an_empty_list(file: Path) -> None:
    file.mkdir()
    with pytest.raises(IsADirectoryError):
        machine.read_saved(file)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root writes for others")
def test_what_root_writes_belongs_to_the_owner_of_the_folder(tmp_path: Path) -> None:
    """`sudo appliance satellite add` must not leave files that the appliance cannot read."""
    os.chown(tmp_path, 12_345, 12_346)
    machine.make_private(tmp_path / "mosquitto")
    machine.save(tmp_path / "mosquitto" / "credentials.json", SAVED)
    for each in tmp_path.rglob("*"):
        assert (each.stat().st_uid, each.stat().st_gid) == (12_345, 12_346), each
        assert not stat.S_IMODE(each.stat().st_mode) & 0o077


def test_errors_name_the_file_and_the_setting(tmp_path: Path) -> None:
    error = machine.cannot_write(tmp_path, OSError(28, "No space left on device", str(tmp_path / "x")))
    assert "x: No space left on device" in error.message
    assert "paths.data" in error.hint


def test_ports() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert machine.listens(port)
        assert machine.free_port(port, port) not in {0, port}
        assert machine.free_port(80, 443) >= machine.FIRST_FREE_PORT
    assert not machine.listens(port)
    assert machine.free_port(port, 0) == port
    assert machine.free_port(1, port) == port


def test_programs_and_plugin_are_found_or_named_with_their_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Path(machine.program("setpriv", "util-linux")).is_file()
    assert Path(machine.plugin()).name == machine.PLUGIN
    with pytest.raises(HomeError, match="no-such-program is not installed") as caught:
        machine.program("no-such-program", "some-package")
    assert caught.value.hint == "sudo apt-get install some-package"
    monkeypatch.setattr(machine, "PLUGIN_FOLDERS", (str(tmp_path),))
    with pytest.raises(HomeError, match="is not installed"):
        machine.plugin()


def test_the_broker_is_never_root() -> None:
    found = machine.account()
    assert (found is None) == (os.geteuid() != 0)
    assert found is None or 0 not in found


def test_passwords_are_in_no_log(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    machine.save(file, Saved({"appliance": "hunter2"}, 1, {"kitchen": KITCHEN}))
    file.write_bytes(b'{"passwords": {"appliance": "hunter2"')
    machine.read_saved(file)
    assert "hunter2" not in caplog.text
    assert SECRET.hash not in repr(KITCHEN)
