"""Service calls of every kind of device."""

from __future__ import annotations

import pytest

from appliance.home.entities import Entity
from appliance.understanding.deeds import ACTIONS, deeds
from appliance.wire.messages import Deed

ON, OFF = ACTIONS["HassTurnOn"], ACTIONS["HassTurnOff"]


def entity(domain: str, **attributes: object) -> Entity:
    return Entity(f"{domain}.x", "X", domain, attributes=attributes)


@pytest.mark.parametrize(
    ("domain", "on", "off"),
    [
        ("light", "turn_on", "turn_off"),
        ("switch", "turn_on", "turn_off"),
        ("fan", "turn_on", "turn_off"),
        ("input_boolean", "turn_on", "turn_off"),
        ("cover", "open_cover", "close_cover"),
        ("valve", "open_valve", "close_valve"),
        ("lock", "lock", "unlock"),
        ("button", "press", None),
        ("scene", "turn_on", None),
        ("vacuum", "start", "return_to_base"),
        ("sensor", None, None),
        ("binary_sensor", None, None),
        ("weather", None, None),
    ],
)
def test_on_and_off(domain: str, on: str | None, off: str | None):
    for action, service in ((ON, on), (OFF, off)):
        expected = (Deed(domain, service, (f"{domain}.x",)),) if service else ()
        assert deeds(action, (entity(domain),), {}) == expected


XY, WARM = (
    entity("light", supported_color_modes=["xy"]),
    entity("light", supported_color_modes=["color_temp"]),
)
PLAYER = entity("media_player")
BLIND = entity("cover", current_position=3)


@pytest.mark.parametrize(
    ("intent", "target", "slots", "expected"),
    [
        ("HassLightSet", entity("light"), {"brightness": 0}, ("turn_on", {"brightness_pct": 0})),
        ("HassLightSet", entity("light", supported_color_modes=["onoff"]), {"brightness": 5}, None),
        ("HassLightSet", XY, {"color": "red"}, ("turn_on", {"color_name": "red"})),
        ("HassLightSet", WARM, {"color": "red"}, None),
        ("HassLightSet", WARM, {"temperature": 2700},
         ("turn_on", {"color_temp_kelvin": 2700})),
        ("HassLightSet", entity("light"), {}, None),
        ("HassSetPosition", BLIND, {"position": 40}, ("set_cover_position", {"position": 40})),
        ("HassSetPosition", entity("cover"), {"position": 40}, None),
        ("HassSetPosition", entity("valve"), {"position": 0}, ("close_valve", {})),
        ("HassSetVolume", PLAYER, {"volume_level": 35}, ("volume_set", {"volume_level": 0.35})),
        ("HassSetVolume", entity("media_player"), {"volume_level": "loud"}, None),
        ("HassFanSetSpeed", entity("fan"), {"percentage": 30}, ("set_percentage", {"percentage": 30})),
        ("HassClimateSetTemperature", entity("climate"), {"temperature": 21.5},
         ("set_temperature", {"temperature": 21.5})),
        ("HassMediaPlayerMute", entity("media_player"), {}, ("volume_mute", {"is_volume_muted": True})),
    ],
)  # fmt: skip
def test_calls(
    intent: str, target: Entity, slots: dict[str, object], expected: tuple[str, dict[str, object]] | None
):
    found = deeds(ACTIONS[intent], (target,), slots)
    assert found == ((Deed(target.domain, expected[0], (target.id,), expected[1]),) if expected else ())


def test_one_deed_for_each_kind_of_call():
    lamp, lamp2 = Entity("light.a", "A", "light"), Entity("light.b", "B", "light")
    found = deeds(ON, (lamp, entity("lock"), lamp2, entity("sensor")), {})
    assert found == (Deed("light", "turn_on", ("light.a", "light.b")), Deed("lock", "lock", ("lock.x",)))
