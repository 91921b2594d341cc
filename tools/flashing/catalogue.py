"""The list of images for Raspberry Pi Imager: what its `--repo` and "Content Repository" take.

Format: `doc/json-schema/os-list-schema.json` and `doc/schema-notes.md` of raspberrypi/rpi-imager (2026-08).
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from tools.flashing import image
from tools.flashing.errors import FlashError
from tools.flashing.progress import Advance, step

NAME = re.compile(r"appliance-(?P<board>[a-z0-9]+)-(?P<version>[0-9A-Za-z.+~_-]+)\.img\.zst")
INIT_FORMAT = "none"
"""Imager's own forms (user, SSH, Wi-Fi) stay off: settings come with tools/flash or at first start."""
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40" viewBox="0 0 40 40">'
    '<rect x="9" y="4" width="22" height="32" rx="8" fill="#334"/>'
    '<circle cx="20" cy="25" r="6" fill="none" stroke="#7cf" stroke-width="2"/>'
    '<circle cx="20" cy="12" r="2" fill="#7cf"/></svg>'
)


@dataclass(frozen=True, slots=True)
class Board:
    """A board as Imager shows and filters it."""

    name: str
    tag: str
    description: str
    architecture: str | None


BOARDS = {
    "pi5": Board("Raspberry Pi 5", "pi5-64bit", "Raspberry Pi 5, 500 and Compute Module 5", "armv8"),
    "n100": Board("N100 mini-PC", "n100", "PCs with Intel N95, N100 or alike that start by UEFI", None),
}
"""`pi5-64bit` is Raspberry Pi's own tag. Imager has no architecture for PCs."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is said of one image. Sizes in bytes, checksums as hexadecimal digits, `date` as YYYY-MM-DD."""

    board: str
    version: str
    file: str
    size: int
    sha256: str
    download_size: int
    download_sha256: str
    date: str
    bmap: str | None = None


def measure(path: Path, date: str | None = None) -> Entry:
    """Unpack an image and say what the list needs. `date` is its file's when not given. Raises FlashError."""
    match = NAME.fullmatch(path.name)
    if match is None or match["board"] not in BOARDS:
        raise FlashError(
            f"{path.name} does not say its board and version",
            f"name it appliance-BOARD-VERSION.img.zst with a BOARD of {', '.join(BOARDS)}",
        )
    with image.opened(path) as opened:
        with step(f"Checksum of {path.name}", opened.file_bytes) as advance:
            download = image.sha256(opened.file, advance)
        with step("Checksum of the image in it", opened.size) as advance, opened.stream() as stream:
            extracted = _sha256_of(stream, opened.size, advance)
    found = image.map_beside(path)
    return Entry(
        board=match["board"],
        version=match["version"],
        file=path.name,
        size=opened.size,
        sha256=extracted,
        download_size=opened.file_bytes,
        download_sha256=download,
        date=date or _date(path),
        bmap=found.name if found else None,
    )


def _sha256_of(stream: io.FileIO, size: int, advance: Advance) -> str:
    digest, scratch = hashlib.sha256(), memoryview(bytearray(image.CHUNK_BYTES))
    while size:
        part = scratch[: min(size, len(scratch))]
        image.fill(stream, part)
        digest.update(part)
        advance(len(part))
        size -= len(part)
    return digest.hexdigest()


def _date(path: Path) -> str:
    """Of the commit that the build names, else of the file."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH") or str(path.stat().st_mtime)
    try:
        return dt.datetime.fromtimestamp(float(seconds), dt.UTC).date().isoformat()
    except (ValueError, OverflowError) as error:
        raise FlashError(
            f"SOURCE_DATE_EPOCH is no time: {seconds!r}", "seconds since 1970, or --date"
        ) from error


def checked_base(url: str) -> str:
    """A URL that files can be put behind. Raises FlashError."""
    parts = urlsplit(url)
    if (
        parts.scheme not in {"https", "http", "file"}
        or not (parts.netloc or parts.scheme == "file")
        or parts.query
    ):
        raise FlashError(f"{url!r} is not the address of a folder", "such as https://example.org/appliance/")
    return url.rstrip("/") + "/"


def render(
    entries: Sequence[Entry], base_url: str, icon: str | None = None, website: str | None = None
) -> dict[str, Any]:
    """The list, newest first, images below `base_url`. Pure."""
    base = checked_base(base_url)
    shown = sorted(entries, key=lambda entry: (entry.date, entry.version, entry.board), reverse=True)
    boards = [name for name in BOARDS if any(entry.board == name for entry in entries)]
    return {
        "imager": {"devices": [_device(BOARDS[name]) for name in boards]},
        "os_list": [_item(entry, base, icon or _icon(), website) for entry in shown],
    }


def _device(board: Board) -> dict[str, Any]:
    said = {
        "name": board.name,
        "description": board.description,
        "tags": [board.tag],
        "matching_type": "exclusive",
    }
    return said | ({"architecture": board.architecture} if board.architecture else {})


def _item(entry: Entry, base: str, icon: str, website: str | None) -> dict[str, Any]:
    board = BOARDS[entry.board]
    item = {
        "name": f"Voice appliance {entry.version} ({board.name})",
        "description": "A voice assistant for the home that needs no cloud",
        "icon": icon,
        "url": base + quote(entry.file),
        "extract_size": entry.size,
        "extract_sha256": entry.sha256,
        "image_download_size": entry.download_size,
        "image_download_sha256": entry.download_sha256,
        "release_date": entry.date,
        "init_format": INIT_FORMAT,
        "devices": [board.tag],
    }
    more = {
        "architecture": board.architecture,
        "website": website,
        "bmap_url": base + quote(entry.bmap) if entry.bmap else None,
    }
    return item | {key: value for key, value in more.items() if value}


def _icon() -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(ICON.encode()).decode()


def dumped(catalogue: dict[str, Any]) -> bytes:
    """As a file; the same list gives the same bytes."""
    return (json.dumps(catalogue, indent=2, ensure_ascii=False) + "\n").encode()
