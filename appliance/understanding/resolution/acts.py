"""What a wish means to one entity: a service and its data in Home Assistant's terms. Pure.

A wish that an entity cannot fulfil is None: it is not a candidate for the sentence.
"""

from __future__ import annotations

import msgspec

from appliance.home.entities import Entity

LEVELS: dict[str, float] = {
    "half": 50, "quarter": 25, "threequarter": 75, "max": 100, "min": 1, "low": 33, "medium": 66, "high": 100,
}  # fmt: skip
WHITES = {"warmwhite": 2700, "neutralwhite": 4000, "coolwhite": 6500}
STEPS = {"small": 10, "": 20, "large": 40}
"""Of brightness, speed or position in percent."""
DEGREES = {"small": 1, "": 1, "large": 3}


class Act(msgspec.Struct, frozen=True):
    """A wish: what is to be done, and with which value."""

    kind: str
    """on off toggle open close stop lock unlock set change up down raise lower dim brighten start pause …"""
    about: str = ""
    """brightness, volume, temperature, speed, position… or "" for what the thing mainly has."""
    number: float | None = None
    unit: str = ""
    level: str = ""
    color: str = ""
    mode: str = ""
    sign: int = 0
    amount: str = ""
    by: bool = False
    option: str = ""
    """Words of a choice: a source, a mode, an option."""

    @property
    def percent(self) -> float | None:
        """The value as percent."""
        if self.number is not None and self.unit in {"percent", "", "steps"}:
            return self.number if 0 <= self.number <= 100 else None
        return LEVELS.get(self.level)

    @property
    def valued(self) -> bool:
        """Does it name a value to be set?"""
        return self.number is not None or bool(self.level or self.color or self.mode or self.option)

    @property
    def step(self) -> float:
        """By how many percent, with its sign."""
        size = self.number if self.number is not None else STEPS[self.amount]
        return size * self.sign


def features(entity: Entity, *wanted: str) -> bool:
    """Does it have one of these features? One that does not say is believed to have all."""
    listed = entity.attributes.get("supported_features")
    return not isinstance(listed, list) or not listed or any(each in listed for each in wanted)


def number_of(entity: Entity, name: str) -> float | None:
    """An attribute that is a number."""
    value = entity.attributes.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def whole(value: float) -> int | float:
    """Without a fraction when there is none."""
    return int(value) if value == int(value) else round(value, 2)


def chosen(entity: Entity, attribute: str, words: str) -> str | None:
    """The entity's own spelling of a choice."""
    known = entity.attributes.get(attribute)
    if not words or not isinstance(known, list | tuple):
        return None
    wanted = _plain(words)
    return next((str(each) for each in known if _plain(str(each)) == wanted), None)


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
