"""What is known about an entity."""

from __future__ import annotations

import pytest

from appliance.home.entities import Entity
from appliance.understanding.resolution.facts import OPPOSITES, STATES, holds
from appliance.understanding.resolution.measuring import measured, shown
from tests.understanding.resolution.rooms import thing


@pytest.mark.parametrize(
    ("entity", "state", "answer"),
    [
        (thing("light.a", "A", None, "on"), "on", True),
        (thing("light.a", "A", None, "on"), "open", None),
        (thing("light.a", "A", None, "unavailable"), "on", None),
        (thing("binary_sensor.a", "A", None, "on", device_class="window"), "open", True),
        (thing("binary_sensor.a", "A", None, "on", device_class="window"), "on", None),
        (thing("binary_sensor.a", "A", None, "off", device_class="lock"), "locked", True),
        (thing("lock.a", "A", None, "unlocked"), "locked", False),
        (thing("person.a", "A", None, "not_home"), "away", True),
        (thing("climate.a", "A", None, "heat"), "heating", True),
        (thing("sensor.a", "A", None, "12", device_class="battery"), "low", True),
        (thing("weather.a", "A", None, "pouring"), "rainy", True),
        (thing("media_player.a", "A", None, "idle"), "playing", False),
    ],
)
def test_a_state_holds_or_not_or_is_none_of_its_own(entity: Entity, state: str, answer: bool | None):
    assert holds(entity, state) is answer


def test_opposites_are_states_that_exclude_each_other():
    assert set(OPPOSITES) <= set(STATES)
    assert all(OPPOSITES[OPPOSITES[name]] == name for name in OPPOSITES)


@pytest.mark.parametrize(
    ("entity", "wanted", "text"),
    [
        (
            thing("sensor.a", "A", None, "21.50", device_class="temperature", unit_of_measurement="°C"),
            "temperature",
            "21.5 °C",
        ),
        (thing("light.a", "A", None, "on", brightness=128), "brightness", "50 %"),
        (thing("media_player.a", "A", None, "on", volume_level=0.4), "volume", "40 %"),
        (thing("light.a", "A", None, "on", rgb_color=[250, 5, 0]), "color", "red"),
        (thing("climate.a", "A", None, "heat", temperature=20), "target", "20 °C"),
        (thing("cover.a", "A", None, "open", current_position=30), "position", "30 %"),
    ],
)
def test_a_measurement_has_a_value_and_a_unit(entity: Entity, wanted: str, text: str):
    value = measured(entity, wanted)
    assert value is not None
    assert shown(value, {}) == text


def test_what_it_does_not_measure_is_none():
    assert measured(thing("sensor.a", "A", None, "5", device_class="humidity"), "temperature") is None
    assert measured(thing("sensor.a", "A", None, "unknown", device_class="humidity"), "humidity") is None
    assert measured(thing("light.a", "A", None, "on", brightness="bright"), "brightness") is None
