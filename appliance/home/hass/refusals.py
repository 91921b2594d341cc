"""Home Assistant's errors as the end of a sentence that begins with the entity's name. Pure."""

from __future__ import annotations

import re

from appliance.home.hass import protocol
from appliance.home.hass.protocol import Fault

MAX_CHARS = 160
_ENTITY = re.compile(r"\b[a-z][a-z0-9_]*\.[a-z0-9_]+\b")
_PREFIX = re.compile(r"^(?:validation error: |error: |failed to call service \S+[.:] )+", re.IGNORECASE)
_END = re.compile(r"(?<=[a-z0-9\])])[.!?](?:\s|$)", re.IGNORECASE)
_KNOWN = (
    (re.compile(r"does not support|not supported|unsupported", re.IGNORECASE), "cannot do that"),
    (
        re.compile(r"unauthori[sz]ed|not allowed|permission", re.IGNORECASE),
        "may not be steered with this token",
    ),
    (re.compile(r"time[d ]?\s?out|timeout", re.IGNORECASE), "did not answer in time"),
    (
        re.compile(
            r"required key not provided|extra keys not allowed|expected \w+ for|data\[", re.IGNORECASE
        ),
        "did not understand that",
    ),
)
_CODES = {
    "unauthorized": "may not be steered with this token",
    "not_found": "cannot do that",
    "timeout": "did not answer in time",
}


def reason(fault: Fault, entity_id: str) -> str:
    """What to say after the entity's name, in one sentence without ids, braces or line breaks."""
    if fault.code in _CODES:
        return _CODES[fault.code]
    for pattern, words in _KNOWN:
        if pattern.search(fault.message[:2_000]):
            return words
    said = _sentence(fault.message, entity_id)
    return f"was refused by Home Assistant: {said}" if said else "was refused by Home Assistant"


def _sentence(message: str, entity_id: str) -> str:
    """The first sentence, as long as it is one for people."""
    plain = _PREFIX.sub("", protocol.text(message))
    plain = plain.replace(entity_id, "it")
    plain = _ENTITY.sub("a device", plain)
    end = _END.search(plain)
    first = plain[: end.start() + 1] if end else plain
    if len(first) > MAX_CHARS:
        first = first[: MAX_CHARS - 1].rsplit(" ", 1)[0] + "…"
    return "" if re.search(r"[{}<>\\]|Traceback", first) else first.rstrip(".! ")
