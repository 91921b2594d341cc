"""Home Assistant and satellites as `appliance status` shows them, in the markup of rich. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from appliance.firstboot import notes
from appliance.supervision.lines import clean


def lines_of_others(status: Mapping[str, Any]) -> Iterator[str]:
    """What is there, what is away or refused and why, and what misbehaves."""
    if hass := status.get("home_assistant"):
        state = "connected" if hass["connected"] else _warn(f"{hass['problem']} → {hass['hint']}")
        yield f"Home Assistant: {state}"
    hub = status.get("satellites") or {"satellites": []}
    for each in hub["satellites"]:
        yield f"satellite: {_plain(each['name'])} {_state(each)}{_faults(each['faults'])}"
    hermes = status.get("hermes") or {"rooms": {}}
    for name, room in hermes["rooms"].items():
        yield f"satellite: {_plain(name)} (Hermes){_faults(room['faults'])}"
    if trouble := (status.get("web") or {}).get("trouble"):
        yield f"web page: {_warn(trouble)}"
    if line := notes.line(status.get("setup")):
        yield _plain(line)


def _state(satellite: Mapping[str, Any]) -> str:
    if satellite["refused"]:
        return _warn(f"refused: {satellite['refused']}")
    if not satellite["online"]:
        return _warn("away")
    return "muted" if satellite["muted"] else _plain(satellite["state"])


def _faults(counts: Mapping[str, int]) -> str:
    told = ", ".join(f"{kind}: {count}" for kind, count in sorted(counts.items()))
    return " " + _warn(f"({told})") if told else ""


def _warn(text: str) -> str:
    return f"[yellow]{_plain(text)}[/]"


def _plain(text: str) -> str:
    """Whatever others sent, as text that is no markup and moves no cursor."""
    from rich.markup import escape

    return escape(clean(text))
