"""The filters, functions and tests that templates of devices may use: our own, and each of them bounded.

Named and meant as Home Assistant's. Left out is what cannot be bounded or is not ours to tell: regular
expressions (they can run for ever), text formatting, the clock, other entities' states.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from jinja2.exceptions import TemplateError
from jinja2.runtime import Undefined

from appliance.home.templates import MAX_OUTPUT_CHARS, TemplateFault, parse_json

MAX_NUMBER = 1e15
FAULTS = (
    TemplateError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError, RecursionError,
    MemoryError, SyntaxError,
)  # fmt: skip
_MAX_FORMAT_CHARS = 64
_FORMAT = re.compile(r"(?:%[aAbBdHIjmMpSyYzZfUwu%]|[^%])*")
"""No field widths: the C library would fill them with gigabytes of blanks."""


def _missing(value: object) -> bool:
    return isinstance(value, Undefined)


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number) or abs(number) > MAX_NUMBER:
        raise ValueError("a number out of bounds")
    return number


def _int(value: Any = 0, default: Any = 0, base: int = 10) -> Any:
    try:
        if base != 10 and isinstance(value, str) and len(value) < 32:
            return int(value, base)
        return int(_number(value))
    except (ValueError, TypeError, TemplateError):
        return default


def _float(value: Any = 0.0, default: Any = 0.0) -> Any:
    try:
        return _number(value)
    except (ValueError, TypeError, TemplateError):
        return default


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and _float(value, None) is not None


def _round(value: Any, precision: int = 0, method: str = "common", default: Any = None) -> Any:
    try:
        number, factor = _number(value), 10.0 ** max(-12, min(12, int(precision)))
    except (ValueError, TypeError, TemplateError):
        return default
    if method == "common":
        return round(number, int(precision)) if precision else float(round(number))
    if method == "half":
        return round(number * 2) / 2
    return {"floor": math.floor, "ceil": math.ceil}[method](number * factor) / factor


def _log(value: Any, base: Any = math.e) -> float:
    return math.log(_number(value), _number(base))


def _default(value: Any, fallback: Any = "", empty: bool = False) -> Any:
    return fallback if _missing(value) or (empty and not value) else value


def _replace(value: Any, old: str, new: str) -> str:
    text = _text(value)
    if len(text) + (text.count(old) if old else len(text) + 1) * len(new) > MAX_OUTPUT_CHARS:
        raise TemplateFault("a result that is too long")
    return text.replace(old, new)


def _join(values: Iterable[Any], between: str = "") -> str:
    parts = [str(value) for value in values]
    if sum(map(len, parts)) + len(parts) * len(between) > MAX_OUTPUT_CHARS:
        raise TemplateFault("a result that is too long")
    return between.join(parts)


def _split(value: Any, by: str | None = None, most: int = -1) -> list[str]:
    return _text(value).split(by, most)


def _short(text: str) -> str:
    if len(text) > MAX_OUTPUT_CHARS:
        raise TemplateFault("a result that is too long")
    return text


def _text(value: Any) -> str:
    """Never longer than a result may be: printing a list makes it longer each time."""
    return _short(str(value))


def _to_json(value: Any) -> str:
    return _short(msgspec.json.encode(value).decode())


def _iif(condition: Any, when: Any = True, otherwise: Any = False) -> Any:
    return when if condition else otherwise


_TRUTHS = {
    **dict.fromkeys(("1", "true", "on", "yes", "enable"), True),
    **dict.fromkeys(("0", "false", "off", "no", "disable"), False),
}


def _bool(value: Any, default: Any = False) -> Any:
    return _TRUTHS.get(str(value).lower(), default)


def _base64_decode(value: Any) -> str:
    return base64.b64decode(str(value).encode(), validate=True).decode()


def _base64_encode(value: Any) -> str:
    return base64.b64encode(_text(value).encode()).decode()


def _or(default: Any, compute: Callable[[], Any]) -> Any:
    """The default, when there is one, instead of a fault."""
    try:
        return compute()
    except FAULTS:
        if default is None:
            raise
        return default


def _multiply(value: Any, factor: Any, default: Any = None) -> Any:
    return _or(default, lambda: _number(value) * _number(factor))


def _add(value: Any, other: Any, default: Any = None) -> Any:
    return _or(default, lambda: _number(value) + _number(other))


# --- time ---------------------------------------------------------------------------------------------------


def _seconds(value: Any) -> float:
    """Seconds since 1970 of a number or of ISO 8601; without a zone it is the machine's own."""
    if isinstance(value, str) and not _is_number(value):
        return datetime.fromisoformat(value[:64]).timestamp()
    return _number(value)


def _as_timestamp(value: Any, default: Any = None) -> Any:
    return _or(default, lambda: _seconds(value))


def _time(value: Any, *, local: bool) -> datetime:
    moment = datetime.fromtimestamp(_seconds(value), UTC)
    return moment.astimezone() if local else moment


def _timestamp_custom(value: Any, form: str = "%Y-%m-%d %H:%M:%S", local: bool = True) -> str:
    if len(form) > _MAX_FORMAT_CHARS or not _FORMAT.fullmatch(form):
        raise TemplateFault("a format of time that is not known")
    return _time(value, local=local).strftime(form)


def _timestamp_local(value: Any) -> str:
    return _time(value, local=True).isoformat()


def _timestamp_utc(value: Any) -> str:
    return _time(value, local=False).isoformat()


FILTERS: dict[str, Callable[..., Any]] = {
    "int": _int, "float": _float, "round": _round, "default": _default, "d": _default, "replace": _replace,
    "join": _join, "split": _split, "to_json": _to_json, "tojson": _to_json, "from_json": parse_json,
    "iif": _iif, "bool": _bool, "is_defined": lambda value: value, "is_number": _is_number,
    "abs": lambda value: abs(_number(value)), "string": _text,
    "lower": lambda value: _text(value).lower(), "upper": lambda value: _text(value).upper(),
    "trim": lambda value: _text(value).strip(), "title": lambda value: _text(value).title(),
    "capitalize": lambda value: _text(value).capitalize(),
    "length": len, "count": len, "list": list,
    "first": lambda values: values[0], "last": lambda values: values[-1], "min": min, "max": max,
    "multiply": _multiply, "add": _add,
    "log": _log, "sqrt": lambda value: math.sqrt(_number(value)), "ord": lambda value: ord(str(value)),
    "bitwise_and": lambda a, b: int(_number(a)) & int(_number(b)),
    "bitwise_or": lambda a, b: int(_number(a)) | int(_number(b)),
    "bitwise_xor": lambda a, b: int(_number(a)) ^ int(_number(b)),
    "base64_decode": _base64_decode, "base64_encode": _base64_encode,
    "as_timestamp": _as_timestamp, "timestamp_custom": _timestamp_custom,
    "timestamp_local": _timestamp_local, "timestamp_utc": _timestamp_utc,
}  # fmt: skip
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "int": _int, "float": _float, "iif": _iif, "bool": _bool, "min": min, "max": max,
    "is_number": _is_number, "as_timestamp": _as_timestamp, "log": _log,
}  # fmt: skip
TESTS: dict[str, Callable[..., Any]] = {"is_number": _is_number}
