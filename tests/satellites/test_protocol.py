"""Messages and topics of the satellite protocol, also from someone who means harm."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import Malformed
from appliance.satellites import protocol
from appliance.satellites.protocol import LEAVES, Message
from appliance.satellites.protocol_audio import UP_RATE_HZ, Chunk

TEXT = st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cc", "Cs"]), max_size=30)
WORD = TEXT.filter(bool)
RUN = st.integers(1, protocol.MAX_RUN)
CLOCK = st.integers(0, 2**62 - 1)
SECONDS = st.floats(0, 3_600)
UP_CHUNK = st.builds(
    Chunk,
    RUN,
    st.integers(0, 65_535),
    st.integers(0, 2**32 - 1),
    st.binary(max_size=400).map(lambda raw: raw * 2),
    st.just(UP_RATE_HZ),
    st.booleans(),
    st.booleans(),
)
EXAMPLES: dict[tuple[Any, str], st.SearchStrategy[Any]] = {
    ("up", "availability"): st.builds(protocol.Availability, st.booleans()),
    ("up", "capabilities"): st.builds(
        protocol.Capabilities,
        st.lists(st.integers(0, 65_535), min_size=1, max_size=8).map(tuple),
        TEXT,
        TEXT,
        wake_words=st.lists(WORD, max_size=8).map(tuple),
        rates=st.just((16_000, 22_050)),
        detects=st.booleans(),
        max_payload_bytes=st.integers(1_040, 65_536),
    ),
    ("up", "wake"): st.builds(
        protocol.Wake,
        st.integers(1, protocol.HUB_RUN - 1),
        WORD,
        CLOCK,
        st.floats(0, 1),
        st.integers(0, 60_000),
    ),
    ("up", "audio"): UP_CHUNK,
    ("up", "stream"): UP_CHUNK,
    ("up", "playing"): st.builds(protocol.Playing, RUN, SECONDS, CLOCK),
    ("up", "played"): st.builds(protocol.Played, RUN, SECONDS, st.floats(0, 1)),
    ("up", "finish"): st.builds(protocol.Finish, RUN),
    ("up", "cancel"): st.builds(protocol.Cancel, RUN),
    ("up", "button"): st.builds(protocol.Button, WORD, st.sampled_from(["press", "long"])),
    ("up", "mute"): st.builds(protocol.Mute, st.booleans(), st.booleans()),
    ("up", "volume"): st.builds(protocol.Volume, st.floats(0, 1)),
    ("up", "intercom"): st.builds(protocol.Intercom, st.sampled_from(["", "hall", "local"])),
    ("up", "level"): st.builds(protocol.Level, st.floats(-150, 0), st.none(), st.floats(0, 1e9)),
    ("down", "hub"): st.builds(protocol.Hub, st.booleans(), st.integers(0, 9), TEXT, st.booleans(), TEXT),
    ("down", "search"): st.builds(protocol.Search, st.booleans(), TEXT),
    ("down", "run"): st.builds(
        protocol.Progress,
        RUN,
        st.sampled_from(["listening", "done"]),
        st.sampled_from(["", "elsewhere"]),
        TEXT,
    ),
    ("down", "text"): st.builds(protocol.Text, RUN, st.sampled_from(["partial", "reply"]), TEXT),
    ("down", "chime"): st.builds(protocol.Chime, RUN),
    ("down", "tick"): st.builds(protocol.Tick, RUN),
    ("down", "speech"): UP_CHUNK,
    ("down", "cancel"): st.builds(protocol.Cancel, RUN),
    ("down", "mute"): st.builds(protocol.Mute, st.booleans()),
    ("down", "volume"): st.builds(protocol.Volume, st.floats(0, 1)),
    ("down", "intercom"): st.builds(protocol.Call, RUN, st.just("hall"), st.booleans(), TEXT),
}
ALL = [(direction, leaf) for direction, leaves in LEAVES.items() for leaf in leaves]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def test_every_topic_has_an_example() -> None:
    assert set(EXAMPLES) == set(ALL)


@given(st.data())
def test_what_is_said_arrives(data: st.DataObject) -> None:
    direction, leaf = data.draw(st.sampled_from(ALL))
    message = data.draw(EXAMPLES[direction, leaf])
    packet = protocol.packet("appliance", "kitchen", direction, leaf, message)
    assert protocol.parse_topic("appliance", direction, packet.topic) == ("kitchen", leaf)
    assert protocol.decode(direction, leaf, packet.payload) == message


@given(st.sampled_from(ALL), st.binary(max_size=200))
def test_noise_is_malformed_or_a_message(place: tuple[Any, str], payload: bytes) -> None:
    try:
        message = protocol.decode(*place, payload)
    except Malformed:
        return
    assert isinstance(message, Message | Chunk)


@given(
    st.sampled_from([place for place in ALL if LEAVES[place[0]][place[1]].type is not Chunk]), JSON, st.data()
)
def test_wrong_values_are_malformed_or_within_their_bounds(
    place: tuple[Any, str], value: Any, data: st.DataObject
) -> None:
    message = data.draw(EXAMPLES[place])
    fields = msgspec.to_builtins(message)
    fields[data.draw(st.sampled_from(sorted(fields)))] = value
    try:
        decoded = protocol.decode(*place, msgspec.json.encode(fields))
    except Malformed:
        return
    again = protocol.decode(*place, protocol.encode(decoded))
    assert again == decoded


@pytest.mark.parametrize(
    ("direction", "leaf", "payload"),
    [
        ("up", "deed", b"{}"),
        ("up", "hub", b'{"online":true,"protocol":1,"session":"x"}'),
        ("down", "wake", b'{"run":1,"word":"x","at_ms":1}'),
        ("up", "availability", b"ONLINE"),
        ("up", "availability", b""),
        ("up", "capabilities", b'{"name":"x"}'),
        ("up", "capabilities", b'{"protocol":[]}'),
        ("up", "capabilities", b'{"protocol":[1],"name":"a\\u0000b"}'),
        ("up", "capabilities", b'{"protocol":[1],"name":"a\\n"}'),
        ("up", "capabilities", b'{"protocol":[1],"max_payload_bytes":9999999}'),
        ("up", "capabilities", b'{"protocol":[1],"name":"' + b"x" * 65 + b'"}'),
        ("up", "wake", b'{"run":0,"word":"x","at_ms":1}'),
        ("up", "wake", b'{"run":2147483648,"word":"x","at_ms":1}'),
        ("up", "wake", b'{"run":1,"word":"x","at_ms":-1}'),
        ("up", "wake", b'{"run":1,"word":"x","at_ms":1,"score":2}'),
        ("up", "wake", b'{"run":1,"word":"x","at_ms":1,"score":NaN}'),
        ("up", "wake", b'{"run":true,"word":"x","at_ms":1}'),
        ("up", "wake", b"[" * 4_000),
        ("up", "finish", b'{"run":1}' + b" " * 5_000),
        ("up", "finish", b"\xff\xfe"),
        ("up", "intercom", b'{"to":"../other/down"}'),
        ("up", "intercom", b'{"to":"+"}'),
        ("up", "volume", b'{"level":1e999}'),
    ],
)
def test_what_is_not_as_documented_is_malformed(direction: Any, leaf: str, payload: bytes) -> None:
    with pytest.raises(Malformed):
        protocol.decode(direction, leaf, payload)


def test_unknown_keys_are_ignored_and_missing_ones_have_their_defaults() -> None:
    wake = protocol.decode("up", "wake", b'{"run":7,"word":"w","at_ms":5,"mood":{"a":[1]}}')
    assert wake == protocol.Wake(7, "w", 5, 1.0, 0)


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("appliance/satellites/kitchen/up/wake", ("kitchen", "wake")),
        ("appliance/satellites/kitchen/up/nonsense", ("kitchen", "nonsense")),
        ("appliance/satellites/kitchen/down/run", None),
        ("appliance/satellites/kitchen/up/wake/more", None),
        ("appliance/satellites//up/wake", None),
        ("appliance/satellites/-x/up/wake", None),
        ("appliance/satellites/" + "x" * 65 + "/up/wake", None),
        ("appliance/satellites/küche/up/wake", None),
        ("other/satellites/kitchen/up/wake", None),
        ("appliance/satellites/kitchen", None),
    ],
)
def test_topics(topic: str, expected: tuple[str, str] | None) -> None:
    assert protocol.parse_topic("appliance", "up", topic) == expected


@pytest.mark.parametrize(("offered", "chosen"), [((1,), 1), ((2, 1), 1), ((2, 3), 0), ((), 0)])
def test_the_highest_common_version_is_spoken(offered: tuple[int, ...], chosen: int) -> None:
    assert protocol.common_version(offered) == chosen


def test_nothing_of_a_run_is_retained() -> None:
    for direction, leaves in LEAVES.items():
        for leaf, rule in leaves.items():
            assert not (rule.retain and "run" in getattr(rule.type, "__struct_fields__", ())), (
                direction,
                leaf,
            )
