"""Every catalogue becomes good discovery messages, in both forms; every message can be taken back."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.config.model import Audio, Config, Home, Tts, Wake
from appliance.mqtt import discovery, topics
from appliance.presence import announcing, catalogue, commands, page
from appliance.presence.announcing import Device
from appliance.presence.entities import Entity, Topics, device_name, node_id, satellite_node
from appliance.presence.panel import Facts, SatelliteView

ROOT = Path(__file__).resolve().parents[2]
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,20}", fullmatch=True)
WORDS = st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=8, unique=True).map(tuple)
FACTS = st.builds(
    Facts, words=WORDS, voices=WORDS, stages=st.just(("sound", "wake", "vad", "stt", "intent", "llm", "tts")),
    has_temperature=st.booleans(), has_pressure=st.booleans(), has_timers=st.booleans(),
    can_update=st.booleans(),
)  # fmt: skip
CONFIGS = st.builds(
    Config,
    home=st.builds(Home, show_words=st.booleans(), area=st.sampled_from(["", "Kitchen"])),
    wake=st.builds(Wake, words=WORDS),
    tts=st.builds(Tts, voice=st.text(max_size=9)),
    audio=st.builds(Audio),
)
VIEWS = st.builds(
    SatelliteView, name=NAMES, title=st.text(max_size=20), online=st.booleans(), can_mute=st.booleans(),
    can_volume=st.booleans(), loudspeaker=st.booleans(), words=WORDS,
    buttons=st.sampled_from([(), ("top",)]), rssi_dbm=st.sampled_from([None, -60.0]),
)  # fmt: skip


def own(config: Config, facts: Facts, node: str) -> Device:
    entities = catalogue.of_appliance(config, facts)
    return Device(
        node, "Appliance", Topics("appliance", node), ("x/status",), entities, area=config.home.area
    )


def satellite(view: SatelliteView, node: str) -> Device:
    name = satellite_node(node, view.name)
    there = Topics("appliance", node, view.name)
    return Device(
        name,
        view.title or view.name,
        there,
        ("x/status", there.availability),
        catalogue.of_satellite(view),
        via=node,
    )


@pytest.mark.parametrize("form", ["device", "single"])
@settings(max_examples=25, deadline=None)
@given(
    config=CONFIGS,
    facts=FACTS,
    views=st.lists(VIEWS, max_size=3, unique_by=lambda view: view.name),
    id_=st.text(max_size=30),
)
def test_every_catalogue_is_announced_well(
    form: announcing.Form, config: Config, facts: Facts, views: list[SatelliteView], id_: str
) -> None:
    node = node_id(id_)
    devices = [own(config, facts, node), *(satellite(view, node) for view in views)]
    uniques: list[str] = []
    states: set[str] = set()
    asked: set[str] = set()
    for device in devices:
        found = announcing.messages("homeassistant", form, device, "1.0")
        assert announcing.announced("homeassistant", form, device).keys() == found.keys()
        for topic, payload in found.items():
            assert topics.parse_discovery("homeassistant", topic) is not None
            heard = discovery.parse("homeassistant", topic, payload)
            assert {problem.kind for problem in heard.problems} <= {"hidden", "unsupported"}, heard.problems
        for entity in device.entities:
            table = announcing.component(device, entity)
            assert len(entity.options) == len(set(entity.options))
            assert device.via or not entity.name.lower().startswith(device.name.lower())
            assert re.fullmatch(r"[a-z0-9_]+", entity.object_id)
            assert str(table["icon"]).startswith("mdi:")
            uniques.append(str(table["unique_id"]))
            states |= {str(table[name]) for name in ("state_topic", "json_attributes_topic") if name in table}
            asked |= {str(table["command_topic"])} if "command_topic" in table else set()
        names = [(entity.component, entity.name) for entity in device.entities]
        assert len(set(names)) == len(names)
    assert len(set(uniques)) == len(uniques)
    assert states.isdisjoint(asked)
    for topic in states | asked:
        assert topics.fault_of_topic(topic) == ""
    ours = Topics("appliance", node)
    assert all(ours.asked(topic) for topic in asked)
    assert not any(ours.asked(topic) for topic in states)


SMALL = Device("a", "A", Topics("appliance", "a"), ("s",), catalogue.of_appliance(Config(), Facts())[:3])
LESS = msgspec.structs.replace(SMALL, entities=SMALL.entities[:2])


def sent(
    device: Device, form: announcing.Form, former: Device | None, former_form: announcing.Form
) -> list[announcing.Post]:
    before = announcing.announced("ha", former_form, former) if former else {}
    return announcing.posts(
        announcing.messages("ha", form, device, "1"), announcing.announced("ha", form, device), before
    )


def test_a_component_that_is_gone_is_taken_back_first() -> None:
    first, second = sent(LESS, "device", SMALL, "device")
    removed = msgspec.json.decode(first.payload)["components"]
    assert removed[SMALL.entities[2].object_id] == {"platform": SMALL.entities[2].component}
    assert not first.retain
    assert second.payload == announcing.messages("ha", "device", LESS, "1")["ha/device/a/config"]
    assert second.retain


def test_a_single_entity_that_is_gone_is_emptied() -> None:
    *_, last = sent(LESS, "single", SMALL, "single")
    assert (last.topic.split("/")[-2], last.payload) == (SMALL.entities[2].object_id, b"")
    assert not [post for post in sent(LESS, "single", SMALL, "single") if post.payload == announcing.MIGRATE]


@pytest.mark.parametrize(("old", "new"), [("single", "device"), ("device", "single")])
def test_a_change_of_form_migrates_announces_and_empties_in_this_order(
    old: announcing.Form, new: announcing.Form
) -> None:
    posts = sent(SMALL, new, SMALL, old)
    order = [2 if not post.payload else 0 if post.payload == announcing.MIGRATE else 1 for post in posts]
    assert set(order) == {0, 1, 2}
    assert all(one <= other for one, other in pairwise(order))
    assert {post.topic for post in posts if not post.payload} == announcing.announced("ha", old, SMALL).keys()
    assert not any(post.retain for post in posts if post.payload == announcing.MIGRATE)


@given(topic=st.text(max_size=40), payload=st.binary(max_size=80))
def test_no_retained_message_whatever_confuses(topic: str, payload: bytes) -> None:
    for each in (topic, "ha/device/a-b/config", f"ha/{topic}/a/x/config"):
        if announcing.is_ours("ha", "a", each, payload):
            assert isinstance(announcing.found_components(each, payload), dict)


def test_only_our_own_announcements_are_ours() -> None:
    room = b'{"device": {"via_device": "a"}, "components": {"x": {"platform": "sensor"}}}'
    assert announcing.is_ours("ha", "a", "ha/device/a-b/config", room)
    assert announcing.found_components("ha/device/a-b/config", room) == {"x": "sensor"}
    assert announcing.is_ours("ha", "a", "ha/sensor/a/x/config", b"{}")
    assert not announcing.is_ours("ha", "a", "ha/device/a-b/config", b'{"device": {"via_device": "c"}}')
    assert not announcing.is_ours("ha", "a", "ha/sensor/b/x/config", b"{}")
    assert not announcing.is_ours("ha", "a", "ha/device/a/config", b"")


ENTITIES = {entity.object_id: entity for entity in catalogue.of_appliance(Config(), Facts(words=("a",)))}


@given(entity=st.sampled_from(list(ENTITIES.values())), payload=st.binary(max_size=40))
def test_any_payload_is_a_value_or_wrong(entity: Entity, payload: bytes) -> None:
    try:
        value = commands.value_of(entity, payload)
    except commands.Wrong:
        return
    else:
        assert entity.commanded
        assert isinstance(value, bool | float | str)


@pytest.mark.parametrize(
    ("words", "place", "chosen", "expected"),
    [
        (("a", "b"), "wake_word", "c", ["c", "b"]),
        (("a", "b"), "wake_word", "b", ["b", "a"]),
        (("a", "b"), "second_wake_word", "no word", ["a"]),
        (("a", "b"), "second_wake_word", "a", ["a", "b"]),
        (("a",), "second_wake_word", "b", ["a", "b"]),
        (("a", "b", "c"), "wake_word", "c", ["c", "b"]),
        (("a", "b", "c"), "second_wake_word", "d", ["a", "d", "c"]),
    ],
)
def test_wake_words_stay_different(
    words: tuple[str, ...], place: str, chosen: str, expected: list[str]
) -> None:
    assert commands.words_with(words, place, chosen) == expected


@pytest.mark.parametrize(
    ("id_", "node"), [("appliance-pi5", "appliance-pi5"), ("a b/ü", "a-b--"), ("", "appliance")]
)
def test_a_node_is_fit_for_topics(id_: str, node: str) -> None:
    assert node_id(id_) == node
    assert device_name(node)


def test_the_page_lists_every_entity() -> None:
    assert page.tables() in (ROOT / "docs" / "home-assistant-entities.md").read_text()
