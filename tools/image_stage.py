"""Lays out what an image carries beside Debian's packages: the appliance, its models, units and settings.

Runs in the tools root, whose Python is the image's, so that what is compiled here is what the image runs. The
result depends on its inputs only: no times, no order of a folder, no hash seed.
"""

from __future__ import annotations

import argparse
import compileall
import os
import py_compile
import re
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

PREFIX = Path("opt/appliance")
SITE = PREFIX / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
UNITS = Path("usr/lib/systemd/system")
UNIT_SUFFIXES = (".service", ".timer", ".path", ".socket", ".target", ".mount", ".slice")
FOREIGN_ETC = {"prometheus", "grafana", "alloy", "models.toml"}
"""Of etc/: for people's own servers, not for the device."""
UNWANTED = ("bin", "share", "include", "lib64", "__pycache__")
"""What wheels strew over site-packages when they are installed into a folder."""
COMMAND = """\
#!/opt/appliance/bin/python
import sys

from appliance.__main__ import main

sys.exit(main())
"""


def normalised(name: str) -> str:
    """A distribution's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def left_out(table: Path) -> set[str]:
    """Names in image/left-out.txt."""
    lines = (line.split("#")[0].strip() for line in table.read_text("utf-8").splitlines())
    return {normalised(line) for line in lines if line}


def distributions(site: Path) -> Iterator[tuple[str, Path]]:
    """Name and metadata folder of each distribution."""
    for info in sorted(site.glob("*.dist-info")):
        yield normalised(info.name.removesuffix(".dist-info").rsplit("-", 1)[0]), info


def files_of(info: Path) -> Iterator[Path]:
    """Where the files of a distribution lie, as its RECORD says; nothing outside of site-packages."""
    site = info.parent
    for line in (info / "RECORD").read_text("utf-8").splitlines():
        path = (site / line.rsplit(",", 2)[0].strip('"')).resolve()
        if path.is_relative_to(site.resolve()):
            yield path


def drop(site: Path, names: set[str]) -> None:
    """Remove these distributions, and the folders that are empty then."""
    for name, info in list(distributions(site)):
        if name not in names:
            continue
        for path in list(files_of(info)):
            path.unlink(missing_ok=True)
        shutil.rmtree(info, ignore_errors=True)
    for folder in sorted((path for path in site.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def unpack(wheel: Path, site: Path, wanted: str = "") -> None:
    """The wheel's files below site-packages; with `wanted` only that package and the metadata."""
    with zipfile.ZipFile(wheel) as archive:
        for item in sorted(archive.namelist()):
            top = item.split("/", 1)[0]
            if not wanted or top == wanted or top.endswith(".dist-info"):
                archive.extract(item, site)


def trim(site: Path) -> None:
    """Leave only what runs: no headers, no tests of libraries, no stale bytecode."""
    for name in UNWANTED:
        shutil.rmtree(site / name, ignore_errors=True)
    for folder in sorted(site.rglob("__pycache__")):
        shutil.rmtree(folder)
    for name in ("tests", "test"):
        for folder in sorted(site.glob(f"*/**/{name}")):
            if folder.is_dir():
                shutil.rmtree(folder)
    for pattern in ("*.h", "*.hpp", "*.pyx", "*.pxd", "*.pyi", "*.a", "*.cmake", "*.lib"):
        for file in sorted(site.rglob(pattern)):
            file.unlink()


def make_environment(tree: Path) -> None:
    """A virtual environment's three files; its interpreter is Debian's."""
    command = tree / PREFIX / "bin" / "appliance"
    command.parent.mkdir(parents=True)
    command.write_text(COMMAND, "utf-8")
    command.chmod(0o755)
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    for name in ("python", "python3", f"python{version}"):
        (command.parent / name).symlink_to(f"/usr/bin/python{version}")
    (tree / PREFIX / "pyvenv.cfg").write_text(
        f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {version}\n", "utf-8"
    )
    local = tree / "usr/bin/appliance"
    local.parent.mkdir(parents=True)
    local.symlink_to("/opt/appliance/bin/appliance")
    # Read after /etc/appliance/appliance.toml, by every command; always there: see image/tree.
    (tree / PREFIX / "appliance.toml").symlink_to("/data/config/appliance.toml")


