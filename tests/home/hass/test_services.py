"""What each service must make an entity say, in tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.home.hass.services import GOALS, goal
from appliance.home.hass.states import State

OFF, ON = State("off"), State("on")


def lit(**attributes) -> State:
    return State("on", attributes)


@pytest.mark.parametrize(
    ("call", "data", "before", "after", "met"),
    [
        (("switch", "turn_on"), {}, OFF, ON, True),
        (("switch", "turn_on"), {}, OFF, OFF, False),
        (("switch", "toggle"), {}, ON, OFF, True),
        (("switch", "toggle"), {}, OFF, OFF, False),
        (("light", "turn_on"), {}, OFF, lit(brightness=9), True),
        (("light", "turn_on"), {"brightness_pct": 50}, OFF, lit(brightness=128), True),
        (("light", "turn_on"), {"brightness_pct": 50}, OFF, lit(brightness=200), False),
        (("light", "turn_on"), {"brightness": 0}, ON, OFF, True),
        (("light", "turn_on"), {"brightness_step_pct": 10}, lit(brightness=100), lit(brightness=126), True),
        (("light", "turn_on"), {"brightness_step_pct": 10}, lit(brightness=100), lit(brightness=100), False),
        (("light", "turn_on"), {"brightness": 4_000}, OFF, lit(brightness=255), True),
        (("light", "turn_on"), {"color_temp_kelvin": 3_000}, ON, lit(color_temp_kelvin=3_003), True),
        (("light", "turn_on"), {"color_temp_kelvin": 3_000}, ON, lit(color_temp_kelvin=4_000), False),
        (
            ("light", "turn_on"),
            {"rgb_color": [255, 0, 0]},
            lit(color_mode="color_temp"),
            lit(color_mode="hs"),
            True,
        ),
        (("light", "turn_on"), {"effect": "rainbow"}, ON, lit(effect="rainbow"), True),
        (("fan", "turn_on"), {"percentage": 50}, OFF, lit(percentage=66, percentage_step=33.3), False),
        (("fan", "set_percentage"), {"percentage": 50}, lit(percentage_step=33.3), lit(percentage=66), True),
        (("fan", "set_percentage"), {"percentage": 0}, ON, OFF, True),
        (("fan", "increase_speed"), {}, lit(percentage=33), lit(percentage=66), True),
        (("fan", "increase_speed"), {}, lit(percentage=33), lit(percentage=33), False),
        (("fan", "decrease_speed"), {}, lit(percentage=66), lit(percentage=33), True),
        (("cover", "open_cover"), {}, State("closed"), State("opening"), True),
        (("cover", "close_cover"), {}, State("open"), State("open"), False),
        (("cover", "stop_cover"), {}, State("opening"), State("open"), True),
        (("cover", "stop_cover"), {}, State("opening"), State("opening"), False),
        (
            ("cover", "set_cover_position"),
            {"position": 40},
            State("closed", {"current_position": 0}),
            State("opening", {"current_position": 0}),
            True,
        ),
        (
            ("cover", "set_cover_position"),
            {"position": 40},
            State("open", {"current_position": 100}),
            State("opening", {"current_position": 100}),
            False,
        ),
        (
            ("cover", "set_cover_position"),
            {"position": 40},
            State("open", {"current_position": 100}),
            State("open", {"current_position": 41}),
            True,
        ),
        (("cover", "turn_on"), {}, State("closed"), State("open"), True),
        (("valve", "close_valve"), {}, State("open"), State("closing"), True),
        (("lock", "lock"), {}, State("unlocked"), State("locking"), True),
        (("lock", "lock"), {}, State("unlocked"), State("jammed"), False),
        (("climate", "set_temperature"), {"temperature": 21}, ON, State("heat", {"temperature": 21.2}), True),
        (("climate", "set_temperature"), {"temperature": 21}, ON, State("heat", {"temperature": 19}), False),
        (
            ("climate", "set_temperature"),
            {"temperature": 21, "hvac_mode": "cool"},
            ON,
            State("heat", {"temperature": 21}),
            False,
        ),
        (("climate", "set_hvac_mode"), {"hvac_mode": "off"}, State("heat"), OFF, True),
        (("climate", "turn_on"), {}, OFF, State("heat"), True),
        (("number", "set_value"), {"value": 5}, State("1"), State("5.0"), True),
        (("input_number", "set_value"), {"value": 5}, State("1"), State("6"), False),
        (("select", "select_option"), {"option": "eco"}, State("boost"), State("eco"), True),
        (("text", "set_value"), {"value": "hello"}, State(""), State("hello"), True),
        (("media_player", "turn_on"), {}, OFF, State("idle"), True),
        (("media_player", "volume_set"), {"volume_level": 0.5}, ON, lit(volume_level=0.51), True),
        (("media_player", "volume_mute"), {"is_volume_muted": True}, ON, lit(is_volume_muted=True), True),
        (("media_player", "volume_mute"), {"is_volume_muted": True}, ON, lit(is_volume_muted=False), False),
        (("vacuum", "return_to_base"), {}, State("cleaning"), State("returning"), True),
        (("alarm_control_panel", "alarm_arm_away"), {}, State("disarmed"), State("arming"), True),
        (("humidifier", "set_humidity"), {"humidity": 45}, ON, lit(humidity=45), True),
        (("timer", "start"), {}, State("idle"), State("active"), True),
    ],
)
def test_a_service_is_done_when_the_entity_says_so(call, data, before, after, met) -> None:
    wanted = goal(*call, data, before)
    assert wanted is not None
    assert wanted.met(after) is met


@pytest.mark.parametrize(
    "call",
    [("scene", "turn_on"), ("script", "turn_on"), ("button", "press"), ("input_button", "press"), ("x", "y")],
)
def test_some_services_change_no_state(call) -> None:
    assert goal(*call, {}, ON) is None


ANY = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.lists(st.integers(), max_size=3)
)


@given(
    st.sampled_from(sorted(GOALS)),
    st.dictionaries(
        st.sampled_from(["brightness", "position", "percentage", "temperature", "value", "option"]), ANY
    ),
    st.dictionaries(
        st.sampled_from(["brightness", "current_position", "percentage", "percentage_step"]), ANY
    ),
)
def test_no_data_and_no_attributes_are_a_traceback(call, data, attributes) -> None:
    wanted = goal(*call, data, State("on", attributes))
    assert wanted is not None
    assert wanted.met(State("on", attributes)) in {True, False}
