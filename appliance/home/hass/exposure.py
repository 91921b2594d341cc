"""Which of Home Assistant's entities its user lets a voice assistant see. Pure.

The decision is Home Assistant's: what was exposed to "Assist", or kept from it, by hand is shown, or not.
Where nobody has decided yet, the rules count by which Home Assistant itself would (its `exposed_entities`).
"""

from __future__ import annotations

from collections.abc import Collection

from appliance.home.hass.protocol import EntityRow, MoreOfEntity

DOMAINS = frozenset(
    {
        *(
            "climate",
            "cover",
            "fan",
            "humidifier",
            "light",
            "media_player",
            "scene",
            "switch",
            "todo",
            "vacuum",
        ),
        "water_heater",
    }
)
CLASSES = {
    "binary_sensor": frozenset({"door", "garage_door", "lock", "motion", "opening", "presence", "window"}),
    "sensor": frozenset(
        {
            *("aqi", "carbon_monoxide", "carbon_dioxide", "humidity", "pm10", "pm25", "temperature"),
            "volatile_organic_compounds",
        }
    ),
}


def candidate(row: EntityRow) -> bool:
    """Can it be shown at all? Then the rest of its registry entry is worth asking for."""
    if row.hidden_by is not None or row.disabled_by is not None:
        return False
    said = decision(row)
    return by_default_possible(row) if said is None else said


def decision(row: EntityRow) -> bool | None:
    """What was decided for this entity; None when nobody was asked yet."""
    assist = row.options.conversation if row.options else None
    return assist.should_expose if assist else None


def by_default_possible(row: EntityRow) -> bool:
    """May the default be to show it, as far as the list of the registry tells?"""
    return row.entity_category is None and (row.domain in DOMAINS or row.domain in CLASSES)


def shown(row: EntityRow, more: MoreOfEntity | None, exposed: Collection[str], expose_new: bool) -> bool:
    """Is a registered entity to be shown? `exposed` are the ids that Home Assistant lists as exposed."""
    if row.hidden_by is not None or row.disabled_by is not None:
        return False
    said = decision(row)
    if said is not None:
        return said
    return row.entity_id in exposed or (expose_new and _by_default(row, more))


def _by_default(row: EntityRow, more: MoreOfEntity | None) -> bool:
    if row.entity_category is not None:
        return False
    if row.domain in DOMAINS:
        return True
    device_class = (more.device_class or more.original_device_class) if more else None
    return device_class in CLASSES.get(row.domain, frozenset())
