"""What of a data directory is in a backup, and which paths a backup may write. Pure.

Not in it: models (named, and fetched again), sockets and locks (`run/`), the broker's own files
(`mosquitto/broker/`, made anew at each start, with its retained messages), damaged files that were set aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Literal

import msgspec

from appliance.config import schema

Kind = Literal["settings", "file", "database"]


class Item(msgspec.Struct, frozen=True):
    """One file, by its path below the data directory."""

    path: str
    kind: Kind = "file"
    secret: bool = False
    """Only in an encrypted backup."""


SETTINGS = "appliance.toml"
ITEMS = (
    Item(SETTINGS, "settings"),
    Item("chosen.toml"),
    Item("announced.json"),
    Item("timers.sqlite", "database"),
    Item("judgement/people.db", "database"),
    Item("judgement/audit.db", "database"),
    Item("judgement/pins.json", secret=True),
    Item("mosquitto/credentials.json", secret=True),
    Item("mosquitto/credentials.json.copy", secret=True),
    # The certificates are public, but without their keys the broker would begin a new authority.
    *(
        Item(f"mosquitto/tls/{name}", secret=True)
        for name in ("ca.pem", "ca.key", "server.pem", "server.key")
    ),
    Item("satellite/hub.json", secret=True),
    Item("satellite/ca.pem", secret=True),
    Item("satellite/state.json"),
    Item("models/added.toml"),
    Item("models/pins.toml"),
)
JOURNALS = ("-journal", "-wal", "-shm")
"""SQLite's companions of a database: another database's journal would destroy a restored one."""
SNAPSHOTS, SET_ASIDE = "snapshots", "set-aside"
RESERVED = frozenset({"run", "models", SNAPSHOTS, SET_ASIDE})
"""First levels that are not a backup's business; two small files of `models` are."""
FROM_MODELS = frozenset({"models/added.toml", "models/pins.toml"})
MAX_DEPTH = 6
SECRET_FILES = frozenset({"password_file", "token_file", "key_file", "tls_key_file", "passphrase_file"})
SECRET_WORDS = frozenset({"key", "api_key"})
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_ASSIGNMENT = re.compile(r"""^\s*(?:[\w."'-]+\.)?["']?([\w-]+)["']?\s*=""")


def is_allowed(path: str) -> bool:
    """May a backup hold, and a restore write, this path below the data directory?"""
    parts = path.split("/")
    if not 1 <= len(parts) <= MAX_DEPTH or not all(map(_PART.fullmatch, parts)):
        return False
    if path.endswith(JOURNALS) or path.startswith("mosquitto/broker/"):
        return False
    return path in FROM_MODELS or parts[0] not in RESERVED


def named(settings: Iterable[tuple[str, str]], data: PurePosixPath) -> tuple[list[Item], list[str]]:
    """Files that the configuration names, (key, absolute path): those below `data`, and those elsewhere.

    The passphrase is never in the backup that it opens.
    """
    inside: list[Item] = []
    outside: list[str] = []
    known = {item.path for item in ITEMS}
    for key, value in settings:
        path = PurePosixPath(value)
        name = key.rpartition(".")[2]
        if not path.is_relative_to(data):
            outside.append(value)
        elif key != "backup.passphrase_file":
            relative = path.relative_to(data).as_posix()
            if relative not in known and is_allowed(relative):
                known.add(relative)
                inside.append(Item(relative, secret=name in SECRET_FILES))
    return inside, sorted(set(outside))


def holds_secret(document: object, prefix: tuple[str, ...] = ()) -> bool:
    """Is there a password, token or key in these settings?"""
    return any(_secret_leaves(document, prefix))


def _secret_leaves(document: object, prefix: tuple[str, ...]) -> Iterator[bool]:
    if not isinstance(document, dict):
        yield bool(prefix) and _is_secret(prefix) and bool(document)
        return
    for name, value in document.items():
        yield from _secret_leaves(value, (*prefix, str(name)))


def _is_secret(path: tuple[str, ...]) -> bool:
    return schema.is_secret(path) or path[-1] in SECRET_WORDS


def without_secrets(text: str) -> str:
    """The settings without the lines that hold a secret; the caller looks whether that was enough."""
    return "".join(line for line in text.splitlines(keepends=True) if not _is_secret_line(line))


def _is_secret_line(line: str) -> bool:
    found = _ASSIGNMENT.match(line)
    return found is not None and _is_secret((found[1],))
