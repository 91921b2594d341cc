"""A house with everything in it that somebody might want to open."""

from __future__ import annotations

from typing import Any

from appliance.home.entities import Area, Entity, House
from appliance.judgement.identity.evidence import Identity


def entity(thing: str, name: str = "", area: str | None = None, **attributes: Any) -> Entity:
    domain, _, rest = thing.partition(".")
    return Entity(thing, name or rest.replace("_", " "), domain, area=area, attributes=attributes)


HOUSE = House(
    areas=(
        Area("hall", "Hall", aliases=("Entrance",)),
        Area("kitchen", "Kitchen"),
        Area("kids_room", "Kids' room"),
        Area("garage", "Garage"),
    ),
    entities=(
        entity("light.kitchen", area="kitchen"),
        entity("light.kids", area="kids_room"),
        entity("lock.front_door", area="hall"),
        entity("lock.back_door", area="kitchen"),
        entity("cover.garage_door", area="garage", device_class="garage", current_position=0),
        entity("cover.blind", area="kitchen", device_class="blind"),
        entity("alarm_control_panel.house", "Alarm", area="hall"),
        entity("siren.attic", "Siren"),
        entity("valve.gas", "Gas", area="kitchen"),
        entity("switch.tv", "TV", area="kids_room"),
        entity("switch.heater", "Heater", area="kids_room"),
        entity("switch.oven", "Oven", area="kitchen"),
        entity("switch.gate_opener", "Gate opener", area="garage"),
        entity("button.strike", "Türöffner", area="hall"),
        entity("script.leave", "Open the front door"),
        entity("script.news", "Read the news"),
        entity("scene.evening", "Evening", entity_id=["light.kitchen"]),
        entity("scene.away", "Away", entity_id=["light.kitchen", "lock.front_door"]),
        entity("group.all", "Everything", entity_id=["light.kitchen", "group.inner"]),
        entity("group.inner", "Inner", entity_id=["cover.garage_door", "switch.tv", "group.all"]),
        entity("sensor.warmth", "Warmth", area="kitchen"),
    ),
)
BY_ID = {each.id: each for each in HOUSE.entities}

ANNA = Identity("Anna", "owner", 0.97, "voice")
BEN = Identity("Ben", "adult", 0.95, "room+voice")
KIM = Identity("Kim", "child", 0.95, "voice")
MAYBE_KIM = Identity("Kim", "child", 0.6, "voice")
MAYBE_ANNA = Identity("Anna", "owner", 0.6, "room")
GUEST = Identity("Gus", "guest", 0.99, "voice")
