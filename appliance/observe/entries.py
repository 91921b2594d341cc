"""Lines of the log, read back: which of them are wanted, and how they look. Pure.

A line may come from anybody who could write to the journal: it is bounded, and nothing in it moves a cursor.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from appliance.errors import ControlError
from appliance.observe.logs import MAX_FIELD_CHARACTERS, MAX_FIELDS, MAX_TRACE_CHARACTERS, PRIVATE, clean

MAX_LINE_BYTES = 256 * 1024
SHORTEST_TRACE = 4
MAX_MS = 1e12
MAX_NUMBER = 2**63
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|m|h|d)?", re.ASCII)
HEXADECIMAL = re.compile(r"[0-9a-f]{1,32}")
WORST = ("error", "critical")
LEVELS = frozenset({"debug", "info", "warning", *WORST})
BY_PRIORITY = ("critical", "critical", "critical", "error", "warning", "info", "info", "debug")
"""Level by the number that syslog gives it."""
SHOWN_FIRST = ("ts", "level", "component", "message", "exception")


class Entry(msgspec.Struct, frozen=True):
    """One line of the log; everything in it is printable and bounded."""

    message: str
    at: float | None = None
    """Seconds since 1970; None is not known."""
    level: str = "info"
    component: str = ""
    stage: str = ""
    trace_id: str = ""
    session_id: str = ""
    latency_ms: float | None = None
    exception: tuple[str, ...] = ()
    fields: dict[str, Any] = {}
    """Whatever else it has."""


class Wanted(msgspec.Struct, frozen=True):
    """All of these at once; the default is everything."""

    trace: str = ""
    """The beginning of a trace id."""
    errors: bool = False
    slower_than_ms: float | None = None
    since: float | None = None
    """Seconds since 1970."""

    def fits(self, entry: Entry) -> bool:
        """Is this one wanted? What is not known of an entry keeps it out, except for its time."""
        slow = entry.latency_ms is not None and entry.latency_ms > (self.slower_than_ms or 0.0)
        return (
            entry.trace_id.startswith(self.trace)
            and (not self.errors or entry.level in WORST)
            and (self.slower_than_ms is None or slow)
            and (self.since is None or entry.at is None or entry.at >= self.since)
        )


def seconds(text: str) -> float:
    """Of `1s`, `500ms`, `10m`, `2h`, `1d`, or a number of seconds. Raises ControlError."""
    found = DURATION.fullmatch(text.strip())
    if found is None:
        raise ControlError(f"{clean(text, 40)!r} is no length of time", "such as 500ms, 1s, 10m, 2h or 1d")
    return float(found[1]) * UNITS[found[2] or "s"]


def trace(text: str) -> str:
    """A trace id, or enough of its beginning. Raises ControlError."""
    wanted = text.strip().lower()
    if not HEXADECIMAL.fullmatch(wanted) or len(wanted) < SHORTEST_TRACE:
        raise ControlError(
            f"{clean(text, 40)!r} is no trace id",
            f"{SHORTEST_TRACE} to 32 of the digits 0-9 and a-f; `appliance logs` shows the first 8",
        )
    return wanted


def from_journal(line: bytes) -> Entry | None:
    """One line of `journalctl -o json`; None when it is none."""
    try:
        record = msgspec.json.decode(line[:MAX_LINE_BYTES])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    micros, priority = record.get("__REALTIME_TIMESTAMP"), record.get("PRIORITY")
    at = int(micros) / 1e6 if isinstance(micros, str) and re.fullmatch(r"[0-9]{1,18}", micros) else None
    level = (
        BY_PRIORITY[int(priority)] if isinstance(priority, str) and priority in set("01234567") else "info"
    )
    return from_line(_message(record.get("MESSAGE")), at, level)


def _message(value: object) -> bytes:
    """The journal gives what is not printable as a list of bytes, and what is too large as null."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace")
    if isinstance(value, list) and all(isinstance(each, int) and 0 <= each < 256 for each in value):
        return bytes(value)
    return b"(too large to show)" if value is None else b""


def from_line(line: bytes, at: float | None = None, level: str = "info") -> Entry:
    """One line as `logs.JsonFormatter` writes it; any other is a message without fields."""
    line = line[:MAX_LINE_BYTES].strip()
    try:
        record = msgspec.json.decode(line) if line.startswith(b"{") else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        record = None
    if not isinstance(record, dict) or not isinstance(record.get("message"), str):
        return Entry(clean(line.decode("utf-8", "replace")), at, level)
    return _entry(record, at, level)


def _entry(record: Mapping[str, Any], at: float | None, level: str) -> Entry:
    said, stamp = record.get("level"), _instant(record.get("ts"))
    own = {*SHOWN_FIRST, "stage", "trace_id", "session_id", "latency_ms"}
    more = [
        (name, value) for name, value in record.items() if name not in own and name.lower() not in PRIVATE
    ]
    return Entry(
        message=clean(record["message"]),
        at=at if stamp is None else stamp,
        level=said if isinstance(said, str) and said in LEVELS else level,
        component=_text(record.get("component")),
        stage=_text(record.get("stage")),
        trace_id=_text(record.get("trace_id")),
        session_id=_text(record.get("session_id")),
        latency_ms=_ms(record.get("latency_ms")),
        exception=_exception(record.get("exception")),
        fields={clean(name, 64): _value(value) for name, value in more[:MAX_FIELDS]},
    )


def _text(value: object) -> str:
    return clean(value, 64) if isinstance(value, str) else ""


def _value(value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if abs(value) < MAX_NUMBER else None
    # We write nothing nested; whoever did may have any depth.
    return clean(value, MAX_FIELD_CHARACTERS) if isinstance(value, str) else "…"


def _ms(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if abs(value) < MAX_MS else None


def _exception(value: object) -> tuple[str, ...]:
    if not isinstance(value, str):
        return ()
    return tuple(clean(line) for line in value[-MAX_TRACE_CHARACTERS:].splitlines())


def _instant(value: object) -> float | None:
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    # Whoever wrote it without a zone meant universal time, as we do.
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    try:
        return moment.timestamp()
    except (OverflowError, ValueError):
        return None


def shown(entry: Entry) -> str:
    """For people: `12:34:56.789 info    turn      4f2a81c0  412 ms  turn 7 is done: answered  stage=turn`."""
    facts = {"stage": entry.stage, "session": entry.session_id[:8]}
    facts = {name: value for name, value in facts.items() if value} | entry.fields
    waited = "" if entry.latency_ms is None else f"{entry.latency_ms:.0f} ms"
    line = f"{_clock(entry.at):<23} {entry.level:<8} {entry.trace_id[:8]:<8} {waited:>9}  "
    line += f"{entry.component}: {entry.message}" if entry.component else entry.message
    line += "".join(f"  {name}={value}" for name, value in facts.items())
    return "\n".join([line.rstrip(), *(f"    {each}" for each in entry.exception)])


def _clock(at: float | None) -> str:
    if at is None:
        return ""
    try:
        return datetime.fromtimestamp(at, UTC).astimezone().isoformat(" ", "milliseconds")[:23]
    except (OverflowError, ValueError, OSError):
        return ""


def as_json(entry: Entry) -> str:
    """One object a line, whatever the line was."""
    return msgspec.json.encode(entry).decode()
