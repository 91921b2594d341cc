"""Settings chosen while running: `chosen.toml` in `paths.data`, above the files, below the variables.

Only the keys of `KEYS` and `SET_UP` may be there. The file is replaced as a whole, so that a power cut leaves
the former or the new one. A broken file is set aside and never stops a start.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from appliance.config import schema
from appliance.folders import sync_folder

FILE = "chosen.toml"
SET_ASIDE = "chosen.toml.broken"
MADE_FOR = "made_for"
"""Table of the engines that `wake.words`, `tts.model` and `tts.voice` were chosen for."""
MAX_BYTES = 65_536
COMMENT = "# Chosen while running, in Home Assistant. Remove the file to go back to the configuration.\n"

ENGINE_OF: Mapping[str, str] = {"wake.words": "wake", "tts.model": "tts", "tts.voice": "tts"}
KEYS = frozenset(
    {
        *("audio.volume", "audio.muted", "audio.chime", "audio.thinking_sound", "audio.noise_suppression"),
        *("wake.words", "wake.sensitivity", "tts.model", "tts.voice", "log.level", "profile"),
        *("language", "timers.zone"),
    }
)
SET_UP = frozenset({"home_assistant.url", "home_assistant.token_file"})
"""Kept in the same file, and chosen by the set-up alone: whoever could set one of them without the other
would have the token, or any file, sent to a server of theirs."""

Values = dict[str, object]


def path_of(data: Path) -> Path:
    """Where the file of this data directory is."""
    return data / FILE


def allowed(key: str) -> bool:
    """May this key be chosen while running, and does it exist?"""
    return key in KEYS and tuple(key.split(".")) in schema.leaves()


def kept(key: str) -> bool:
    """May it stand in the file?"""
    return allowed(key) or key in SET_UP


def fault(key: str, value: object) -> str:
    """Why this may not be chosen; empty when it may."""
    if not kept(key):
        return "cannot be chosen while running"
    leaf = schema.leaves()[tuple(key.split("."))]
    if isinstance(value, list) and len({*map(str, value)}) != len(value):
        return "holds something twice"
    return "" if schema.fits(value, leaf) else f"is not {schema.expected(leaf)}"


def usable(document: Mapping[str, object], engine: Callable[[str], object]) -> tuple[Values, list[str]]:
    """What of a file is good, by dotted key, and what is not. `engine` tells the one in force by stage."""
    made_for = document.get(MADE_FOR, {})
    good: Values = {}
    bad: list[str] = []
    for key, value in _flat({name: part for name, part in document.items() if name != MADE_FOR}):
        what = fault(key, value)
        stage = ENGINE_OF.get(key)
        if what:
            bad.append(f"{key} {what}"[:200])
        elif stage and (not isinstance(made_for, dict) or made_for.get(stage) != engine(stage)):
            bad.append(f"{key} was chosen for another engine")
        else:
            good[key] = value
    return good, bad


def _flat(document: Mapping[str, object]) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for name, value in document.items():
        if isinstance(value, dict):
            found += [(f"{name}.{inner}", each) for inner, each in value.items()]
        else:
            found.append((name, value))
    return found


def document(values: Mapping[str, object], engines: Mapping[str, str]) -> str:
    """The file's text."""
    from appliance.config import render  # it reads `load`, which reads this module

    tables: dict[str, dict[str, object]] = {"": {}}
    for key, value in sorted(values.items()):
        table, _, name = key.rpartition(".")
        tables.setdefault(table, {})[name] = value
    made_for = {stage: engines[stage] for key, stage in ENGINE_OF.items() if key in values}
    if made_for:
        tables[MADE_FOR] = dict(made_for)
    lines = [COMMENT.rstrip()]
    for table, entries in tables.items():
        lines += ["", render.header((table,))] if table else []
        lines += [f"{render.key(name)} = {render.value(value)}" for name, value in entries.items()]
    return "\n".join(lines) + "\n"


def set_aside(file: Path) -> None:
    """Keep a broken file for whoever wants to look, out of the way. What cannot be moved stays."""
    with contextlib.suppress(OSError):
        file.replace(file.with_name(SET_ASIDE))


def write(file: Path, text: str, replace: Callable[[Path, Path], None] = os.replace) -> None:
    """Put `text` in the file's place in one step, mode 0600, and on the disk. Raises OSError."""
    beside = file.with_name(f".{file.name}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
        new.write(text.encode())
        new.flush()
        os.fsync(new.fileno())
    replace(beside, file)
    sync_folder(file.parent)
