"""What an image carries beside Debian's packages."""

import tomllib
import zipfile
from pathlib import Path

import pytest

from tools import image_stage


def distribution(site: Path, name: str, version: str, files: dict[str, str]) -> None:
    info = site / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")
    for path, text in files.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text)
    rows = [*files, f"{info.name}/METADATA", f"{info.name}/RECORD", "../../outside"]
    (info / "RECORD").write_text("".join(f"{row},,\n" for row in rows))


def test_what_is_left_out_is_gone_with_its_folders(tmp_path: Path) -> None:
    site = tmp_path / "lib/site"
    distribution(site, "scikit_learn", "1.9", {"sklearn/__init__.py": "", "sklearn/deep/a.py": ""})
    distribution(site, "kept", "1", {"kept.py": ""})
    outside = tmp_path / "outside"
    outside.write_text("stays")
    image_stage.drop(site, {"scikit-learn"})
    assert sorted(path.name for path in site.iterdir()) == ["kept-1.dist-info", "kept.py"]
    assert outside.read_text() == "stays"


def test_names_that_are_left_out_are_normalised(tmp_path: Path) -> None:
    table = tmp_path / "left-out.txt"
    table.write_text("# why\nScikit_Learn  # training\n\nscipy\n")
    assert image_stage.left_out(table) == {"scikit-learn", "scipy"}


def test_of_a_wheel_only_the_wanted_package(tmp_path: Path) -> None:
    wheel = tmp_path / "w.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ("llama_cpp/a.py", "include/x.h", "llama_cpp_python-1.dist-info/METADATA"):
            archive.writestr(name, "")
    image_stage.unpack(wheel, tmp_path / "site", wanted="llama_cpp")
    assert sorted(path.name for path in (tmp_path / "site").iterdir()) == [
        "llama_cpp",
        "llama_cpp_python-1.dist-info",
    ]


def test_units_land_where_systemd_looks(tmp_path: Path) -> None:
    source, tree = tmp_path / "systemd", tmp_path / "tree"
    for name in (
        "a.service",
        "a.service.d/image.conf",
        "a.sysusers.conf",
        "a.tmpfiles.conf",
        "preset/80-a.preset",
        "README.md",
    ):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(name)
    image_stage.lay_units(source, tree)
    assert sorted(str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()) == [
        "usr/lib/systemd/system-preset/80-a.preset",
        "usr/lib/systemd/system/a.service",
        "usr/lib/systemd/system/a.service.d/image.conf",
        "usr/lib/sysusers.d/a.conf",
        "usr/lib/tmpfiles.d/a.conf",
    ]


@pytest.mark.parametrize(("version", "channel"), [("1.2.3", "stable"), ("1.2.3-dev.4", "beta")])
def test_the_release_says_what_it_is(tmp_path: Path, version: str, channel: str) -> None:
    image_stage.lay_release(tmp_path, version, "n100", 3)
    said = tomllib.loads((tmp_path / "usr/lib/appliance/release").read_text())
    assert said == {"version": version, "board": "n100", "channel": channel, "epoch": 3}


def test_modes_do_not_depend_on_the_checkout(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir(mode=0o700)
    for name, mode in (("program", 0o700), ("text", 0o600)):
        (tmp_path / "folder" / name).write_text("")
        (tmp_path / "folder" / name).chmod(mode)
    image_stage.settle_modes(tmp_path)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert modes == {"folder": 0o755, "program": 0o755, "text": 0o644}


def test_bytecode_is_believed_by_hash_and_equal_twice(tmp_path: Path) -> None:
    codes = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "m.py").write_text("X = {'a', 'b'}\n")
        image_stage.compile_all(folder)
        [code] = (folder / "__pycache__").iterdir()
        codes.append(code.read_bytes())
    assert codes[0] == codes[1]
    assert codes[0][4:8] == b"\x01\x00\x00\x00"
