"""What announced entities can do, in Home Assistant's attributes."""

from __future__ import annotations

import json

import pytest

from appliance.mqtt import discovery
from appliance.mqtt.discovery_features import COLDEST, WARMEST

TOLD = {"command_topic": "c", "state_topic": "s", "name": "It"}


def announced(component, extra):
    payload = json.dumps({**TOLD, **extra}).encode()
    return discovery.parse("ha", f"ha/{component}/x/config", payload)


@pytest.mark.parametrize(
    ("component", "extra", "attributes"),
    [
        ("light", {}, {"supported_color_modes": ("onoff",), "supported_features": 0}),
        ("light", {"white_command_topic": "w"}, {"supported_color_modes": ("onoff",)}),
        (
            "light", {"color_temp_command_topic": "w", "effect_command_topic": "e", "effect_list": ["a"]},
            {
                "supported_color_modes": ("color_temp",), "supported_features": 4, "effect_list": ("a",),
                "min_color_temp_kelvin": WARMEST, "max_color_temp_kelvin": COLDEST,
            },
        ),
        (
            "light", {"schema": "json", "sup_clrm": ["color_temp"], "max_mireds": 500, "min_mireds": 250},
            {"min_color_temp_kelvin": 2_000, "max_color_temp_kelvin": 4_000, "supported_features": 40},
        ),
        (
            "light", {"schema": "json", "sup_clrm": ["color_temp"], "min_kelvin": 2_200,
            "max_kelvin": "6500"},
            {"min_color_temp_kelvin": 2_200, "max_color_temp_kelvin": 6_500},
        ),
        ("cover", {}, {"supported_features": 11}),
        ("cover", {"payload_stop": None}, {"supported_features": 3}),
        (
            "cover",
            {"set_pos_t": "a", "pos_t": "b", "tilt_cmd_t": "t", "device_class": "blind"},
            {"supported_features": 255, "device_class": "blind"},
        ),
        ("valve", {"reports_position": True}, {"supported_features": 7, "reports_position": True}),
        ("lock", {}, {"supported_features": 0}),
        ("lock", {"payload_open": "O"}, {"supported_features": 1}),
        ("fan", {}, {"supported_features": 48}),
        ("fan", {"pct_cmd_t": "p", "spd_rng_max": 3}, {"supported_features": 49, "percentage_step": 100 / 3}),
        (
            "climate", {"temp_cmd_t": "t", "modes": ["off", "heat"], "min_temp": 5, "temp_step": 0.5},
            {
                "supported_features": 385, "hvac_modes": ("off", "heat"), "min_temp": 5, "max_temp": 35,
                "target_temp_step": 0.5,
            },
        ),
        ("climate", {"temperature_unit": "F"}, {"min_temp": 44.6, "max_temp": 95, "temperature_unit": "°F"}),
        (
            "climate", {"pr_mode_cmd_t": "p", "pr_modes": ["away"]},
            {"preset_modes": ("none", "away"), "supported_features": 400},
        ),
        ("humidifier", {"hum_cmd_t": "h"}, {"device_class": "humidifier", "max_humidity": 100}),
        ("vacuum", {"sup_feat": ["start", "locate"]}, {"supported_features": 8192 + 512 + 4096}),
        ("number", {"min": -5, "max": 5, "step": 0.1}, {"min": -5, "max": 5, "step": 0.1}),
        ("select", {"options": "only"}, {"options": ("only",)}),
        ("alarm_control_panel", {"code": "12"}, {"supported_features": 63, "code_format": "number"}),
        ("siren", {}, {"supported_features": 27}),
        ("sensor", {"options": ["a", "b"], "device_class": "enum"}, {"options": ("a", "b")}),
        ("event", {"event_types": ["press"], "device_class": "button"}, {"event_types": ("press",)}),
    ],
)  # fmt: skip
def test_attributes(component, extra, attributes):
    found = announced(component, extra)
    assert found.problems == ()
    (entity,) = found.entities
    assert {name: entity.attributes[name] for name in attributes} == attributes


@pytest.mark.parametrize(
    ("component", "extra", "reason"),
    [
        ("light", {"on_command_type": "sometimes"}, "on_command_type"),
        ("light", {"color_temp_command_topic": "w", "min_kelvin": 6_000, "max_kelvin": 3_000}, "no range"),
        ("cover", {"position_open": 0}, "position_closed"),
        ("cover", {"set_position_topic": "x"}, "needs `position_topic`"),
        ("cover", {"tilt_max": 0}, "tilt_min"),
        ("valve", {"reports_position": True, "payload_open": "O"}, "no payload to open"),
        ("fan", {"speed_range_min": 5, "speed_range_max": 5}, "speed_range_max"),
        ("fan", {"speed_range_min": 0}, "speed_range_min"),
        ("climate", {"min_temp": 30, "max_temp": 20}, "no range"),
        ("climate", {"min_humidity": 80, "max_humidity": 20}, "max_humidity"),
        ("humidifier", {}, "target_humidity_command_topic"),
        ("number", {"min": 5, "max": 1}, "max"),
        ("text", {"max": 256}, "max"),
        ("select", {}, "options"),
        ("event", {}, "event_types"),
        ("light", {"encoding": ""}, "encoding"),
        ("light", {"encoding": "hex"}, "encoding"),
        ("select", {"options": ["x"] * 301}, "301 entries"),
        ("select", {"options": ["x" * 255] * 100}, "16384 characters"),
    ],
)
def test_options_that_contradict_each_other_are_refused(component, extra, reason):
    found = announced(component, extra)
    assert found.entities == ()
    assert reason in found.problems[0].reason


def test_equal_parts_are_kept_once():
    one, two = (
        discovery.parse(
            "ha", f"ha/light/{name}/config", json.dumps({**TOLD, "cmd_t": name}).encode()
        ).entities[0]
        for name in ("a", "b")
    )
    assert one.options is two.options
    assert one.attributes is two.attributes
