"""Copies of everything that belongs into a backup, each as it was at one moment, and the list of them."""

from __future__ import annotations

import hashlib
import os
import platform
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from appliance import __version__
from appliance.backup import catalogue, databases
from appliance.backup.archive import open_regular
from appliance.backup.catalogue import Item
from appliance.backup.errors import BackupError, cannot
from appliance.backup.files import make_folders, write_fresh
from appliance.backup.manifest import FORMAT, MAX_FILE_BYTES, Entry, Manifest
from appliance.config.load import SYSTEM_FILE, parse_toml, read_bounded
from appliance.config.model import Config
from appliance.config.rules import PATH_KEYS
from appliance.errors import ConfigError

MAX_SMALL_BYTES = 16 * 1024**2
"""Of everything but databases."""
PIECE_BYTES = 1_048_576
MAX_MODELS = 1_000
MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Collector:
    """One backup's worth of copies in `folder`, which is empty."""

    def __init__(self, data: Path, folder: Path, *, secrets: bool, system_file: Path = SYSTEM_FILE) -> None:
        """`secrets`: the backup will be encrypted, so they may go into it.

        `system_file` are the machine's settings; they stand in for those of the data directory.
        """
        self._data = data
        self._system_file = system_file
        self._folder = folder
        self._secrets = secrets
        self._files: list[Entry] = []
        self._absent: list[str] = []
        self._left_out: list[str] = []
        self._shortened: list[str] = []

    def collect(self, config: Config, now: datetime) -> Manifest:
        """Copy everything. Raises BackupError."""
        inside, outside = catalogue.named(_paths(config), PurePosixPath(self._data.absolute()))
        try:
            for item in (*catalogue.ITEMS, *inside):
                self._take(item)
            outside += self._system_settings()
            models = tuple(_models(self._data / "models"))
        except OSError as error:
            raise cannot("the data directory cannot be copied", error) from error
        return Manifest(
            FORMAT, __version__, f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", platform.machine(),
            tuple(self._files), tuple(self._absent), tuple(self._left_out), tuple(self._shortened),
            models, tuple(outside),
        )  # fmt: skip

    def _system_settings(self) -> list[str]:
        """Take them as the data directory's, if there are none; those that are not taken, to be named."""
        if not self._system_file.is_file():
            return []
        if catalogue.SETTINGS not in self._absent or not _is_for_all(self._system_file):
            return [str(self._system_file)]
        self._absent.remove(catalogue.SETTINGS)
        self._copy(Item(catalogue.SETTINGS, "settings"), self._system_file)
        return []

    def _take(self, item: Item) -> None:
        source = self._data / item.path
        if not source.is_file():
            self._absent.append(item.path)
        elif item.secret and not self._secrets:
            self._left_out.append(item.path)
        else:
            self._copy(item, source)

    def _copy(self, item: Item, source: Path) -> None:
        target = self._folder / item.path
        make_folders(self._folder, item.path)
        if item.kind == "database":
            databases.copy(source, target)
            databases.check(target, item.path)
        else:
            content = _read(source)
            if item.kind == "settings" and not self._secrets:
                shortened = _without_secrets(content, source)
                if shortened is None:
                    self._left_out.append(item.path)
                    return
                if shortened != content:
                    self._shortened.append(item.path)
                    content = shortened
            with write_fresh(target) as file:
                file.write(content)
        self._files.append(_entry(item, target))


def _is_for_all(settings: Path) -> bool:
    """Could another machine use them? Not when they say where the data directory is."""
    try:
        return "paths" not in parse_toml(read_bounded(settings), str(settings))
    except ConfigError:
        return False


def _paths(config: Config) -> Iterator[tuple[str, str]]:
    """(key, path) of every file that the configuration names."""
    for key in sorted(PATH_KEYS - {"paths.data", "paths.models"}):
        section, _, name = key.partition(".")
        value = getattr(getattr(config, section), name)
        if isinstance(value, str) and value:
            yield key, os.path.abspath(value)  # noqa: PTH100 no link is followed
    key_file = config.llm.options.get("key_file")
    if isinstance(key_file, str) and key_file:
        yield "llm.options.key_file", os.path.abspath(key_file)  # noqa: PTH100


def _read(path: Path) -> bytes:
    """One open file is one version of it: whoever writes these files replaces them as a whole."""
    with open_regular(path) as file:
        content = file.read(MAX_SMALL_BYTES + 1)
    if len(content) > MAX_SMALL_BYTES:
        raise BackupError(f"{path} is larger than {MAX_SMALL_BYTES // 1024**2} MB", "is it the right file?")
    return content


def _without_secrets(content: bytes, where: Path) -> bytes | None:
    """The settings, without lines that hold a secret; None when that would not be enough."""
    try:
        if not catalogue.holds_secret(parse_toml(content, str(where))):
            return content
        shortened = catalogue.without_secrets(content.decode()).encode()
        return None if catalogue.holds_secret(parse_toml(shortened, str(where))) else shortened
    except ConfigError:
        return None  # who cannot read them cannot say that there is no password in them


def _entry(item: Item, path: Path) -> Entry:
    digest, size = hashlib.sha256(), path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise BackupError(f"{item.path} is larger than {MAX_FILE_BYTES // 1024**2} MB", "what fills it?")
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
    return Entry(item.path, item.kind, item.secret, size, digest.hexdigest())


def _models(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    names = sorted(each.name for each in folder.iterdir() if each.is_dir() and MODEL.fullmatch(each.name))
    return names[:MAX_MODELS]
