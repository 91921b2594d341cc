"""What a phrase for things is, and what is found for it. Pure."""

from __future__ import annotations

from typing import Literal

import msgspec

from appliance.understanding.resolution.index import HouseIndex
from appliance.understanding.resolution.tokens import Token

Scope = Literal["", "here", "house"]

BRANDS = frozenset(
    [
        "sonoff",
        "philips",
        "ikea",
        "tuya",
        "shelly",
        "aqara",
        "tplink",
        "kasa",
        "tapo",
        "lifx",
        "wemo",
        "meross",
        "xiaomi",
        "zigbee",
        "zwave",
        "wi",
        "fi",
        "google",
        "samsung",
        "lg",
        "sony",
        "bosch",
        "govee",
        "nanoleaf",
        "lutron",
        "ecobee",
        "nest",
        "tradfri",
        "hue",
        "belkin",
        "switchbot",
        "eufy",
    ]
)


class Target(msgspec.Struct, frozen=True):
    """A phrase for things: its words without articles, and how many of them it means."""

    words: tuple[Token, ...] = ()
    every: bool = False
    both: bool = False
    scope: Scope = ""
    pronoun: bool = False
    excluded: tuple[tuple[Token, ...], ...] = ()

    @property
    def text(self) -> str:
        """As it was said."""
        return " ".join(token.raw or token.text for token in self.words)

    @property
    def empty(self) -> bool:
        """Nothing was named."""
        return not (self.words or self.every or self.both or self.scope or self.pronoun)


class Found(msgspec.Struct, frozen=True):
    """What is meant; or what stands in the way."""

    mask: int = 0
    problem: Literal["", "unknown", "nothing", "several"] = ""
    words: str = ""
    """What is not known, or what several things are called."""
    cost: float = 0.0
    place: str = ""


class Search(msgspec.Struct, frozen=True):
    """What is searched: the house's words, who can do it, who is listening where, and whose state helps."""

    index: HouseIndex
    able: int
    near: str = ""
    """Area of whoever listens."""
    preferred: int = 0
    """Among several, these: what is playing, what is on."""
    implied: int = -1
    """What the verb is about when no thing is named; -1: nothing."""
    guarded: bool = False
    """Only exact evidence counts."""
    sweeping: bool = False
    """May it be done in all rooms when no room is known: switching off, closing, locking."""
    together: int = 0
    """Of which "the light" means all in a room: lights."""
