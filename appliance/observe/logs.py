"""The log: text for a person at a terminal, one JSON object a line elsewhere. Never the words of a person.

Fields of a record beyond the message come through `extra=`: `log.info("turn done", extra={"turn": 7,
"latency_ms": 412})`, or from `bound` around the work. Names in `PRIVATE` are dropped at every level: what was
said or heard is never written.
"""

from __future__ import annotations

import json
import logging
import math
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TextIO

MAX_MESSAGE_CHARACTERS = 2_000
MAX_TRACE_CHARACTERS = 8_000
MAX_FIELD_CHARACTERS = 500
MAX_FIELDS = 20
PRIVATE = frozenset(
    {"words", "text", "transcript", "sentence", "utterance", "heard", "said", "reply", "partial", "nearly"}
)
"""Names of fields that would hold a person's words, or the answer to them."""
SECRET = re.compile(
    r"(?i)\b((?:[a-z0-9]+[_-])*(?:password|passwd|token|secret|authorization|api[_-]?key))(\"?\s*[=:]\s*)"
    r"(?:bearer\s+)?(\"[^\"]*\"|'[^']*'|[^\s,;}&]+)"
)
URL_SECRET = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://[^\s/:@]*):[^\s/@]*@")
HIDDEN = "•••"
COLOURS = {"DEBUG": "2", "INFO": "36", "WARNING": "33", "ERROR": "31", "CRITICAL": "1;31"}
PACKAGE = "appliance."
STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_BOUND: ContextVar[Mapping[str, object]] = ContextVar("bound", default=MappingProxyType({}))


@contextmanager
def bound(**fields: object) -> Iterator[None]:
    """Every record written inside, also by tasks begun inside, has these fields, unless it says otherwise."""
    token = _BOUND.set(MappingProxyType({**_BOUND.get(), **fields}))
    try:
        yield
    finally:
        _BOUND.reset(token)


def clean(text: str, limit: int = MAX_MESSAGE_CHARACTERS) -> str:
    """One bounded line without secrets or control characters; those are shown as escapes."""
    # Cut first, so that a flood costs no time; twice the room, since a secret shrinks.
    text = text[: 2 * limit]
    text = URL_SECRET.sub(rf"\1:{HIDDEN}@", SECRET.sub(rf"\1\2{HIDDEN}", text))
    text = "".join(char if char.isprintable() else _escape(char) for char in text[: limit + 1])
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _escape(char: str) -> str:
    return json.dumps(char)[1:-1] if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def component(record: logging.LogRecord) -> str:
    """Which part of the appliance speaks: the logger's name without the package."""
    return record.name.removeprefix(PACKAGE)


def fields(record: logging.LogRecord) -> dict[str, object]:
    """What came through `bound` and `extra`, without the words of a person, bounded."""
    extra = {name: value for name, value in vars(record).items() if name not in STANDARD}
    kept = [
        (name, value)
        for name, value in {**_BOUND.get(), **extra}.items()
        if name.lower() not in PRIVATE and not name.startswith("_")
    ]
    return {clean(name, 64): _field(name, value) for name, value in kept[:MAX_FIELDS]}


def _field(name: str, value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if SECRET.fullmatch(f"{name}=x"):
        return HIDDEN
    return clean(str(value), MAX_FIELD_CHARACTERS)


class _Formatter(logging.Formatter):
    """Shared by both forms: the cleaned message and the trace of an exception."""

    def message(self, record: logging.LogRecord) -> str:
        return clean(record.getMessage())

    def trace(self, record: logging.LogRecord) -> str:
        if not record.exc_info:
            return ""
        lines = self.formatException(record.exc_info)[-MAX_TRACE_CHARACTERS:].splitlines()
        return "\n".join(clean(line) for line in lines)


class TextFormatter(_Formatter):
    """`12:34:56.789 info    supervision  stage wake is ready  stage=wake`."""

    def __init__(self, *, colour: bool) -> None:
        super().__init__()
        self.colour = colour

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the trace of an exception on the next."""
        clock = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S.%f")[:-3]
        level = f"{record.levelname.lower():<7}"
        if self.colour:
            level = f"\x1b[{COLOURS.get(record.levelname, '0')}m{level}\x1b[0m"
        extra = "".join(f"  {name}={value}" for name, value in fields(record).items())
        line = f"{clock} {level} {clean(component(record), 64)}  {self.message(record)}{extra}"
        trace = self.trace(record)
        return f"{line}\n{trace}" if trace else line


class JsonFormatter(_Formatter):
    """One object a line: ts, level, component, message, then the record's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON; a field may not take the place of the first four."""
        stamp = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        own: dict[str, object] = {
            "ts": stamp.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "component": clean(component(record), 64),
            "message": self.message(record),
        }
        trace = self.trace(record)
        if trace:
            own["exception"] = trace
        return json.dumps(
            {**own, **{k: v for k, v in fields(record).items() if k not in own}}, ensure_ascii=False
        )


class Staying(logging.Handler):
    """A handler that stays when `configure` says anew where the log goes."""


def formatter(chosen: str, stream: TextIO) -> logging.Formatter:
    """The form for this stream: "auto" is text on a terminal and JSON elsewhere."""
    terminal = stream.isatty()
    if chosen == "text" or (chosen == "auto" and terminal):
        return TextFormatter(colour=terminal)
    return JsonFormatter()


def configure(level: str, form: str, stream: TextIO | None = None) -> None:
    """Send every record of this level or above to the stream (standard error), in place of any other stream.

    `level` and `form` as in the table `log` of the configuration. Libraries speak from "warning" on only, so
    that "debug" shows what the appliance does.
    """
    target = stream if stream is not None else sys.stderr
    handler = logging.StreamHandler(target)
    handler.setFormatter(formatter(form, target))
    number = logging.getLevelNamesMapping()[level.upper()]
    root = logging.getLogger()
    root.handlers[:] = [handler, *(each for each in root.handlers if isinstance(each, Staying))]
    root.setLevel(max(number, logging.WARNING))
    logging.getLogger(PACKAGE.rstrip(".")).setLevel(number)
    logging.captureWarnings(capture=True)
