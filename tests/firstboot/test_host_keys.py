from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from appliance.firstboot import host_keys

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")


def test_nothing_is_made_before_ssh_is_wanted(tmp_path: Path) -> None:
    host_keys.make(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_made_once(tmp_path: Path) -> None:
    (tmp_path / "authorized_keys").write_text("ssh-ed25519 x\n")
    host_keys.make(tmp_path)
    key = tmp_path / "ssh" / "ssh_host_ed25519_key"
    first = key.read_bytes()
    assert key.stat().st_mode & 0o777 == 0o600
    host_keys.make(tmp_path)
    assert key.read_bytes() == first


def test_what_a_power_cut_left_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "authorized_keys").write_text("ssh-ed25519 x\n")
    (tmp_path / ".ssh.new").mkdir()
    (tmp_path / ".ssh.new" / "ssh_host_ed25519_key").write_text("")
    host_keys.make(tmp_path)
    assert (tmp_path / "ssh" / "ssh_host_ed25519_key").stat().st_size > 100
    assert not (tmp_path / ".ssh.new").exists()
