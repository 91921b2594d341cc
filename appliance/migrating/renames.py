"""Keys of the configuration that were called otherwise once. Pure: text in, text out, comments kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from appliance.errors import ConfigError

MAX_VALUE_LINES = 1_000
HEADER = re.compile(r"^\s*\[\s*([^\[\]#]+?)\s*\]\s*(?:#.*)?$")
ANY_HEADER = re.compile(r"^\s*\[")
ASSIGNMENT = re.compile(r"^(\s*)([A-Za-z0-9_-]+(?:\s*\.\s*[A-Za-z0-9_-]+)*)(\s*=\s*)(.*)$", re.DOTALL)

Parse = Callable[[bytes, str], dict[str, object]]
"""`config.load.parse_toml`."""


class Rename(msgspec.Struct, frozen=True):
    """`old` became `new`, both dotted, with the value as it was, in version `since`."""

    old: str
    new: str
    since: str


RENAMES: tuple[Rename, ...] = ()
"""Every one there ever was, the oldest first; only add to the end. 0.1 is the first: there is none yet."""


def wanted(document: Mapping[str, object], renames: Sequence[Rename]) -> list[Rename]:
    """Those whose old key is in this file."""
    return [rename for rename in renames if _get(document, rename.old) is not None]


def rewritten(text: str, renames: Sequence[Rename], parse: Parse, where: str) -> str:
    """The file with its keys renamed; as it was when there is nothing to rename.

    Raises ConfigError when it is not TOML, when old and new are both there, or when it is written in a way
    that only a person should change.
    """
    for rename in renames:
        before = parse(text.encode(), where)
        if _get(before, rename.old) is None:
            continue
        by_hand = f"in {where}, write {rename.new} in place of {rename.old}"
        if _get(before, rename.new) is not None:
            raise ConfigError(
                f"{where} has both {rename.old} and {rename.new}", f"remove {rename.old}: it is not read"
            )
        text = _moved(text, rename, parse, where)
        after = parse(text.encode(), where)
        if after != _renamed(before, rename):
            raise ConfigError(f"{where}: {rename.old} is called {rename.new} now", by_hand)
    return text


def _get(document: Mapping[str, object], key: str) -> object | None:
    found: object = document
    for part in key.split("."):
        if not isinstance(found, dict) or part not in found:
            return None
        found = found[part]
    return found


def _renamed(document: Mapping[str, object], rename: Rename) -> dict[str, object]:
    """What the file must say afterwards."""
    original: dict[str, Any] = _copied(document)
    value = _taken(original, rename.old.split("."))
    table = original
    *folders, name = rename.new.split(".")
    for folder in folders:
        table = table.setdefault(folder, {})
    table[name] = value
    return original


def _copied(value: Any) -> Any:
    return {name: _copied(each) for name, each in value.items()} if isinstance(value, dict) else value


def _taken(table: dict[str, Any], parts: list[str]) -> Any:
    for part in parts[:-1]:
        table = table[part]
    return table.pop(parts[-1])


def _moved(text: str, rename: Rename, parse: Parse, where: str) -> str:
    lines = text.splitlines(keepends=True)
    at = _find(lines, rename.old)
    if at is None:
        return text
    line, table = at
    end = _end(lines, line, parse, where)
    assignment = ASSIGNMENT.match("".join(lines[line:end]))
    assert assignment is not None
    indent, _, equals, value = assignment.groups()
    new_table, _, name = rename.new.rpartition(".")
    if table == new_table:
        return "".join([*lines[:line], f"{indent}{name}{equals}{value}", *lines[end:]])
    kept = [*lines[:line], *lines[end:]]
    moved = f"{name}{equals}{value}".rstrip("\n") + "\n"
    for number, each in enumerate(kept):
        header = HEADER.match(each)
        if header and _dotted(header[1]) == new_table:
            kept[number] = each if each.endswith("\n") else f"{each}\n"
            return "".join([*kept[: number + 1], moved, *kept[number + 1 :]])
    ended = "".join(kept)
    ended += "" if ended.endswith("\n") or not ended else "\n"
    return f"{ended}\n[{new_table}]\n{moved}"


def _find(lines: list[str], key: str) -> tuple[int, str] | None:
    """Line and table of a key that is written as `key = value` below its table's header."""
    table = ""
    for number, line in enumerate(lines):
        header = HEADER.match(line)
        if header:
            table = _dotted(header[1])
        elif ANY_HEADER.match(line):
            table = "\0"
        elif _names(line, table) == key:
            return number, table
    return None


def _names(line: str, table: str) -> str:
    """The whole key that a line assigns to."""
    assignment = ASSIGNMENT.match(line)
    return ".".join(filter(None, (table, _dotted(assignment[2])))) if assignment else ""


def _dotted(text: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in text.split("."))


def _end(lines: list[str], first: int, parse: Parse, where: str) -> int:
    """The line after the value, which may go over several."""
    for end in range(first + 1, min(len(lines), first + MAX_VALUE_LINES) + 1):
        try:
            parse("".join(lines[first:end]).encode(), where)
        except ConfigError:
            continue
        return end
    return first + 1
