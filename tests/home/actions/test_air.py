"""Fans, heating, and humidity."""

from __future__ import annotations

import pytest

from appliance.home import actions
from appliance.home.actions import air
from tests.home.planning import (
    CLIMATE,
    FAN,
    HEATER,
    HUMIDIFIER,
    POWERED,
    check,
    entity,
    refused,
)


@pytest.mark.parametrize(
    ("component", "extra", "service", "data", "known", "messages", "wishes"),
    [
        ("fan", FAN, "turn_on", {}, {}, [("c", "ON")], {"state": "on"}),
        (
            "fan",
            FAN,
            "turn_on",
            {"percentage": 50},
            {},
            [("c", "ON"), ("ps", "2")],
            {"state": "on", "percentage": 50},
        ),
        ("fan", FAN, "set_percentage", {"percentage": 0}, {}, [("c", "OFF")], {"state": "off"}),
        (
            "fan",
            FAN,
            "set_percentage",
            {"percentage": 60},
            {"state": "on"},
            [("ps", "2")],
            {"percentage": 50},
        ),
        (
            "fan",
            FAN,
            "set_percentage",
            {"percentage": 75},
            {"state": "off"},
            [("c", "ON"), ("ps", "3")],
            {"state": "on", "percentage": 75},
        ),
        (
            "fan",
            FAN,
            "increase_speed",
            {},
            {"state": "on", "percentage": 25},
            [("ps", "2")],
            {"percentage": 50},
        ),
        (
            "fan",
            FAN,
            "set_preset_mode",
            {"preset_mode": "deep sleep"},
            {},
            [("ms", "Deep sleep")],
            {"preset_mode": "Deep sleep"},
        ),
        ("fan", FAN, "oscillate", {"oscillating": True}, {}, [("os", "oscillate_on")], {"oscillating": True}),
        (
            "fan",
            FAN,
            "set_direction",
            {"direction": "reverse"},
            {},
            [("ds", "reverse")],
            {"direction": "reverse"},
        ),
        (
            "climate",
            CLIMATE,
            "set_temperature",
            {"temperature": 21.5},
            {},
            [("ts", "21.5")],
            {"temperature": 21.5},
        ),
        (
            "climate",
            CLIMATE,
            "set_temperature",
            {"temperature": 20, "hvac_mode": "heat"},
            {},
            [("ms", "heat"), ("ts", "20")],
            {"state": "heat", "temperature": 20},
        ),
        (
            "climate",
            CLIMATE,
            "set_temperature",
            {"target_temp_high": 24, "target_temp_low": 18},
            {},
            [("hs", "24"), ("ls", "18")],
            {"target_temp_high": 24, "target_temp_low": 18},
        ),
        ("climate", CLIMATE, "set_hvac_mode", {"hvac_mode": "cool"}, {}, [("ms", "cool")], {"state": "cool"}),
        ("climate", CLIMATE, "turn_on", {}, {"state": "off"}, [("ms", "heat")], {"state": "heat"}),
        ("climate", CLIMATE, "turn_on", {}, {"state": "cool"}, [("ms", "cool")], {"state": "cool"}),
        ("climate", CLIMATE, "turn_off", {}, {}, [("ms", "off")], {"state": "off"}),
        ("climate", CLIMATE, "toggle", {}, {"state": "heat"}, [("ms", "off")], {"state": "off"}),
        ("climate", POWERED, "turn_off", {}, {}, [("pw", "OFF")], {"state": "off"}),
        ("climate", CLIMATE, "set_fan_mode", {"fan_mode": "low"}, {}, [("fs", "low")], {"fan_mode": "low"}),
        (
            "climate",
            CLIMATE,
            "set_preset_mode",
            {"preset_mode": "away"},
            {},
            [("prs", "away")],
            {"preset_mode": "away"},
        ),
        (
            "climate",
            CLIMATE,
            "set_swing_mode",
            {"swing_mode": "on"},
            {},
            [("ss", "on")],
            {"swing_mode": "on"},
        ),
        ("climate", CLIMATE, "set_humidity", {"humidity": 45}, {}, [("hus", "45")], {"humidity": 45}),
        (
            "water_heater",
            HEATER,
            "set_operation_mode",
            {"operation_mode": "eco"},
            {},
            [("ms", "eco")],
            {"state": "eco"},
        ),
        (
            "water_heater",
            HEATER,
            "set_temperature",
            {"temperature": 50},
            {},
            [("ts", "50")],
            {"temperature": 50},
        ),
        ("water_heater", HEATER, "turn_on", {}, {}, [("pw", "ON")], {}),
        ("humidifier", HUMIDIFIER, "turn_on", {}, {}, [("c", "ON")], {"state": "on"}),
        ("humidifier", HUMIDIFIER, "set_humidity", {"humidity": 55}, {}, [("hs", "55")], {"humidity": 55}),
        ("humidifier", HUMIDIFIER, "set_mode", {"mode": "home"}, {}, [("ms", "home")], {"mode": "home"}),
    ],
)
def test_what_is_sent_and_what_has_to_be_said_then(component, extra, service, data, known, messages, wishes):
    check(entity(component, **extra), service, data, known, messages, wishes)


@pytest.mark.parametrize(
    ("component", "extra", "domain", "service", "data", "reason"),
    [
        ("fan", {}, "fan", "set_percentage", {"percentage": 50}, "one speed"),
        ("fan", FAN, "fan", "set_preset_mode", {"preset_mode": "storm"}, "but auto, Deep sleep"),
        ("fan", {}, "fan", "oscillate", {"oscillating": True}, "cannot swing"),
        ("fan", FAN, "fan", "oscillate", {"oscillating": 1}, "does not know"),
        ("climate", CLIMATE, "climate", "set_temperature", {"temperature": 72}, "from 7 to 35"),
        ("climate", CLIMATE, "climate", "set_temperature", {}, "which temperature"),
        ("climate", CLIMATE, "climate", "set_hvac_mode", {"hvac_mode": "dry"}, "off, heat, cool"),
        (
            "climate",
            {**CLIMATE, "modes": ["heat"]},
            "climate",
            "turn_off",
            {},
            "does not know a mode of 'off'",
        ),
        ("humidifier", HUMIDIFIER, "humidifier", "set_humidity", {"humidity": 90}, "0 to 80"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(component, extra, domain, service, data, reason):
    refused(entity(component, **extra), domain, service, data, reason)


def test_its_services_are_in_the_table():
    assert set(air.SERVICES.items()) <= set(actions.SERVICES.items())
