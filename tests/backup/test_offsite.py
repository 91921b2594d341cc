"""Copies in real restic repositories: in a folder, and on an S3 server of this machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.error import URLError

import pytest

from appliance.backup.__main__ import carry_out
from appliance.backup.errors import BackupError
from appliance.backup.inspecting import verify
from appliance.backup.offsite import Offsite
from appliance.backup.snapshots import Order, Snapshots
from appliance.config.model import Config
from tests.backup.filled import NOW, config_of, fill

PASSWORD = "the words of this repository"
KEYS = "[default]\naws_access_key_id = some-key\naws_secret_access_key = some-secret\n"
needs_restic = pytest.mark.skipif(shutil.which("restic") is None, reason="the program restic is missing")


def secret(path: Path, text: str, mode: int = 0o600) -> str:
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def configured(tmp_path: Path, repository: str = "", **settings: object) -> Config:
    data = tmp_path / "data"
    if not data.exists():
        fill(data)
        secret(data / "offsite-password", f"{PASSWORD}\n")
    where = repository or str(tmp_path / "stick")
    return config_of(data, **{"offsite": where, "offsite_password_file": "offsite-password", **settings})


@pytest.fixture
def s3() -> Iterator[str]:
    """The address of an S3 server."""
    program = shutil.which("moto_server")
    if program is None:
        pytest.skip("no moto_server on PATH: pip install 'moto[server]' in an environment of its own")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [program, "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(address)
            yield address
        finally:
            server.kill()


def wait_for(address: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"{address}/moto-api/", timeout=5):
                return
        except (URLError, OSError):
            assert time.monotonic() < deadline
            time.sleep(0.1)


def there_and_back(config: Config, tmp_path: Path) -> None:
    Offsite(config).begin()
    taken = carry_out(Order(config, NOW))
    assert (taken.error, taken.offsite_error) == ("", "")
    offsite = Offsite(config)
    assert [copy.name for copy in offsite.copies()] == [Path(taken.path).name]
    offsite.check()
    back = tmp_path / "back"
    back.mkdir()
    fetched = offsite.fetch(back)
    assert fetched.read_bytes() == Path(taken.path).read_bytes()
    assert fetched.stat().st_mode & 0o777 == 0o600
    assert verify(fetched, "").files


@needs_restic
def test_on_an_s3_server(tmp_path: Path, s3: str) -> None:
    keys = secret(tmp_path / "keys", KEYS)
    config = configured(tmp_path, f"s3:{s3}/home/appliance", offsite_credentials_file=keys)
    there_and_back(config, tmp_path)


@needs_restic
def test_retention_and_choosing_by_name(tmp_path: Path) -> None:
    config = configured(tmp_path, keep_daily=2, keep_weekly=0, keep_monthly=0)
    Offsite(config).begin()
    # restic thins by its own clock's time of each copy: all of one day are one, and the newest stays
    names = [Path(carry_out(Order(config, NOW + timedelta(days=day))).path).name for day in range(2)]
    assert [copy.name for copy in Offsite(config).copies()] == names[-1:]
    carry_out(Order(config, NOW + timedelta(days=2), offsite_only=True))
    assert [copy.name for copy in Offsite(config).copies()] == names[-1:]
    assert Offsite(config).fetch(tmp_path, names[-1]).name == names[-1]
    with pytest.raises(BackupError, match="there is no copy"):
        Offsite(config).fetch(tmp_path, names[0])


@needs_restic
def test_no_repository_is_made_unasked(tmp_path: Path) -> None:
    taken = carry_out(Order(configured(tmp_path), NOW))
    assert taken.error == ""
    assert Path(taken.path).is_file()
    assert "there is no repository" in taken.offsite_error
    assert "mounted" in taken.offsite_hint
    assert not (tmp_path / "stick").exists()


@needs_restic
def test_in_a_folder_which_is_damaged_then(tmp_path: Path) -> None:
    config = configured(tmp_path)
    there_and_back(config, tmp_path)
    secret(tmp_path / "data" / "offsite-password", "another")
    with pytest.raises(BackupError, match="wrong password"):
        Offsite(config).copies()
    secret(tmp_path / "data" / "offsite-password", PASSWORD)
    for pack in (tmp_path / "stick" / "data").rglob("*"):
        if pack.is_file():
            pack.chmod(0o600)
            content = bytearray(pack.read_bytes())
            content[20] ^= 1
            pack.write_bytes(content)
    with pytest.raises(BackupError, match="restic could not use"):
        Offsite(config).check()


@needs_restic
def test_no_secret_is_in_arguments_or_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A restic that writes down what it got, in front of the real one."""
    seen, real = tmp_path / "seen", shutil.which("restic")
    spy = tmp_path / "bin" / "restic"
    spy.parent.mkdir()
    spy.write_text(f'#!/bin/sh\necho "$@" >> {seen}\nenv >> {seen}\nexec {real} "$@"\n')
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{spy.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("APPLIANCE_BACKUP_PASSPHRASE", "not for others")
    config = configured(tmp_path, offsite_credentials_file=secret(tmp_path / "keys", KEYS))
    Offsite(config).begin()
    assert carry_out(Order(config, NOW)).offsite_error == ""
    text = seen.read_text()
    assert "snapshots --tag appliance" in text
    for word in (PASSWORD, "some-key", "some-secret", "not for others"):
        assert word not in text


@needs_restic
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"offsite": ""}, "no offsite repository"),
        ({"offsite": "stick"}, "neither an absolute path"),
        ({"offsite": "rest:https://me:secret@nas/"}, "name or password"),
        ({"offsite_password_file": ""}, "has no password"),
        ({"offsite_password_file": "none"}, "cannot be read"),
        ({"offsite_password_file": "chosen.toml"}, "read by others"),
    ],
)
def test_settings_that_cannot_be_used(tmp_path: Path, settings: dict[str, str], said: str) -> None:
    config = configured(tmp_path, **settings)
    (tmp_path / "data" / "chosen.toml").chmod(0o644)
    with pytest.raises(BackupError, match=said) as caught:
        Offsite(config)
    assert caught.value.hint


def test_without_restic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = configured(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupError, match="not installed"):
        Offsite(config)


@needs_restic
async def test_a_copy_that_failed_is_made_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = configured(tmp_path)
    monkeypatch.setattr("appliance.backup.snapshots.RETRY_SECONDS", 0.0)
    snapshots = Snapshots(
        config, synchronised=lambda: True, wall=lambda: NOW, start_seconds=0.0, look_seconds=0.05
    )
    taken = await snapshots.take()
    assert taken.path
    assert "no repository" in snapshots.offsite_trouble
    Offsite(config).begin()
    again = await snapshots._ordered(offsite_only=True)
    assert again.offsite_error == snapshots.offsite_trouble == ""
    assert [copy.name for copy in Offsite(config).copies()] == [Path(taken.path).name]
