"""Homes made by chance, for measuring what is understood in them: rooms, things and names."""

from __future__ import annotations

import random
from typing import Any

ROOMS = (
    "Living Room",
    "Kitchen",
    "Bedroom",
    "Guest Room",
    "Bathroom",
    "Office",
    "Hallway",
    "Dining Room",
    "Nursery",
    "Master Bedroom",
    "Guest Bedroom",
    "Attic",
    "Basement",
    "Laundry Room",
    "Balcony",
    "Garden",
    "Library",
    "Sun Room",
    "Wine Cellar",
    "Tea House",
    "Music Room",
    "Pantry",
    "Workshop",
    "Rooftop Terrace",
    "Study",
)
OUTDOORS = {"Balcony", "Garden", "Rooftop Terrace"}
FLOORS = (
    ("ground", "Ground Floor", ["Downstairs"]),
    ("upper", "Upper Floor", ["Upstairs"]),
    ("top", "Top Floor", []),
)
LIGHTS = (
    "Ceiling Light",
    "Floor Lamp",
    "Desk Lamp",
    "Pendant",
    "Reading Light",
    "Wall Sconce",
    "Led Strip",
    "Spotlights",
)
SWITCHES = (
    "Coffee Maker",
    "Kettle",
    "Toaster",
    "Christmas Tree",
    "Dehumidifier Plug",
    "Aquarium Pump",
    "Heated Blanket",
    "Printer",
    "Washing Machine",
    "Dishwasher",
    "Bread Maker",
    "Fountain Pump",
)
DIMMABLE = {"supported_color_modes": ["brightness"], "color_mode": "brightness"}
COLORED = {"supported_color_modes": ["hs", "color_temp"], "color_mode": "hs"}
COVER_CLASSES = ("blind", "curtain", "shade", "shutter")


class HomeMaker:
    """Makes one home."""

    def __init__(self, chance: random.Random, rooms: int, style: str) -> None:
        self._chance = chance
        self._style = style
        """How things are called: with their room, without it, or with "Smart" in front."""
        self.entities: list[dict[str, Any]] = []
        self.areas: list[dict[str, Any]] = []
        chosen = chance.sample(ROOMS, rooms)
        for number, room in enumerate(chosen):
            floor = None if room in OUTDOORS else FLOORS[number % 2][0]
            key = room.lower().replace(" ", "_")
            self.areas.append({"id": key, "name": room, "floor": floor, "aliases": []})
        for area in self.areas:
            self._furnish(area)
        self._house_wide()

    def house(self) -> dict[str, Any]:
        """The home in the project's format."""
        return {
            "name": "made", "language": "en", "now": "2026-03-02T09:30:00", "context": None,
            "floors": [{"id": key, "name": name, "aliases": aliases} for key, name, aliases in FLOORS[:2]],
            "areas": self.areas, "devices": [], "entities": self.entities,
        }  # fmt: skip

    def _add(self, domain: str, name: str, area: str | None, state: str, **attributes: Any) -> None:
        key = f"{domain}.{area or 'home'}_{name.lower().replace(' ', '_')}"
        self.entities.append(
            {"id": key, "name": name, "aliases": [], "domain": domain, "area": area, "device": None,
             "state": state, "attributes": attributes}
        )  # fmt: skip

    def _called(self, room: str, thing: str) -> str:
        match self._style:
            case "room":
                return f"{room} {thing}"
            case "smart":
                return f"Smart {thing}"
            case _:
                return thing

    def _on_or_off(self) -> str:
        return self._chance.choice(["on", "off"])

    def _furnish(self, area: dict[str, Any]) -> None:
        chance, room, key = self._chance, area["name"], area["id"]
        lights = chance.choice([1, 1, 2, 3])
        if lights == 1:
            self._add(
                "light", self._called(room, "Light"), key, self._on_or_off(), brightness=128, **DIMMABLE
            )
        else:
            for thing in chance.sample(LIGHTS, lights):
                kind = COLORED if "Strip" in thing or "Lamp" in thing else DIMMABLE
                self._add("light", self._called(room, thing), key, self._on_or_off(), brightness=128, **kind)
        if chance.random() < 0.5:
            kind = chance.choice(COVER_CLASSES)
            name = self._called(room, kind.title() + ("s" if kind != "shade" else ""))
            features = ["open", "close", "set_position", "stop"]
            self._add(
                "cover",
                name,
                key,
                "open",
                device_class=kind,
                current_position=100,
                supported_features=features,
            )
        if chance.random() < 0.4:
            self._add("fan", self._called(room, "Fan"), key, self._on_or_off(), percentage=0)
        if chance.random() < 0.4:
            self._add("sensor", self._called(room, "Temperature"), key, str(chance.randint(150, 260) / 10),
                      device_class="temperature", unit_of_measurement="°C")  # fmt: skip
            self._add("sensor", self._called(room, "Humidity"), key, str(chance.randint(30, 70)),
                      device_class="humidity", unit_of_measurement="%")  # fmt: skip
        if chance.random() < 0.4:
            self._add(
                "binary_sensor", self._called(room, "Window"), key, self._on_or_off(), device_class="window"
            )
        if chance.random() < 0.3:
            self._add(
                "binary_sensor", self._called(room, "Motion"), key, self._on_or_off(), device_class="motion"
            )
        if chance.random() < 0.35:
            kind = chance.choice(["tv", "speaker"])
            self._add("media_player", self._called(room, "TV" if kind == "tv" else "Speaker"), key, "playing",
                      device_class=kind, volume_level=0.4, is_volume_muted=False)  # fmt: skip
        if chance.random() < 0.3:
            self._add(
                "climate",
                self._called(room, "Thermostat"),
                key,
                "heat",
                temperature=20,
                current_temperature=19.5,
                hvac_modes=["off", "heat", "cool", "auto"],
                min_temp=7,
                max_temp=35,
            )

    def _house_wide(self) -> None:
        chance = self._chance
        rooms = [area["id"] for area in self.areas]
        for thing in chance.sample(SWITCHES, 4):
            self._add("switch", thing, chance.choice(rooms), self._on_or_off(), device_class="outlet")
        self._add("lock", "Front Door", None, "locked")
        self._add("lock", "Back Door", None, "unlocked")
        self._add("vacuum", chance.choice(["Dusty", "Roomba", "Rosie"]), rooms[0], "docked",
                  supported_features=["start", "stop", "pause", "return_home"])  # fmt: skip
        self._add(
            "cover",
            "Garage Door",
            None,
            "closed",
            device_class="garage",
            supported_features=["open", "close"],
        )
        self._add("valve", "Garden Sprinkler", None, "closed", supported_features=["open", "close"])
        self._add("scene", "Movie Night", None, "unknown")
        self._add("script", "Good Morning", None, "off")
        self._add("button", "Doorbell Chime", None, "unknown")
        self._add("todo", "Shopping List", None, "2", todo_items=["Bread", "Soap"])
        self._add("weather", "Weather", None, "rainy", temperature=8, temperature_unit="°C", humidity=80)
        self._add("person", "Nora", None, chance.choice(["home", "not_home"]))


def homes(seed: int, count: int) -> list[dict[str, Any]]:
    """So many homes of different sizes and styles."""
    chance = random.Random(seed)
    styles = ("room", "plain", "smart")
    return [HomeMaker(chance, 4 + number % 8, styles[number % 3]).house() for number in range(count)]
