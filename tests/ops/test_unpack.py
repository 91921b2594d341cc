"""Archives that are fine, broken, and hostile."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from appliance.errors import ModelError
from appliance.ops.unpack import unpack


def archive(path: Path, members: dict[str, bytes | None], **attributes: int) -> Path:
    """A ZIP; None as content makes a folder. `attributes` are Unix modes by member name."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = attributes.get(name, stat.S_IFREG | 0o644) << 16
            opened.writestr(info, content or b"")
    return path


def test_the_folder_inside_becomes_the_target(tmp_path: Path) -> None:
    path = archive(tmp_path / "m.zip", {"m/": None, "m/am/final.mdl": b"am", "m/README": b"r", "other": b"x"})
    unpack(path, "m", tmp_path / "out")
    found = {
        p.relative_to(tmp_path / "out").as_posix(): p.read_bytes() for p in (tmp_path / "out").rglob("*.*")
    }
    assert found == {"am/final.mdl": b"am"}
    assert (tmp_path / "out" / "README").read_bytes() == b"r"
    assert not (tmp_path / "out" / "other").exists()


@pytest.mark.parametrize("name", ["../evil", "m/../../evil", "/etc/evil", "m/a\\..\\..\\evil"])
def test_a_path_that_leads_outside_is_refused(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path / "m.zip", {"m/good": b"x", name: b"x"})
    with pytest.raises(ModelError, match="leads outside"):
        unpack(path, "m", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path.parent / "evil").exists()


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_a_link_or_device_is_refused(tmp_path: Path, kind: int) -> None:
    path = archive(tmp_path / "m.zip", {"m/link": b"/etc/passwd"}, **{"m/link": kind | 0o777})
    with pytest.raises(ModelError, match="link or device"):
        unpack(path, "m", tmp_path / "out")


def test_a_bomb_is_refused_before_it_unpacks(tmp_path: Path) -> None:
    path = archive(tmp_path / "m.zip", {"m/zeros": bytes(40_000_000)})
    assert path.stat().st_size < 100_000
    with pytest.raises(ModelError, match="far more than a model holds"):
        unpack(path, "m", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_bomb_that_lies_about_its_size_is_cut(tmp_path: Path) -> None:
    path = archive(tmp_path / "m.zip", {"m/zeros": bytes(40_000_000)})
    true_size = (40_000_000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(true_size, (10).to_bytes(4, "little")))
    with pytest.raises(ModelError, match="cannot be unpacked"):
        unpack(path, "m", tmp_path / "out")
    written = sum(p.stat().st_size for p in (tmp_path / "out").rglob("*"))
    assert written <= 10


def test_a_folder_that_is_not_inside_is_named(tmp_path: Path) -> None:
    path = archive(tmp_path / "m.zip", {"other/x": b"x"})
    with pytest.raises(ModelError, match="holds no folder 'm'"):
        unpack(path, "m", tmp_path / "out")


def test_a_file_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.zip"
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr("m/x", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            opened.writestr("m/x", b"2")
    with pytest.raises(ModelError, match="twice"):
        unpack(path, "m", tmp_path / "out")


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "m.zip", {f"m/{number}": b"" for number in range(10_001)})
    with pytest.raises(ModelError, match="more than 10000 files"):
        unpack(path, "m", tmp_path / "out")


@pytest.mark.parametrize("cut", [0, 1, 30, 100, -10])
def test_a_broken_archive_is_one_sentence(tmp_path: Path, cut: int) -> None:
    path = archive(tmp_path / "m.zip", {"m/x": bytes(range(256)) * 40})
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ModelError, match=r"m\.zip cannot be unpacked"):
        unpack(path, "m", tmp_path / "out")


def test_damage_inside_is_found(tmp_path: Path) -> None:
    path = archive(tmp_path / "m.zip", {"m/x": bytes(range(256)) * 40})
    content = bytearray(path.read_bytes())
    content[60] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ModelError, match="cannot be unpacked"):
        unpack(path, "m", tmp_path / "out")
