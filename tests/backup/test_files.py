"""Private files, and what is left of the killed."""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path

import pytest

from appliance.backup.files import make_folders, scratch, sweep, sync_tree, write_fresh


def test_a_new_file_is_private_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with write_fresh(path) as file:
        file.write(b"all of it")
    assert path.read_bytes() == b"all of it"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError), write_fresh(path):
        pass


def test_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError), write_fresh(tmp_path / "link"):  # noqa: PT011 - any refusal of the kernel's
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_folders_are_private(tmp_path: Path) -> None:
    make_folders(tmp_path, "one/two/file")
    made = [tmp_path / "one", tmp_path / "one" / "two"]
    assert [stat.S_IMODE(each.stat().st_mode) for each in made] == [0o700, 0o700]
    assert not (tmp_path / "one" / "two" / "file").exists()
    sync_tree(tmp_path)


def test_a_scratch_folder_goes_also_after_an_error(tmp_path: Path) -> None:
    def fail() -> None:
        with scratch(tmp_path, ".work-") as folder:
            (folder / "half").write_bytes(b"x")
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_only_what_nobody_holds_is_swept(tmp_path: Path) -> None:
    for name in (".work-dead", ".work-alive"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "part").write_bytes(b"x")
    held = os.open(tmp_path / ".work-alive", os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        sweep(tmp_path.glob(".work-*"))
        assert [each.name for each in tmp_path.iterdir()] == [".work-alive"]
    finally:
        os.close(held)
    sweep([*tmp_path.glob(".work-*"), tmp_path / "never-there"])
    assert list(tmp_path.iterdir()) == []
