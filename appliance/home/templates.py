"""Templates that devices bring along: untrusted text, evaluated within fixed bounds.

`{{ value }}` and `{{ value_json.a['b'][0] }}` are read without any engine. The rest runs in Jinja's immutable
sandbox (`sandbox.py`), and only after its syntax tree was checked: what is not on its lists is refused. There
are no loops, macros, includes, powers, text formatting or text multiplication; a variable may be set once,
from values that are no variables; filters are our own and bounded. So the work of one template is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any

import msgspec

MAX_TEMPLATE_CHARS = 2_048
MAX_INPUT_CHARS = 16_384
"""Longer payloads only go through the simple paths."""
MAX_OUTPUT_CHARS = 16_384

_STEP = r"(?:\.[A-Za-z_]\w*|\['[^'\\]*'\]|\[\"[^\"\\]*\"\]|\[\d{1,6}\])"
_SIMPLE = re.compile(rf"\s*\{{\{{-?\s*(?P<root>value|value_json)(?P<path>{_STEP}*)\s*-?\}}\}}\s*")
_STEPS = re.compile(r"\.([A-Za-z_]\w*)|\['([^'\\]*)'\]|\[\"([^\"\\]*)\"\]|\[(\d{1,6})\]")


class TemplateFault(Exception):
    """The template, or what it makes of this payload, cannot be used; the text says why."""


Told = str | int | float | bool
Render = Callable[..., str]
"""From a payload (or a value that is to be told) and a table of further variables to text."""
NO_VARIABLES: Mapping[str, object] = {}


@lru_cache(maxsize=1_024)
def compiled(template: str) -> Render:
    """A function from a payload (and perhaps more variables) to text. Raises TemplateFault when refused."""
    if not template:
        return _unchanged
    if len(template) > MAX_TEMPLATE_CHARS:
        raise TemplateFault(f"a template of {len(template)} characters")
    simple = _SIMPLE.fullmatch(template)
    if simple is None:
        return _sandboxed(template)
    path = simple["path"]
    if simple["root"] == "value":
        return _sandboxed(template) if path else _unchanged
    steps = tuple(_step(match) for match in _STEPS.finditer(path))
    return partial(_walk, steps)


def _unchanged(payload: Told, variables: Mapping[str, object] = NO_VARIABLES) -> str:
    del variables
    return str(payload)


def _step(match: re.Match[str]) -> str | int:
    name, single, double, number = match.groups()
    if number is not None:
        return int(number)
    return str(next(part for part in (name, single, double) if part is not None))


@lru_cache(maxsize=2)
def parse_json(payload: str) -> Any:
    """JSON of a payload, which nobody may change: one message is often for many. Raises TemplateFault."""
    try:
        return msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise TemplateFault(f"the payload is no JSON: {error}"[:200]) from None


def _walk(steps: tuple[str | int, ...], payload: str, variables: Mapping[str, object] = NO_VARIABLES) -> str:
    """What Jinja's printing of this path gives; what is not there is empty."""
    del variables
    found = parse_json(payload)
    for step in steps:
        if isinstance(found, dict) and isinstance(step, str):
            found = found.get(step, "")
        elif isinstance(found, list) and isinstance(step, int):
            found = found[step] if step < len(found) else ""
        else:
            return ""
    text = str(found)
    if len(text) > MAX_OUTPUT_CHARS:
        raise TemplateFault(f"a result of {len(text)} characters")
    return text


def _sandboxed(template: str) -> Render:
    from appliance.home import sandbox

    return sandbox.compiled(template)
