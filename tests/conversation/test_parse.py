from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.conversation import parse, roster
from appliance.conversation.parse import Calls, Refusal
from appliance.wire.messages import Deed
from tests.conversation.homes import GUARDED, MARKED, entity, home

HOUSE = home()
SHOWN = roster.stable(HOUSE, MARKED, 8_000)


def call(do: str, *to: str, **value: object) -> str:
    return json.dumps({"do": do, "to": list(to), **value})


def read(text: str) -> Calls | Refusal:
    return parse.calls(text, SHOWN, HOUSE, MARKED)


def test_calls_become_deeds() -> None:
    text = f"[{call('set_brightness', 'light.desk', percent=40)},{call('close', 'cover.blind')}]"
    assert read(text) == Calls(
        (
            Deed("light", "turn_on", ("light.desk",), {"brightness_pct": 40}),
            Deed("cover", "close_cover", ("cover.blind",)),
        )
    )


def test_the_same_on_several_is_one_deed() -> None:
    first, second = (
        call("turn_off", "light.desk", "light.ceiling"),
        call("turn_off", "light.desk", "switch.coffee"),
    )
    assert read(f"[{first},{second}]") == Calls(
        (
            Deed("light", "turn_off", ("light.desk", "light.ceiling")),
            Deed("switch", "turn_off", ("switch.coffee",)),
        )
    )


@pytest.mark.parametrize(
    "text",
    [
        call("turn_on", "light.desk"),
        '{"do":"turn_on","to":"light.desk"}',
        f"```json\n[{call('turn_on', 'light.desk')}]\n```",
        f" \n[{call('turn_on', 'light.desk')}] ",
    ],
)
def test_other_ways_to_write_one_call(text: str) -> None:
    assert parse.is_calls(text)
    assert read(text) == Calls((Deed("light", "turn_on", ("light.desk",)),))


def test_looking_up_is_no_deed() -> None:
    assert read(f"[{call('look_up', 'lock.front_door', 'sensor.warmth')}]") == Calls(
        (), ("lock.front_door", "sensor.warmth")
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "unreadable"),
        ("[", "unreadable"),
        ("[]", "too_many"),
        ("[" * 3_000, "unreadable"),
        ('[{"do":"turn_on","to":["light.desk"]}', "unreadable"),
        ('[{"do":"turn_on","to":["light.desk"]}] and the door', "unreadable"),
        ('[{"do":"turn_on","to":["light.desk"],"entity_id":"lock.front_door"}]', "unreadable"),
        ('[{"do":"turn_on","to":[1]}]', "unreadable"),
        ('[{"do":null,"to":["light.desk"]}]', "unreadable"),
        ('{"do":"set_brightness","to":["light.desk"],"percent":true}', "unreadable"),
        ('{"do":"set_brightness","to":["light.desk"],"percent":"40"}', "unreadable"),
        ('{"do":"set_brightness","to":["light.desk"],"percent":40,"degrees":5}', "unreadable"),
        ('{"do":"set_brightness","to":["light.desk"],"percent":NaN}', "unreadable"),
        ('{"do":"turn_on","to":["light.\ud800"]}', "unreadable"),
        ("[" + " " * 5_000 + "]", "too_many"),
        (call("turn_on"), "too_many"),
        (call("turn_on", *(f"light.l{index}" for index in range(9))), "too_many"),
        ("[" + ",".join([call("turn_on", "light.desk")] * 5) + "]", "too_many"),
        (call("unlock", "lock.front_door"), "not_offered"),
        (call("turn_on", "lock.front_door"), "not_offered"),
        (call("turn_on", "light.desk", "lock.front_door"), "not_offered"),
        (call("look_up", "light.none"), "not_offered"),
        (call("look_up", "light.desk", percent=5), "not_offered"),
        (call("turn_on", "LIGHT.DESK"), "not_offered"),
        (call("light.turn_on", "light.desk"), "not_offered"),
        (call("open_cover", "cover.blind"), "not_offered"),
        (call("set_brightness", "light.ceiling", percent=5), "not_offered"),
        (call("set_brightness", "light.desk"), "value"),
        (call("set_brightness", "light.desk", percent=500), "value"),
        (call("set_brightness", "light.desk", degrees=20), "value"),
        (call("turn_on", "light.desk", percent=20), "value"),
        ('{"do":"set_brightness","to":["light.desk"],"percent":1e999}', "unreadable"),
        (f"[{call('turn_on', 'light.desk')},{call('turn_off', 'light.desk')}]", "contradiction"),
        (f"[{call('open', 'cover.blind')},{call('close', 'cover.blind')}]", "contradiction"),
    ],
)
def test_what_does_not_fit_is_not_done(text: str, why: str) -> None:
    found = read(text)
    assert isinstance(found, Refusal), found
    assert found.why == why


@pytest.mark.parametrize("each", GUARDED, ids=lambda each: each.id)
@pytest.mark.parametrize(
    "do",
    [
        "turn_on",
        "turn_off",
        "toggle",
        "unlock",
        "lock",
        "open",
        "close",
        "press",
        "alarm_disarm",
        "set_position",
    ],
)
def test_nothing_is_ever_done_with_what_is_guarded(each: object, do: str) -> None:
    for more in ({}, {"percent": 100}):
        assert isinstance(read(call(do, each.id, **more)), Refusal)  # type: ignore[attr-defined]


def test_what_was_not_shown_is_refused_though_it_exists() -> None:
    shown = roster.Roster(SHOWN.shown[:1])
    for each in SHOWN.shown[1:]:
        assert isinstance(parse.calls(call("turn_on", each.id), shown, HOUSE, MARKED), Refusal)


@pytest.mark.parametrize(
    "now",
    [
        HOUSE.with_entities(each for each in HOUSE.entities if each.id != "light.desk"),
        HOUSE.with_entities(
            msgspec.structs.replace(each, attributes={"entity_id": ["lock.front_door"]})
            if each.id == "light.desk"
            else each
            for each in HOUSE.entities
        ),
    ],
    ids=["gone", "became a group with a lock"],
)
def test_what_changed_meanwhile_is_not_done(now: object) -> None:
    assert parse.calls(call("turn_on", "light.desk"), SHOWN, now, MARKED) == Refusal("changed")  # type: ignore[arg-type]


def test_what_the_owner_marked_meanwhile_is_not_done() -> None:
    assert parse.calls(call("turn_on", "switch.coffee"), SHOWN, HOUSE, ("switch.coffee",)) == Refusal(
        "changed"
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=12)
    | st.sampled_from(["turn_on", "unlock", "light.desk", "lock.front_door", "look_up", "set_brightness"]),
    lambda inside: st.lists(inside, max_size=4)
    | st.dictionaries(st.sampled_from(["do", "to", "percent", "mode", "x"]), inside, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.one_of(st.text(max_size=200), json_values.map(json.dumps)))
def test_anything_at_all_is_refused_or_safe(text: str) -> None:
    found = read(text)
    if isinstance(found, Calls):
        touched = {each for deed in found.deeds for each in deed.entity_id}
        assert not touched & {each.id for each in GUARDED}
        assert touched <= SHOWN.ids()


def test_one_more_light_is_one_more_target() -> None:
    """So that the tests above refuse for their reason, not for every input."""
    house = home(entity("light.new", area="hall"))
    shown = roster.stable(house, MARKED, 8_000)
    assert isinstance(parse.calls(call("turn_on", "light.new"), shown, house, MARKED), Calls)
