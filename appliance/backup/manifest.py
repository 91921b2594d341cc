"""The list of what is in a backup, its first member. Pure; hostile until `decode` has let it through."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
from msgspec import Meta

from appliance.backup import catalogue
from appliance.backup.catalogue import Kind
from appliance.backup.errors import BackupError, damaged

FORMAT = 1
NAME = "manifest.json"
MAX_BYTES = 1_048_576
MAX_FILES = 500
MAX_FILE_BYTES = 1024**3
MAX_TOTAL_BYTES = 2 * 1024**3

Text = Annotated[str, Meta(max_length=4_096)]
Texts = Annotated[tuple[Text, ...], Meta(max_length=1_000)]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file."""

    path: Text
    """Below the data directory."""
    kind: Kind
    secret: bool
    size: Annotated[int, Meta(ge=0, le=MAX_FILE_BYTES)]
    """Bytes."""
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that is known about a backup."""

    format: int
    appliance: Text
    """Version of the program that made it."""
    made_at: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")]
    """By that machine's clock, UTC."""
    machine: Text
    """Its architecture, to be told; nothing in a backup depends on it."""
    files: Annotated[tuple[Entry, ...], Meta(max_length=MAX_FILES)]
    absent: Texts = ()
    """Known files that were not there: a restore takes them away, too."""
    left_out: Texts = ()
    """Secrets that were there, left out for want of a passphrase: a restore leaves those that it finds."""
    shortened: Texts = ()
    """Settings without the lines that hold passwords."""
    models: Texts = ()
    """Names of the models that were there, to be fetched again."""
    outside: Texts = ()
    """Files that the configuration names outside the data directory: not in it."""


class _Format(msgspec.Struct):
    format: int
    appliance: str = "?"


def encode(manifest: Manifest) -> bytes:
    """As it stands in the archive."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


def decode(raw: bytes, version: str) -> Manifest:
    """A manifest whose every path may be written. `version` is this program's. Raises BackupError."""
    try:
        head = msgspec.json.decode(raw, type=_Format)
        _check_version(head, version)
        manifest = msgspec.json.decode(raw, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise damaged(f"its list of files cannot be read ({str(error)[:200]})") from error
    _check_paths(manifest)
    if sum(entry.size for entry in manifest.files) > MAX_TOTAL_BYTES:
        raise damaged(f"it claims more than {MAX_TOTAL_BYTES // 1024**2} MB")
    return manifest


def _check_version(head: _Format, version: str) -> None:
    if head.format != FORMAT:
        raise BackupError(
            f"this backup has format {head.format}, and this appliance reads format {FORMAT}",
            f"use the version that made it: {_shown(head.appliance)}",
        )
    if _numbers(head.appliance) > _numbers(version):
        raise BackupError(
            f"this backup was made by appliance {_shown(head.appliance)}, newer than this one ({version})",
            "update the appliance first",
        )


def _shown(text: str) -> str:
    return re.sub(r"[^\w.+-]", "?", text)[:40]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(each) for each in re.findall(r"\d{1,9}", version[:100], re.ASCII)[:3])


def _check_paths(manifest: Manifest) -> None:
    paths = [entry.path for entry in manifest.files]
    everything = [*paths, *manifest.absent]
    for path in everything:
        if not catalogue.is_allowed(path):
            raise damaged(f"it would write {path[:100]!r}, which is no place for a backup's files")
    folded = {path.casefold() for path in everything}
    if len(folded) != len(everything):
        raise damaged("it names a file twice")
    for path in folded:
        parents = path.split("/")[:-1]
        if any("/".join(parents[: depth + 1]) in folded for depth in range(len(parents))):
            raise damaged(f"it names {path[:100]!r} below a file")
