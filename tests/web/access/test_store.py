"""The file: private, replaced in one piece, shared by several processes, damaged without harm."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.errors import ControlError
from appliance.web.access import tokens
from appliance.web.access.state import State
from appliance.web.access.store import FILE, MAX_FILE_BYTES, Store

MANY = """
import sys
from pathlib import Path
from appliance.web.access import tokens
from appliance.web.access.store import Store
for number in range(10):
    Store(Path(sys.argv[1])).change(lambda state: tokens.create(state, ["read"], sys.argv[2], 0, 1))
"""


def add(store: Store, name: str = "") -> str:
    return store.change(lambda state: tokens.create(state, ["read"], name, 0, 1))[1]


def test_without_a_file_there_is_nobody(tmp_path: Path) -> None:
    assert Store(tmp_path / "web").read() == State()
    assert not (tmp_path / "web").exists()


def test_it_is_private(tmp_path: Path) -> None:
    add(Store(tmp_path / "web"))
    assert stat.S_IMODE((tmp_path / "web").stat().st_mode) == 0o700
    for each in (tmp_path / "web").iterdir():
        assert stat.S_IMODE(each.stat().st_mode) == 0o600


def test_another_one_sees_it_at_once(tmp_path: Path) -> None:
    mine, other = Store(tmp_path), Store(tmp_path)
    assert other.read() == State()
    for count in range(1, 5):
        add(mine)
        assert len(other.read().tokens) == count


def test_what_did_not_change_is_not_written(tmp_path: Path) -> None:
    store = Store(tmp_path)
    add(store)
    before = (tmp_path / FILE).stat()
    store.change(lambda state: (state, None))
    assert (tmp_path / FILE).stat().st_ino == before.st_ino


def test_a_change_that_fails_changes_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    add(store)
    with pytest.raises(ControlError):
        store.change(lambda state: tokens.revoke(state, "nobody"))
    assert len(store.read().tokens) == 1


def test_several_processes_lose_nothing(tmp_path: Path) -> None:
    running = [subprocess.Popen([sys.executable, "-c", MANY, str(tmp_path), str(n)]) for n in range(3)]
    assert [each.wait(60) for each in running] == [0, 0, 0]
    assert sorted(token.name for token in Store(tmp_path).read().tokens) == sorted("012" * 10)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"tokens": [{}]}', b"\xff\xfe", b'{"owner": 5}', b" " * (MAX_FILE_BYTES + 1)],
)
def test_a_damaged_file_lets_nobody_in(tmp_path: Path, content: bytes) -> None:
    store = Store(tmp_path)
    add(store)
    (tmp_path / FILE).write_bytes(content)
    for _ in range(2):
        with pytest.raises(ControlError, match="damaged") as caught:
            store.read()
    assert "token claim" in caught.value.hint
    with pytest.raises(ControlError, match="damaged"):
        add(store)


def test_a_link_in_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "access.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ControlError, match="cannot be written"):
        add(Store(tmp_path))
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_makes_belongs_to_the_appliance(tmp_path: Path) -> None:
    os.chown(tmp_path, 12_345, 12_345)
    add(Store(tmp_path / "web"))
    for each in [tmp_path / "web", *(tmp_path / "web").iterdir()]:
        assert (each.stat().st_uid, each.stat().st_gid) == (12_345, 12_345)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ControlError, match="cannot be written"):
        add(Store(tmp_path / "web"))
