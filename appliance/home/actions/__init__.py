"""From a service call to what must be published, and to what the device must then say. Pure.

Services and their data are Home Assistant's. A kind of entity that can be told something has rows in
`SERVICES`; `homeassistant.turn_on` and its like go to the entity's own kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appliance.home.actions import air, lights, openings, others
from appliance.home.actions.fields import checked
from appliance.home.actions.plans import (
    Near,
    OneOf,
    Plan,
    Publish,
    Refusal,
    Toward,
    Wish,
    fulfilled,
    obeyed,
    reported,
    value_of,
)
from appliance.home.actions.table import Services
from appliance.mqtt.announced import Announced
from appliance.mqtt.decoding import Known
from appliance.mqtt.topics import fault_of_topic

__all__ = [
    "SERVICES", "Known", "Near", "OneOf", "Plan", "Publish", "Refusal", "Toward", "Wish", "fulfilled",
    "obeyed", "plan", "value_of",
]  # fmt: skip

SERVICES: Services = {**lights.SERVICES, **openings.SERVICES, **air.SERVICES, **others.SERVICES}

OWN_VERBS: Mapping[str, tuple[str, str]] = {
    "cover": ("open_cover", "close_cover"),
    "valve": ("open_valve", "close_valve"),
}
"""What "on" and "off" mean to kinds that have no such services themselves."""
GENERIC = frozenset({"turn_on", "turn_off", "toggle"})


def plan(
    entity: Announced, domain: str, service: str, data: Mapping[str, Any], known: Known
) -> Plan | Refusal:
    """What this service call means for this entity, whose values are `known`. Never raises."""
    if domain not in {entity.component, "homeassistant"}:
        return Refusal(f"is no {domain[:40].replace('_', ' ')}")
    if domain == "homeassistant" and service not in GENERIC:
        return _cannot(service)
    name = _own(entity, service, known)
    row = SERVICES.get((entity.component, name))
    if row is None:
        return _cannot(name)
    clean = checked(data, row.fields)
    if isinstance(clean, Refusal):
        return clean
    if any(command.topic == "" or fault_of_topic(command.topic) for command in entity.commands.values()):
        return Refusal("has a command topic that cannot be used")
    made = row.plan(entity, clean, known)
    return made if isinstance(made, Refusal) else reported(entity, made)


def _own(entity: Announced, service: str, known: Known) -> str:
    """The kind's own name for it."""
    if (entity.component, service) in SERVICES:
        return service
    if service == "toggle":
        off = known.get("state") not in {"off", "unknown", "unavailable", None}
        service = "turn_off" if off and _switchable(entity, known) else "turn_on"
    verbs = OWN_VERBS.get(entity.component)
    if verbs is not None and service in {"turn_on", "turn_off"}:
        return verbs[service == "turn_off"]
    return service


def _switchable(entity: Announced, known: Known) -> bool:
    """Climate devices and heaters are on in every mode but off; the others say `on`; robots say `docked`."""
    if entity.component in {"vacuum", "lawn_mower"}:
        return known.get("state") in {"cleaning", "mowing", "returning"}
    return entity.component in {"climate", "water_heater"} or known.get("state") == "on"


def _cannot(service: str) -> Refusal:
    return Refusal(f"cannot {service[:40].replace('_', ' ')}")
