"""What of this machine is known to be private, so that it can be found wherever it stands."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import re
import socket
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

import msgspec

from appliance.backup.catalogue import ITEMS, SECRET_WORDS
from appliance.config import schema
from appliance.config.load import read_bounded
from appliance.config.model import Config
from appliance.errors import ConfigError

MAX_BYTES = 65_536
MAX_FOUND = 2_000
SECRET_FILE = re.compile(r"(?:password|passphrase|token|credentials|key)_file$")
NO_SECRETS = frozenset({"username", "name", "role", "version", "host"})
SECRET_NAME = re.compile(r"(?i)(?:password|passwd|passphrase|token|secret|psk|api_?key|auth)")


class Known(msgspec.Struct, frozen=True):
    """What may not be shown."""

    secrets: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


def of(config: Config, environ: Mapping[str, str] = os.environ) -> Known:
    """Of this configuration and its data; what cannot be read is not known, and the second wall stops it."""
    data = Path(config.paths.data)
    secrets = {*_configured(config), *_of_files(config), *_of_data(data), *_of_environment(environ)}
    hosts = {socket.gethostname(), *_named_hosts(config)}
    return Known(tuple(secrets)[:MAX_FOUND], tuple(_people(data))[:MAX_FOUND], tuple(hosts))


def _leaves(config: Config) -> Iterator[tuple[schema.Path, object]]:
    for path, leaf in schema.leaves().items():
        found: object = config
        for name in path:
            found = getattr(found, name)
        if leaf.open and isinstance(found, dict):
            yield from (((*path, name), value) for name, value in found.items())
        else:
            yield path, found


def is_secret(path: schema.Path) -> bool:
    """Is the value of this key one?"""
    return schema.is_secret(path) or path[-1] in SECRET_WORDS


def _configured(config: Config) -> Iterator[str]:
    for path, value in _leaves(config):
        if isinstance(value, str):
            if is_secret(path):
                yield value
            yield from _credentials(value)


def _credentials(text: str) -> Iterator[str]:
    """Name and password of an address like https://name:password@host."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(text)
        yield from filter(None, (parts.password, parts.query))


def _of_files(config: Config) -> Iterator[str]:
    for path, value in _leaves(config):
        if isinstance(value, str) and value and SECRET_FILE.search(path[-1]):
            # Relative ones belong to the data directory; joining leaves absolute ones as they are.
            yield from _lines(Path(config.paths.data) / value)


def _lines(file: Path) -> Iterator[str]:
    """Every line, and what stands behind an equals sign."""
    try:
        text = read_bounded(file, MAX_BYTES).decode("utf-8", "replace")
    except ConfigError:
        return
    for line in text.splitlines():
        yield line.strip()
        yield line.partition("=")[2].strip()


def _of_data(data: Path) -> Iterator[str]:
    """Every text in the files that hold secrets, whatever their form."""
    for item in ITEMS:
        if not item.secret:
            continue
        try:
            content = read_bounded(data / item.path, MAX_BYTES).decode("utf-8", "replace")
        except ConfigError:
            continue
        try:
            yield from _texts(json.loads(content))
        except (ValueError, RecursionError):
            yield from (line for line in content.splitlines() if len(line) > 8)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            if name not in NO_SECRETS:
                yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _of_environment(environ: Mapping[str, str]) -> Iterator[str]:
    for name, value in environ.items():
        if SECRET_NAME.search(name) and not name.endswith("_FILE"):
            yield value


def _people(data: Path) -> Iterator[str]:
    with contextlib.suppress(OSError, KeyError):
        name = getpass.getuser()
        if name not in {"root", "appliance"}:
            yield name
    file = data / "judgement" / "people.db"
    address = f"file:{quote(str(file.absolute()))}?mode=ro&immutable=1"
    with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
        with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
            rows = connection.execute("SELECT name FROM person LIMIT 100").fetchall()
        for (name,) in rows:
            if isinstance(name, str):
                yield name
                yield from (part for part in name.split() if len(part) > 2)


def _named_hosts(config: Config) -> Iterator[str]:
    for path, value in _leaves(config):
        if not isinstance(value, str) or not value:
            continue
        if path[-1] == "host":
            yield value
        elif "://" in value:
            with contextlib.suppress(ValueError):
                yield from filter(None, (urlsplit(value.removeprefix("s3:")).hostname,))
