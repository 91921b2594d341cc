"""The pieces of a bundle, each scrubbed as it is made. What cannot be had is said in its place."""

from __future__ import annotations

import os
import platform
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec

from appliance import __version__
from appliance.backup.catalogue import ITEMS
from appliance.backup.databases import check as check_database
from appliance.backup.errors import BackupError
from appliance.backup.snapshots import folder, listed
from appliance.config import schema
from appliance.config.load import Loaded
from appliance.observe import machine
from appliance.observe.entries import Entry
from appliance.ops import doctor
from appliance.ops.check import Check
from appliance.support.known import is_secret
from appliance.support.scrub import Scrubber

MAX_LINES = 5_000
MAX_LOG_BYTES = 2_000_000
MAX_METRICS = 200_000
OPEN_TEXTS = frozenset(
    {"language", "profile", "engine", "model", "speaker_model", "voice", "words", "channel"}
)
"""Texts of the configuration that are shown where they are words of ours, or names of models."""


class Piece(msgspec.Struct, frozen=True):
    """One file of the bundle."""

    name: str
    what: str
    content: bytes


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def machine_piece(config_data: Path, root: Path = Path("/")) -> Piece:
    """Kernel, processor, memory, packages: what has no owner."""
    packages = {each.name: each.version for each in metadata.distributions()}
    facts = {
        "appliance": __version__,
        "python": platform.python_version(),
        "kernel": platform.release(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_048_576,
        "now": msgspec.to_builtins(machine.look(config_data, root)),
        "packages": dict(sorted(packages.items())),
    }
    return Piece("machine.json", "kernel, processor, memory, versions of packages", _json(facts))


def configuration_piece(loaded: Loaded, scrubber: Scrubber) -> Piece:
    """Every key with its value or "(set)", and the kind of place it comes from."""
    told: dict[str, dict[str, object]] = {}
    for path, leaf in schema.leaves().items():
        found: object = loaded.config
        for name in path:
            found = getattr(found, name)
        origin = loaded.origins.get(schema.dotted(path))
        more = {"from": origin.kind} if origin is not None else {}
        if leaf.open and isinstance(found, dict):
            inner = {
                scrubber.text(name): _value((*path, name), each, scrubber) for name, each in found.items()
            }
            told[schema.dotted(path)] = {"value": inner, **more}
        else:
            told[schema.dotted(path)] = {"value": _value(path, found, scrubber), **more}
    return Piece("configuration.json", "every setting; texts only where they are words of ours", _json(told))


def _value(path: schema.Path, value: object, scrubber: Scrubber) -> object:
    value = msgspec.to_builtins(value)
    if is_secret(path):
        return schema.HIDDEN if value else ""
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return (
            scrubber.text(value)
            if path[-1] in OPEN_TEXTS or _is_choice(path)
            else schema.HIDDEN * bool(value)
        )
    if isinstance(value, list | tuple):
        return [_value(path, each, scrubber) for each in value]
    return schema.HIDDEN


def _is_choice(path: schema.Path) -> bool:
    """May only some texts stand there?"""
    leaf = schema.leaves().get(path)
    return leaf is not None and "Literal" in str(leaf.type)


def checks_piece(loaded: Loaded, scrubber: Scrubber, now_seconds: float) -> Piece:
    """What `appliance doctor` finds."""
    found: list[Check] = []
    doctor.run_all(loaded.config, now_seconds, found.append, loaded.files)
    told = [scrubber.tree(msgspec.to_builtins(check)) for check in found]
    return Piece("checks.json", "what appliance doctor finds", _json(told))


def status_piece(status: Mapping[str, Any] | str, scrubber: Scrubber) -> Piece:
    """What the running appliance says of itself, or why there is nothing."""
    told = {"absent": scrubber.text(status)} if isinstance(status, str) else scrubber.tree(dict(status))
    return Piece(
        "status.json", "what the running appliance says: stages, restarts, memory, connections", _json(told)
    )


def metrics_piece(text: str, scrubber: Scrubber) -> Piece:
    """Figures of the running appliance; of each line the number stays as it is."""
    lines = []
    for line in text[:MAX_METRICS].splitlines():
        if line.startswith("#"):
            continue
        name, _, number = line.rpartition(" ")
        lines.append(f"{scrubber.text(name)} {_number(number)}")
    return Piece("metrics.txt", "figures of the running appliance", ("\n".join(lines) + "\n").encode())


def _number(text: str) -> str:
    try:
        return repr(float(text))
    except ValueError:
        return "…"


def log_piece(entries: Iterable[Entry], scrubber: Scrubber, absent: str = "") -> Piece:
    """The newest lines: time, level, component, stage, trace, duration and message; no other field."""
    newest: deque[Entry] = deque(entries, maxlen=MAX_LINES)
    lines: deque[bytes] = deque()
    size = 0
    for entry in reversed(newest):
        line = msgspec.json.encode(_told(entry, scrubber))
        size += len(line) + 1
        if size > MAX_LOG_BYTES:
            break
        lines.appendleft(line)
    if not lines:
        lines.append(msgspec.json.encode({"absent": scrubber.text(absent or "there are no lines")}))
    return Piece(
        "log.jsonl",
        "the newest lines of the log, of each message only words of ours",
        b"\n".join(lines) + b"\n",
    )


def _told(entry: Entry, scrubber: Scrubber) -> dict[str, object]:
    at = "" if entry.at is None else datetime.fromtimestamp(entry.at, UTC).isoformat(timespec="milliseconds")
    told = {
        "at": at, "level": entry.level, "component": scrubber.text(entry.component),
        "stage": scrubber.text(entry.stage), "trace": entry.trace_id if _is_trace(entry.trace_id) else "",
        "latency_ms": entry.latency_ms, "message": scrubber.text(entry.message),
        "exception": [scrubber.text(line) for line in entry.exception],
    }  # fmt: skip
    return {name: value for name, value in told.items() if value not in ("", None, [])}


def _is_trace(text: str) -> bool:
    return 0 < len(text) <= 32 and set(text) <= set("0123456789abcdef")


def data_piece(loaded: Loaded, now_seconds: float) -> Piece:
    """How large the files are that are kept, and whether databases are whole; nothing of what they hold."""
    data = Path(loaded.config.paths.data)
    told: dict[str, dict[str, object]] = {}
    for item in ITEMS:
        path = data / item.path
        try:
            status = path.stat()
        except OSError:
            continue
        about: dict[str, object] = {"bytes": status.st_size, "mode": f"{status.st_mode & 0o777:o}"}
        if item.kind == "database":
            about["whole"] = _is_whole(path)
        told[item.path] = about
    times = sorted(listed(folder(loaded.config)))
    days = [round((now_seconds - each.timestamp()) / 86_400, 1) for each in times[-30:]]
    return Piece(
        "data.json",
        "sizes of the files that are kept, ages of snapshots",
        _json({"files": told, "snapshot_days": days}),
    )


def _is_whole(path: Path) -> bool:
    try:
        check_database(path, path.name)
    except BackupError:
        return False
    return True
