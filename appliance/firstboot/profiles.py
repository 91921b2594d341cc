"""An existing NetworkManager keyfile: what it must be to be taken over as it is. Pure."""

from __future__ import annotations

import re
import uuid

from appliance.firstboot.errors import Fault
from appliance.firstboot.text import numbered

TYPES = frozenset({"wifi", "802-11-wireless", "ethernet", "802-3-ethernet"})
SECTION = re.compile(r"\[([^\[\]]+)\]")


def check(text: str) -> None:
    """Raises Fault with the line for what NetworkManager would not read, or what is no Wi-Fi or cable."""
    found = _values(text)
    kind, line = found.get("connection.type", ("", 0))
    if kind not in TYPES:
        raise Fault("[connection] type is neither wifi nor ethernet", "type=wifi", line)
    if kind.endswith(("wifi", "wireless")) and not {"wifi.ssid", "802-11-wireless.ssid"} & set(found):
        raise Fault("there is no ssid in [wifi]", "ssid=My Network")
    given, line = found.get("connection.uuid", ("", 0))
    if given and not _is_uuid(given):
        raise Fault("[connection] uuid is no UUID", "leave the line out; one is made", line)


def _values(text: str) -> dict[str, tuple[str, int]]:
    found: dict[str, tuple[str, int]] = {}
    section = ""
    for number, line in numbered(text):
        if match := SECTION.fullmatch(line):
            section = match[1]
            continue
        name, equals, value = line.partition("=")
        if not section or not equals:
            raise Fault("this line is neither [section] nor name=value", "is it a keyfile?", number)
        found[f"{section}.{name.strip()}"] = (value.strip(), number)
    return found


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
