"""A house with a little of everything."""

from __future__ import annotations

from typing import Any

from appliance.home.entities import Area, Entity, Floor, House

BRIGHT = {"supported_color_modes": ["brightness"]}
COLORED = {"supported_color_modes": ["hs", "color_temp"]}
ONLY_ON = {"supported_color_modes": ["onoff"]}


def thing(
    entity_id: str, name: str, area: str | None = None, state: str = "off", **attributes: Any
) -> Entity:
    return Entity(entity_id, name, entity_id.partition(".")[0], (), area, None, state, attributes)


AREAS = (
    Area("living", "Living Room", "ground", ("lounge",)),
    Area("kitchen", "Kitchen", "ground"),
    Area("master", "Master Bedroom", "upper"),
    Area("guest", "Guest Bedroom", "upper"),
    Area("office", "Office", "upper"),
    Area("hall", "Hallway", "ground"),
    Area("garage", "Garage", "ground"),
    Area("garden", "Garden"),
)
ENTITIES = (
    thing("light.ceiling", "Living Room Ceiling", "living", "on", brightness=128, **COLORED),
    thing("light.reading", "Reading Lamp", "living", **BRIGHT),
    thing("light.kitchen", "Kitchen Light", "kitchen", "on", brightness=255, **BRIGHT),
    thing("light.counter", "Counter Lights", "kitchen", **ONLY_ON),
    thing("light.left", "Left Bedside Lamp", "master", **BRIGHT),
    thing("light.right", "Right Bedside Lamp", "master", "on", brightness=50, **BRIGHT),
    thing("light.desk", "Desk Lamp", "office", **BRIGHT),
    thing("light.hall", "Hallway Light", "hall", **BRIGHT),
    thing("switch.coffee", "Coffee Machine", "kitchen"),
    thing("switch.pump", "Well Pump Controller", "garden", "on"),
    thing("fan.ceiling", "Ceiling Fan", "living", percentage=0),
    thing("fan.exhaust", "Exhaust Fan", "kitchen", "on"),
    thing("cover.blinds", "Living Room Blinds", "living", "open", device_class="blind", current_position=100),
    thing(
        "cover.curtains", "Bedroom Curtains", "master", "closed", device_class="curtain", current_position=0
    ),
    thing("cover.garage", "Garage Door", "garage", "closed", device_class="garage"),
    thing("lock.front", "Front Door", "hall", "locked"),
    thing("lock.back", "Back Door Lock", "kitchen", "unlocked"),
    thing(
        "climate.main",
        "Thermostat",
        "hall",
        "heat",
        temperature=20,
        current_temperature=19.5,
        hvac_modes=["off", "heat", "auto"],
        min_temp=7,
        max_temp=30,
    ),
    thing(
        "climate.office",
        "Office AC",
        "office",
        "cool",
        temperature=24,
        current_temperature=26,
        hvac_modes=["off", "cool"],
    ),
    thing(
        "media_player.tv",
        "Living Room TV",
        "living",
        "playing",
        device_class="tv",
        volume_level=0.3,
        source_list=["HDMI 1", "Netflix"],
        media_title="The Crown",
    ),
    thing(
        "media_player.kitchen",
        "Kitchen Speaker",
        "kitchen",
        "paused",
        device_class="speaker",
        volume_level=0.5,
    ),
    thing("vacuum.rosie", "Rosie", "living", "docked", battery_level=80),
    thing("lawn_mower.mower", "Mower", "garden", "docked"),
    thing("valve.sprinkler", "Sprinkler", "garden", "closed"),
    thing("scene.movie", "Movie Time"),
    thing("script.night", "Good Night"),
    thing("todo.shopping", "Shopping List", None, "2", todo_items=["Milk", "Eggs"]),
    thing("todo.chores", "Chores", None, "1", todo_items=["Mow the lawn"]),
    thing(
        "sensor.living",
        "Living Room Temperature",
        "living",
        "21.4",
        device_class="temperature",
        unit_of_measurement="°C",
    ),
    thing(
        "sensor.washer",
        "Washing Machine Power",
        "office",
        "312",
        device_class="power",
        unit_of_measurement="W",
    ),
    thing(
        "sensor.battery", "Front Door Battery", "hall", "12", device_class="battery", unit_of_measurement="%"
    ),
    thing("binary_sensor.window", "Kitchen Window", "kitchen", "on", device_class="window"),
    thing("binary_sensor.bedroom", "Bedroom Window", "master", "off", device_class="window"),
    thing("binary_sensor.motion", "Hallway Motion", "hall", "on", device_class="motion"),
    thing("weather.home", "Home", None, "rainy", temperature=9, temperature_unit="°C"),
    thing("person.anna", "Anna", None, "home"),
    thing("person.ben", "Ben", None, "not_home"),
    thing("alarm_control_panel.alarm", "Alarm", None, "disarmed"),
)
HOUSE = House(
    floors=(Floor("ground", "Ground Floor", ("downstairs",)), Floor("upper", "Upper Floor", ("upstairs",))),
    areas=AREAS,
    entities=ENTITIES,
)