def compile_all(folder: Path) -> None:
    """Bytecode that is believed without a look at the source, which cannot change on a verified root."""
    good = compileall.compile_dir(
        folder,
        quiet=1,
        force=True,
        workers=1,
        stripdir=str(folder),
        prependdir=str("/" / SITE),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not good:
        print("some files were not compiled; they are left as they are", file=sys.stderr)


def lay_units(source: Path, tree: Path) -> None:
    """systemd/ as COMMON layout says: units, drop-ins, users, temporary files, presets."""
    units = tree / UNITS
    units.mkdir(parents=True)
    for entry in sorted(source.iterdir()):
        if entry.is_dir() and entry.suffix == ".d":
            shutil.copytree(entry, units / entry.name)
        elif entry.suffix in UNIT_SUFFIXES:
            shutil.copyfile(entry, units / entry.name)
        elif entry.name.endswith((".sysusers.conf", ".tmpfiles.conf")):
            stem, kind, _ = entry.name.rsplit(".", 2)
            _copy(entry, tree / f"usr/lib/{kind}.d/{stem}.conf")
    for preset in sorted((source / "preset").glob("*.preset")):
        _copy(preset, tree / f"usr/lib/systemd/system-preset/{preset.name}")


def lay_settings(source: Path, tree: Path) -> None:
    """etc/ as it lies."""
    for entry in sorted(source.iterdir()):
        if entry.name in FOREIGN_ETC:
            continue
        target = tree / "etc" / entry.name
        if entry.is_dir():
            shutil.copytree(entry, target, dirs_exist_ok=True)
        else:
            _copy(entry, target)


def prepare_updates(tree: Path, board: str, keys: Path) -> None:
    """What RAUC reads: the board's settings, its D-Bus policy, and the certificates of updates."""
    rauc = tree / "etc/rauc"
    (rauc / "system.conf").symlink_to(f"{board}.conf")
    policy = tree / "etc/dbus-1/system.d/appliance-rauc.conf"
    policy.parent.mkdir(parents=True, exist_ok=True)
    policy.symlink_to("/etc/rauc/dbus.conf")
    for name in ("keyring.pem", "channel.pem"):
        if (keys / name).is_file():
            _copy(keys / name, rauc / name)
        else:
            print(f"{keys / name} is missing: this image takes no updates", file=sys.stderr)


def lay_models(source: Path, tree: Path) -> None:
    """Model folders, without the store's own notes."""
    for entry in sorted(source.iterdir()):
        if entry.is_dir() and not entry.name.startswith("."):
            shutil.copytree(entry, tree / "usr/share/appliance/models" / entry.name)


def lay_docs(source: Path, tree: Path) -> None:
    """The pages that units and messages refer to."""
    for page in sorted(source.glob("*.md")):
        _copy(page, tree / PREFIX / "share/docs" / page.name)


def lay_release(tree: Path, version: str, board: str, epoch: int) -> None:
    """What this image is, for updates and for people."""
    channel = "beta" if "-" in version else "stable"
    text = f'version = "{version}"\nboard = "{board}"\nchannel = "{channel}"\nepoch = {epoch}\n'
    _write(tree / "usr/lib/appliance/release", text)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _write(target: Path, text: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8")


def settle_modes(tree: Path) -> None:
    """Readable by all, written by root, executable where it was: whatever the checkout's umask."""
    for folder, folders, files in os.walk(tree):
        for name in folders + files:
            path = Path(folder, name)
            if path.is_symlink():
                continue
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)
    tree.chmod(0o755)


def arguments() -> argparse.Namespace:
    """What tools/image hands over."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("board", "version", "llm"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("root", "site", "wheel", "models", "keys", "out"):
        parser.add_argument(f"--{name}", required=True, type=Path)
    return parser.parse_args()


def main() -> None:
    """All of it, anew."""
    given = arguments()
    tree: Path = given.out
    shutil.rmtree(tree, ignore_errors=True)
    site = tree / SITE
    shutil.copytree(given.site, site, symlinks=True)
    drop(site, left_out(given.root / "image/left-out.txt"))
    unpack(given.wheel, site)
    if given.llm:
        unpack(Path(given.llm), site, wanted="llama_cpp")
    trim(site)
    compile_all(site)
    make_environment(tree)
    lay_units(given.root / "systemd", tree)
    lay_settings(given.root / "etc", tree)
    prepare_updates(tree, given.board, given.keys)
    lay_models(given.models, tree)
    lay_docs(given.root / "docs", tree)
    epoch = (given.root / "image/bundle/epoch").read_text("utf-8").split("#")[0]
    lay_release(tree, given.version, given.board, int(epoch))
    settle_modes(tree)


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # sets of constants are written in the order of their hashes
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {"PYTHONHASHSEED": "0"})
    main()
