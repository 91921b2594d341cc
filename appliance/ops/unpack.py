"""Unpack a model's ZIP: no path outside, no link, no bomb."""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
import zlib
from pathlib import Path

from appliance.errors import ModelError
from appliance.ops.manifest import is_plain_relative

MAX_MEMBERS = 10_000
MAX_RATIO = 20
"""Unpacked bytes for each packed one; models are numbers and do not shrink like text."""
SLACK_BYTES = 16 * 1024**2
CHUNK_BYTES = 1_048_576
BROKEN = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


def unpack(archive: Path, inside: str, target: Path) -> None:
    """Unpack the folder `inside` of the archive to the new folder `target`.

    Raises ModelError for a broken or hostile archive, and for one without that folder.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = _members(opened, inside, archive)
            _check_space(target.parent, sum(info.file_size for info, _ in members))
            target.mkdir()
            _extract(opened, members, target, _budget(archive))
    except BROKEN as error:
        raise ModelError(f"{archive.name} cannot be unpacked: {error}", "the archive is broken") from error
    except OSError as error:
        raise ModelError(f"{archive.name} cannot be unpacked: {error.strerror or error}", "df -h") from error


def _budget(archive: Path) -> int:
    return archive.stat().st_size * MAX_RATIO + SLACK_BYTES


def _members(opened: zipfile.ZipFile, inside: str, archive: Path) -> list[tuple[zipfile.ZipInfo, str]]:
    """The files below `inside` with their path from there. Raises ModelError for anything suspicious."""
    infos = opened.infolist()
    if len(infos) > MAX_MEMBERS:
        raise ModelError(f"{archive.name} holds more than {MAX_MEMBERS} files")
    for info in infos:
        _check(info, archive)
    if sum(info.file_size for info in infos) > _budget(archive):
        raise ModelError(f"{archive.name} would unpack to far more than a model holds")
    prefix = inside.rstrip("/") + "/"
    found = [
        (info, info.filename.removeprefix(prefix))
        for info in infos
        if info.filename.startswith(prefix) and not info.is_dir()
    ]
    if not found:
        raise ModelError(f"{archive.name} holds no folder {inside!r}", "correct `unpack` in the manifest")
    if len({name for _, name in found}) != len(found):
        raise ModelError(f"{archive.name} holds a file twice")
    return found


def _check(info: zipfile.ZipInfo, archive: Path) -> None:
    mode = info.external_attr >> 16
    kind = stat.S_IFMT(mode)
    if not is_plain_relative(info.filename.rstrip("/")):
        raise ModelError(f"{archive.name} holds a path that leads outside: {info.filename[:100]!r}")
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise ModelError(f"{archive.name} holds a link or device: {info.filename[:100]!r}")


def _check_space(folder: Path, needed_bytes: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed_bytes > free:
        what = f"{folder}: {needed_bytes / 1e6:.0f} MB are needed, {free / 1e6:.0f} MB are free"
        raise ModelError(what, "make room, or set paths.data to a larger disk")


def _extract(
    opened: zipfile.ZipFile, members: list[tuple[zipfile.ZipInfo, str]], target: Path, budget: int
) -> None:
    for info, name in members:
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with opened.open(info) as source, path.open("xb") as file:
            while chunk := source.read(CHUNK_BYTES):
                budget -= len(chunk)
                if budget < 0:
                    raise ModelError(f"{name} unpacks to more than its archive said")
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
