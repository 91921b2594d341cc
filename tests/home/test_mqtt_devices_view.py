"""The house is made anew only where something changed, and is always what it would be if made whole."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.home import registry
from appliance.home.live import Live
from appliance.home.mqtt_devices_view import HouseView
from appliance.mqtt import discovery

NAMES = ("a", "b", "c")


def announced(name, **extra):
    payload = {"state_topic": name, "name": name, "dev": {"ids": [name], "name": name, "sa": "Hall"}, **extra}
    (found,) = discovery.parse("ha", f"ha/sensor/{name}/config", json.dumps(payload).encode()).entities
    return found


def whole(ids, live, now):
    shown = {entity_id: live[entity.key].shown(now) for entity_id, entity in ids.items()}
    return registry.house(ids, shown, "home", "en")


STEPS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from([b"1", b"2", b""]), st.floats(0, 5), st.booleans()),
    max_size=12,
)


@settings(deadline=None)
@given(STEPS)
def test_it_is_the_same_as_a_house_made_whole(steps):
    entities = [announced(name, expire_after=3 if name == "c" else 0) for name in NAMES]
    ids = {f"sensor.{name}": entity for name, entity in zip(NAMES, entities, strict=True)}
    live = {entity.key: Live(entity) for entity in entities}
    view, now = HouseView("home", "en"), 0.0
    for name, payload, pause, other in steps:
        now += pause
        key = f"ha/sensor/{name}/config"
        if live[key].take(name, payload, now).changed:
            view.changed(key)
        if other:
            view.other()
        assert view.house(ids, live, now, reachable=True) == whole(ids, live, now)


def test_nothing_new_is_the_same_object_and_no_connection_is_no_state():
    entity = announced("a")
    ids, live = {"sensor.a": entity}, {entity.key: Live(entity)}
    view = HouseView("home", "en")
    first = view.house(ids, live, 0, reachable=True)
    assert view.house(ids, live, 1, reachable=True) is first
    assert view.house(ids, live, 2, reachable=False).entities[0].state == "unavailable"
    assert view.house(ids, live, 3, reachable=True) == first
    view.changed("somebody else")
    assert view.house(ids, live, 4, reachable=True) == first
