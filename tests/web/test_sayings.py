"""Examples of what can be said are really understood, as deeds on that very thing or an answer about it."""

from __future__ import annotations

from functools import cache

import pytest

from appliance.home.entities import Area, Entity, House
from appliance.understanding.intents import Understander
from appliance.understanding.templates import Templates
from appliance.web.sayings import _TABLES, examples

DIMS = {"supported_color_modes": ["brightness"]}
ABLE = {"light": DIMS, "cover": {"current_position": 0}}
KINDS = [(language, domain) for language, table in _TABLES.items() for domain in table]


@cache
def _templates(language: str) -> Templates:
    """They take a while to load."""
    made = Templates(language)
    made.open()
    return made


def thing(domain: str, name: str) -> Entity:
    attributes = ABLE.get(domain, {"unit_of_measurement": "°C"})
    state = {
        "lock": "locked",
        "sensor": "21",
        "media_player": "playing",
        "climate": "heat",
        "weather": "sunny",
    }
    return Entity(
        f"{domain}.thing", name, domain, area="den", state=state.get(domain, "on"), attributes=attributes
    )


@pytest.mark.parametrize(("language", "domain"), KINDS, ids=lambda value: value)
def test_they_are_understood(language: str, domain: str) -> None:
    name = "Polar lamp" if language == "en" else "Polarlampe"
    house = House(language=language, areas=(Area("den", "Den"),), entities=(thing(domain, name),))
    understander = Understander(house, _templates(language))
    understander.open()
    for sentence in examples(language, domain, name, ABLE.get(domain, {})):
        meant = understander.understand(sentence)
        assert meant.source == "intent", (sentence, meant)
        assert not meant.unsure, (sentence, meant)
        assert all(deed.entity_id == (f"{domain}.thing",) for deed in meant.deeds), (sentence, meant)


def test_nothing_is_promised_that_nobody_knows() -> None:
    assert examples("xx", "light", "Lamp", DIMS) == []
    assert examples("en", "siren", "Horn", {}) == []


def test_only_what_can_be_dimmed_is_dimmed() -> None:
    assert not any(
        "percent" in each for each in examples("en", "light", "Lamp", {"supported_color_modes": ["onoff"]})
    )
    assert any("percent" in each for each in examples("en", "light", "Lamp", DIMS))


def test_a_name_is_only_a_name() -> None:
    assert examples("en", "scene", "{name} {0}", {}) == ["activate the {name} {0} scene"]
