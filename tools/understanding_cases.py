"""Cases of sentences, and ways to say things; they share no code with the product."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

Entity = dict[str, Any]


class Case(NamedTuple):
    """A sentence. `deeds`: entity → (service, data), any of several; `answer`: words of which one is said."""

    category: str
    text: str
    deeds: dict[str, tuple[tuple[str, dict[str, Any]], ...]]
    answer: tuple[str, ...] = ()
    near: str = ""


ON = (
    "turn on {x}",
    "switch on {x}",
    "turn {x} on",
    "switch {x} on",
    "please turn on {x}",
    "could you turn {x} on",
    "power on {x}",
    "put {x} on",
    "{x} on",
    "can you please switch on {x}",
    "activate {x}",
    "flip on {x}",
)
OFF = (
    "turn off {x}",
    "switch off {x}",
    "turn {x} off",
    "kill {x}",
    "shut off {x}",
    "{x} off please",
    "deactivate {x}",
    "i want you to turn off {x}",
    "power {x} down",
    "would you turn {x} off",
    "power off {x}",
    "cut {x}",
)
BRIGHT = (
    "set {x} to {n}%",
    "dim {x} to {n} percent",
    "set the brightness of {x} to {n}%",
    "{x} to {n} percent",
    "set {x} brightness to {n}",
    "change {x} to {n} percent brightness",
    "make {x} {n} percent bright",
    "brightness of {x} {n}%",
    "turn {x} to {n} percent",
    "put {x} at {n}%",
    "adjust {x} to {n}%",
)
OPEN = ("open {x}", "raise {x}", "pull up {x}", "roll up {x}", "lift {x}", "please open {x}", "put {x} up")
CLOSE = (
    "close {x}",
    "shut {x}",
    "lower {x}",
    "pull down {x}",
    "roll {x} down",
    "could you close {x}",
    "draw {x}",
)
POSITION = (
    "set {x} to {n}%",
    "open {x} to {n} percent",
    "move {x} to {n}%",
    "set the position of {x} to {n} percent",
)
WARM = (
    "set {x} to {n} degrees",
    "set {x} to {n}",
    "change the temperature of {x} to {n} degrees",
    "heat {x} to {n} degrees",
    "adjust {x} to {n}°C",
    "put {x} at {n} degrees",
)
VOLUME = (
    "set the volume of {x} to {n}%",
    "set {x} volume to {n} percent",
    "change the volume on {x} to {n}%",
    "turn {x} volume to {n} percent",
    "{x} volume {n}%",
)
START = (
    "start {x}",
    "run {x}",
    "tell {x} to start cleaning",
    "have {x} clean",
    "start the vacuum",
    "vacuum the house",
    "let {x} vacuum",
)
DOCK = (
    "send {x} home",
    "dock {x}",
    "return {x} to base",
    "{x}, go back to the dock",
    "send {x} back to its charging station",
    "send the vacuum home",
    "recall {x}",
)
NOT = (
    "don't turn on {x}",
    "do not switch off {x}",
    "please don't touch {x}",
    "never turn {x} on",
    "why is {x} so ugly",
    "turn on {x} tomorrow morning",
    "turn off {x} in ten minutes",
    "turn on {x} when i get home",
    "if it rains close {x}",
    "i turned on {x} yesterday",
    "turn {x} into a dragon",
    "should i turn on {x}",
    "did you see {x} on tv last week",
    "turn on {x} at 8 pm",
    "the {x} is nice",
    "sell {x}",
)
ABSENT_THINGS = (
    "jacuzzi",
    "espresso robot",
    "treadmill",
    "lava lamp",
    "pool pump",
    "ice machine",
    "karaoke box",
    "sewing machine",
)
ABSENT_ROOMS = ("observatory", "ballroom", "submarine", "helipad", "chapel", "armory", "greenhouse", "stable")


class Speaker:
    """Says things about one home."""

    def __init__(self, house: dict[str, Any], chance: random.Random) -> None:
        self._house = house
        self._chance = chance
        self._areas = {area["id"]: area["name"] for area in house["areas"]}
        self._floors = {floor["id"]: floor for floor in house["floors"]}
        self._floor_of = {area["id"]: area["floor"] for area in house["areas"]}

    def _of(self, *domains: str) -> list[Entity]:
        return [each for each in self._house["entities"] if each["domain"] in domains]

    def _unique(self, entity: Entity) -> bool:
        return sum(each["name"] == entity["name"] for each in self._house["entities"]) == 1

    def _pick(self, *domains: str, **attributes: Any) -> Entity | None:
        found = [
            each for each in self._of(*domains)
            if all(each["attributes"].get(key) == value for key, value in attributes.items())
        ]  # fmt: skip
        return self._chance.choice(found) if found else None

    def _call(self, entity: Entity) -> str:
        """As a person calls it: its name, with the room when it needs one."""
        name, room = entity["name"].lower(), self._areas.get(entity["area"], "").lower()
        if self._unique(entity) or not room:
            return f"{self._the()}{name}"
        if room in name:
            return f"the {name}"
        short = name.removeprefix("smart ")
        return self._chance.choice(
            [
                f"the {room} {short}",
                f"the {short} in the {room}",
                f"the {short} of the {room}",
                f"the {name} in the {room}",
            ]
        )

    def _the(self) -> str:
        return self._chance.choice(["the ", "the ", "my ", ""])

    def _say(self, templates: tuple[str, ...], **words: Any) -> str:
        text = self._chance.choice(templates)
        for key, value in words.items():
            text = text.replace("{" + key + "}", str(value))
        return text
