"""What a wish means to one entity."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.understanding.resolution import acts_air, acts_lights, acts_media, acts_openings
from appliance.understanding.resolution.acts import Act
from appliance.understanding.resolution.doing import acts_at_all, call_for, guarded
from tests.understanding.resolution.rooms import BRIGHT, COLORED, ONLY_ON, thing

COVER = thing("cover.a", "Blind", None, "open", current_position=80, device_class="blind")
PLAIN_COVER = thing("cover.b", "Blind", None, "open", supported_features=["open", "close"])
PLAYER = thing("media_player.a", "Player", None, "playing", volume_level=0.5, source_list=["HDMI 1"])
HEATING = thing("climate.a", "Heating", None, "heat", temperature=20, min_temp=7, max_temp=30,
                hvac_modes=["off", "heat"], preset_modes=["eco"])  # fmt: skip
FAHRENHEIT = thing("climate.b", "Heating", None, "heat", temperature=70)
FAN = thing("fan.a", "Fan", None, "on", percentage=50, preset_modes=["sleep"])


@pytest.mark.parametrize(
    ("entity", "act", "service", "data"),
    [
        (thing("light.a", "L", **BRIGHT), Act("set", number=40, unit="percent"), "turn_on",
         {"brightness_pct": 40}),
        (thing("light.a", "L", **BRIGHT), Act("on", level="half"), "turn_on", {"brightness_pct": 50}),
        (thing("light.a", "L", **BRIGHT), Act("change", sign=-1), "turn_on", {"brightness_step_pct": -20}),
        (thing("light.a", "L", **COLORED), Act("set", color="red"), "turn_on", {"color_name": "red"}),
        (thing("light.a", "L", **COLORED), Act("set", number=99999, unit="kelvin"), "turn_on",
         {"color_temp_kelvin": 10000}),
        (COVER, Act("down"), "close_cover", {}),
        (COVER, Act("open", amount="small"), "set_cover_position", {"position": 90}),
        (COVER, Act("close", number=30, unit="percent"), "set_cover_position", {"position": 70}),
        (PLAIN_COVER, Act("set", number=100, unit="percent"), "open_cover", {}),
        (PLAYER, Act("set", "volume", number=30), "volume_set", {"volume_level": 0.3}),
        (PLAYER, Act("change", "volume", sign=1), "volume_up", {}),
        (PLAYER, Act("up", "volume", number=10, by=True), "volume_set", {"volume_level": 0.6}),
        (PLAYER, Act("set", option="hdmi 1"), "select_source", {"source": "HDMI 1"}),
        (HEATING, Act("set", number=21, unit="degrees"), "set_temperature", {"temperature": 21}),
        (HEATING, Act("up"), "set_temperature", {"temperature": 21}),
        (HEATING, Act("set", mode="eco"), "set_preset_mode", {"preset_mode": "eco"}),
        (HEATING, Act("set", number=68, unit="fahrenheit"), "set_temperature", {"temperature": 20}),
        (FAHRENHEIT, Act("set", number=20, unit="celsius"), "set_temperature", {"temperature": 68}),
        (FAN, Act("set", number=75, unit="percent"), "set_percentage", {"percentage": 75}),
        (FAN, Act("more"), "set_percentage", {"percentage": 70}),
        (FAN, Act("set", mode="sleep"), "set_preset_mode", {"preset_mode": "sleep"}),
        (thing("vacuum.a", "V"), Act("off"), "return_to_base", {}),
        (thing("alarm_control_panel.a", "A"), Act("arm", mode="night"), "alarm_arm_night", {}),
        (thing("number.a", "N", None, "3", min=1, max=6), Act("set", number=5), "set_value", {"value": 5}),
        (thing("select.a", "S", options=["Cotton", "Wool"]), Act("set", option="wool"), "select_option",
         {"option": "Wool"}),
    ],
)  # fmt: skip
def test_a_wish_becomes_a_call(entity: Any, act: Act, service: str, data: dict[str, Any]):
    assert call_for(entity, act) == (service, data)


@pytest.mark.parametrize(
    ("entity", "act"),
    [
        (thing("light.a", "L", **ONLY_ON), Act("set", number=40, unit="percent")),
        (thing("light.a", "L", **BRIGHT), Act("set", color="red")),
        (thing("light.a", "L", **BRIGHT), Act("set", number=140, unit="percent")),
        (thing("light.a", "L"), Act("open")),
        (PLAIN_COVER, Act("set", number=50, unit="percent")),
        (COVER, Act("lock")),
        (HEATING, Act("set", number=45, unit="degrees")),
        (HEATING, Act("set", mode="cool")),
        (thing("climate.c", "C", None, "heat", temperature=20), Act("set", number=45)),
        (PLAYER, Act("set", option="hdmi 7")),
        (PLAYER, Act("set", number=30)),
        (thing("lock.a", "L"), Act("on")),
        (thing("lock.a", "L"), Act("open")),
        (thing("sensor.a", "S"), Act("on")),
        (thing("number.a", "N", None, "3", min=1, max=6), Act("set", number=9)),
        (thing("scene.a", "S"), Act("off")),
        (thing("switch.a", "S"), Act("set", number=50)),
    ],
)
def test_what_it_cannot_do_is_no_call(entity: Any, act: Act):
    assert call_for(entity, act) is None


def test_what_must_not_be_guessed():
    assert guarded(Act("unlock"))
    assert guarded(Act("disarm"))
    assert not guarded(Act("lock"))
    assert acts_at_all(COVER)
    assert not acts_at_all(thing("sensor.a", "S"))


def test_each_domain_has_its_own_judge():
    assert acts_lights.light_call(thing("light.a", "L"), Act("toggle")) == ("toggle", {})
    assert acts_media.media_call(PLAYER, Act("mute")) == ("volume_mute", {"is_volume_muted": True})
    assert acts_openings.lock_call(thing("lock.a", "L"), Act("lock")) == ("lock", {})
    humidifier = thing("humidifier.a", "H", humidity=40)
    assert acts_air.humidifier_call(humidifier, Act("set", number=50, unit="percent")) == (
        "set_humidity",
        {"humidity": 50},
    )
