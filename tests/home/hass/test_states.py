"""Compressed states: what `subscribe_entities` sends adds up to what Home Assistant has."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.home.hass.protocol import Malformed
from appliance.home.hass.states import State, States

WANTED = frozenset({"light.a", "light.b", "sensor.c"})


def event(**parts) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(parts).encode())


def test_a_state_comes_changes_and_goes() -> None:
    states = States(10)
    came = states.take(
        event(a={"light.a": {"s": "off", "a": {"friendly_name": "A"}, "c": "x", "lc": 1}}), WANTED
    )
    assert (came.changed, came.other_house) == ({"light.a"}, {"light.a"})
    lit = states.take(event(c={"light.a": {"+": {"s": "on", "a": {"brightness": 9}, "lc": 2}}}), WANTED)
    assert (lit.changed, lit.other_house) == ({"light.a"}, frozenset())
    assert states.get("light.a") == State("on", {"friendly_name": "A", "brightness": 9})
    states.take(event(c={"light.a": {"+": {"s": "off"}, "-": {"a": ["brightness"]}}}), WANTED)
    assert states.get("light.a") == State("off", {"friendly_name": "A"})
    named = states.take(event(c={"light.a": {"+": {"a": {"friendly_name": "B"}}}}), WANTED)
    assert named.other_house == {"light.a"}
    gone = states.take(event(r=["light.a"]), WANTED)
    assert (gone.changed, gone.other_house, states.get("light.a")) == ({"light.a"}, {"light.a"}, None)


def test_what_says_nothing_new_changes_nothing() -> None:
    states = States(10)
    states.take(event(a={"light.a": {"s": "off"}}), WANTED)
    same = states.take(event(c={"light.a": {"+": {"lc": 3, "c": "y"}}}, a={"light.a": {"s": "off"}}), WANTED)
    assert not same.changed
    assert not states.take(event(c={"light.b": {"+": {"s": "on"}}}, r=["light.b"]), WANTED).changed


def test_what_was_not_asked_for_and_what_is_too_much_is_left_out() -> None:
    states = States(1)
    taken = states.take(
        event(a={"light.a": {"s": "on"}, "light.b": {"s": "on"}, "light.z": {"s": "on"}}), WANTED
    )
    assert list(states.all()) == ["light.a"]
    assert taken.misfits == 1


def test_a_row_that_does_not_fit_spoils_no_other() -> None:
    states = States(10)
    taken = states.take(event(a={"light.a": {"s": 5}, "light.b": {"s": "on"}}, c={"light.b": 7}), WANTED)
    assert (list(states.all()), taken.misfits) == (["light.b"], 2)


@pytest.mark.parametrize("raw", [b"7", b'{"a":[]}', b'{"r":{}}', b"{", b'{"r":[5]}'])
def test_what_is_no_event_is_malformed_and_changes_nothing(raw: bytes) -> None:
    states = States(10)
    states.take(event(a={"light.a": {"s": "on"}}), WANTED)
    with pytest.raises(Malformed):
        states.take(msgspec.Raw(raw), WANTED)
    assert states.get("light.a") == State("on")


def test_attributes_are_known_ones_and_plain() -> None:
    attributes = {"brightness": 5, "entity_picture": "x", "effect_list": ["a"] * 65, "rgb_color": [1, 2, 3]}
    attributes |= {"options": [{"a": 1}], "mode": "y" * 300}
    states = States(10)
    states.take(event(a={"light.a": {"s": "z" * 999, "a": attributes}}), WANTED)
    assert states.get("light.a") == State("z" * 255, {"brightness": 5, "rgb_color": [1, 2, 3]})


def test_differences_and_placeholders() -> None:
    old, new = States(10), States(10)
    old.take(event(a={"light.a": {"s": "on", "a": {"friendly_name": "A"}}, "light.b": {"s": "on"}}), WANTED)
    new.take(event(a={"light.b": {"s": "off"}, "sensor.c": {"s": "1"}}), WANTED)
    told = old.difference(new)
    assert (told.changed, told.other_house) == (WANTED, {"light.a", "sensor.c"})
    new.fill_from(old, WANTED)
    assert new.get("light.a") == State("unavailable", {"friendly_name": "A"})
    assert new.get("light.b") == State("off")


TEXT = st.sampled_from(["on", "off", "unavailable"])
WHOLE = st.fixed_dictionaries(
    {"s": TEXT, "a": st.dictionaries(st.sampled_from(["brightness", "min"]), st.integers(0, 9))}
)


@given(st.lists(st.tuples(st.sampled_from(sorted(WANTED)), st.none() | WHOLE), max_size=20))
def test_diffs_add_up_to_the_truth(steps) -> None:
    """The other end, as Home Assistant makes its diffs, against what is put together here."""
    truth: dict[str, dict] = {}
    states = States(10)
    for entity_id, new in steps:
        old = truth.get(entity_id)
        if new is None:
            truth.pop(entity_id, None)
            sent = event(r=[entity_id])
        elif old is None:
            truth[entity_id] = new
            sent = event(a={entity_id: new})
        else:
            truth[entity_id] = new
            diff = {"+": {"s": new["s"], "a": new["a"]}}
            if lost := sorted(old["a"].keys() - new["a"].keys()):
                diff["-"] = {"a": lost}
            sent = event(c={entity_id: diff})
        states.take(sent, WANTED)
    assert {key: {"s": state.state, "a": state.attributes} for key, state in states.all().items()} == truth
