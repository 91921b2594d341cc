"""Answers in a language whose responses say nothing, and choices between sources."""

from __future__ import annotations

import pytest

from appliance.home.entities import Entity
from appliance.understanding import questions
from appliance.understanding.replies import Replies

BARE = Replies("xx", {}, {})
ON = Entity("light.a", "A", "light", state="on")
OFF = Entity("light.b", "B", "light", state="off")
SILENT = Entity("light.c", "C", "light", state="unavailable")
CLIMATE = Entity("climate.x", "X", "climate", state="heat", attributes={"current_temperature": 20})
SENSOR = Entity("sensor.x", "X", "sensor", state="19", attributes={"device_class": "temperature"})
BROKEN = Entity("sensor.y", "Y", "sensor", state="unknown", attributes={"device_class": "temperature"})


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("one", "A: on, B: off"),
        ("which", "A: on"),
        ("any", "A: on"),
        ("how_many", "1"),
        ("all", "A: on, B: off"),
    ],
)
def test_without_responses_there_are_bare_facts(key: str, answer: str):
    assert questions.about_states(BARE, "xx", key, {"state": "on"}, (ON, OFF, SILENT)) == answer


def test_one_that_is_silent_is_named():
    assert questions.about_states(BARE, "xx", "one", {}, (SILENT,)) == "C is not available."


def test_a_thermostat_is_asked_before_sensors():
    assert questions.temperature_sources((SENSOR, CLIMATE, BROKEN)) == (CLIMATE,)
    assert questions.temperature_sources((SENSOR, BROKEN, ON)) == (SENSOR,)
    assert questions.about_temperature(BARE, {}, CLIMATE) == "X: 20"


def test_time_without_responses():
    assert questions.about_time(BARE, "HassGetCurrentTime", "2026-01-02T03:04") == "3:04"
    assert questions.about_time(BARE, "HassGetCurrentDate", "2026-01-02T03:04") == "2026-01-02"
    assert questions.about_time(BARE, "HassGetCurrentTime", "") == ""
