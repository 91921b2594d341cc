"""What nobody may do by voice: unlock, open doors, gates and valves, disarm. Pure.

Words can be said through a closed window, by a film, or by a child; a microphone knows no one. So a deed
that lets somebody in, or lets water or gas out, is refused unless its entity is named in `home.unguarded`.
The other direction (locking, closing, arming) is always allowed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

GUARDED_COVERS = frozenset({"door", "garage", "gate"})
"""Device classes of covers that somebody could come in through."""
_DOORS = re.compile(r"(?:^|[^a-z])(?:door|garage|gate)s?(?:$|[^a-z])")
_SWITCHES = frozenset({"turn_on", "turn_off", "toggle"})
_COVER_OPENS = frozenset({"open_cover", "toggle", "open_cover_tilt", "toggle_cover_tilt", "turn_on"})
_VALVE_OPENS = frozenset({"open_valve", "toggle", "turn_on"})
_DISARMS = frozenset({"alarm_disarm", *_SWITCHES})
_UNLOCKS = frozenset({"unlock", "open", *_SWITCHES})


def refusal(
    entity_id: str,
    domain: str,
    attributes: Mapping[str, Any],
    service: str,
    data: Mapping[str, Any],
    *,
    unguarded: Collection[str] = (),
) -> str:
    """Why this service call on this entity is not done by voice; empty when it may be done.

    `domain` and `attributes` are the entity's own, `service` is the name without its domain: it does not
    matter whether it is called as `cover.…` or as `homeassistant.…`. The reason follows the entity's name.
    """
    if entity_id in unguarded:
        return ""
    judge = _JUDGES.get(domain)
    return judge(entity_id, attributes, service, data) if judge else ""


def _lock(entity_id: str, attributes: Mapping[str, Any], service: str, data: Mapping[str, Any]) -> str:
    del entity_id, attributes, data
    return "is a lock, and locks are not opened by voice" if service in _UNLOCKS else ""


def _cover(entity_id: str, attributes: Mapping[str, Any], service: str, data: Mapping[str, Any]) -> str:
    if not _entrance(entity_id, attributes):
        return ""
    opens = service in _COVER_OPENS
    opens |= service == "set_cover_position" and _higher(data.get("position"), attributes, "position")
    opens |= service == "set_cover_tilt_position" and _higher(
        data.get("tilt_position"), attributes, "tilt_position"
    )
    return "is a way into the house, and is not opened by voice" if opens else ""


def _entrance(entity_id: str, attributes: Mapping[str, Any]) -> bool:
    """By its class; where a device says none, by its id."""
    kind = attributes.get("device_class")
    return kind in GUARDED_COVERS if kind else bool(_DOORS.search(entity_id.partition(".")[2]))


def _higher(wish: object, attributes: Mapping[str, Any], name: str) -> bool:
    """Opening further than now; what is not known counts as closed."""
    if isinstance(wish, bool) or not isinstance(wish, int | float):
        return True
    now = attributes.get(f"current_{name}")
    return wish != 0 and not (isinstance(now, int | float) and wish <= now)


def _valve(entity_id: str, attributes: Mapping[str, Any], service: str, data: Mapping[str, Any]) -> str:
    del entity_id
    opens = service in _VALVE_OPENS
    opens |= service == "set_valve_position" and _higher(data.get("position"), attributes, "position")
    return "is a valve, and valves are not opened by voice" if opens else ""


def _alarm(entity_id: str, attributes: Mapping[str, Any], service: str, data: Mapping[str, Any]) -> str:
    del entity_id, attributes, data
    return "is an alarm, and alarms are not disarmed by voice" if service in _DISARMS else ""


_JUDGES = {"lock": _lock, "cover": _cover, "valve": _valve, "alarm_control_panel": _alarm}
"""By domain; the others open nothing."""
