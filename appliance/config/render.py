"""Write TOML: the effective configuration, added models, pinned checksums. Values only, no layout to keep."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from appliance.config import schema
from appliance.config.load import Loaded
from appliance.config.origins import DEFAULT

BARE = re.compile(r"^[A-Za-z0-9_-]+$")


def value(given: object) -> str:
    """One TOML value. Raises TypeError for what TOML has no form for."""
    match given:
        case bool():
            return "true" if given else "false"
        case int():
            return str(given)
        case float():
            return repr(given)
        case str():
            return _text(given)
        case list() | tuple():
            return "[" + ", ".join(value(each) for each in given) + "]"
        case dict():
            return "{ " + ", ".join(f"{key(name)} = {value(each)}" for name, each in given.items()) + " }"
        case _:
            raise TypeError(f"TOML has no {type(given).__name__}")


def _text(given: str) -> str:
    # JSON's escapes are TOML's as well, but for DEL and halves of surrogate pairs, which TOML lacks.
    clean = given.encode("utf-8", "replace").decode("utf-8")
    return json.dumps(clean, ensure_ascii=False).replace("\x7f", "\\u007f")


def key(name: str) -> str:
    """One part of a TOML key."""
    return name if BARE.match(name) else _text(name)


def header(path: tuple[str, ...]) -> str:
    """The line that opens a table."""
    return "[" + ".".join(key(part) for part in path) + "]"


def pins_document(pins: Mapping[str, Mapping[str, str]]) -> str:
    """`pins.toml`: checksums accepted on first download."""
    lines = ["# Checksums accepted with --trust-first-download. Remove a table to accept another file."]
    for model, files in pins.items():
        lines += ["", header((model,)), *(f"{key(name)} = {value(sha256)}" for name, sha256 in files.items())]
    return "\n".join(lines) + "\n"


def settings(loaded: Loaded) -> Iterator[tuple[schema.Path, object]]:
    """Every key with its value, secrets hidden; the entries of an engine's options one by one."""
    for path, leaf in schema.leaves().items():
        found: object = loaded.config
        for name in path:
            found = getattr(found, name)
        if leaf.open:
            assert isinstance(found, dict)
            yield from (((*path, name), each) for name, each in found.items())
        else:
            yield path, schema.HIDDEN if schema.is_secret(path) and found else found


def document(loaded: Loaded, *, origins: bool = False) -> str:
    """The effective configuration as TOML, with the origin of each value in a comment when asked."""
    lines: list[str] = []
    table: tuple[str, ...] = ()
    for path, found in settings(loaded):
        if path[:-1] != table:
            table = path[:-1]
            lines += ["", header(table)]
        lines.append(f"{key(path[-1])} = {value(found)}{_origin(loaded, path) if origins else ''}")
    return "\n".join(lines) + "\n"


def _origin(loaded: Loaded, path: schema.Path) -> str:
    origin = loaded.origins.get(schema.dotted(path), DEFAULT)
    return f"  # {_text(str(origin))[1:-1]}"


def tables_document(comment: str, name: str, entries: list[dict[str, object]]) -> str:
    """An array of tables, each table's own lists of tables written inline."""
    lines = [f"# {comment}"]
    for entry in entries:
        lines += ["", f"[[{name}]]", *(f"{key(field)} = {value(each)}" for field, each in entry.items())]
    return "\n".join(lines) + "\n"
