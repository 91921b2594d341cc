"""Whatever arrives, it is a message or Malformed; one bad row spoils no other."""

from __future__ import annotations

import contextlib
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.home.hass import protocol
from appliance.home.hass.protocol import AreaRow, EntityRow, Malformed, StateDiff

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.binary(max_size=80) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_messages_or_malformed(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        assert all(message.type is not None for message in protocol.incoming(data))


@given(JSON, st.sampled_from(["rows", "table", "one"]))
def test_any_result_is_read_or_malformed(value, how: str) -> None:
    raw = msgspec.Raw(json.dumps(value).encode())
    with contextlib.suppress(Malformed):
        getattr(protocol, how)(raw, EntityRow)


def test_messages_come_alone_or_together() -> None:
    one = protocol.incoming('{"id":3,"type":"result","success":true,"result":[1]}')
    assert (one[0].id, one[0].success, bytes(one[0].result)) == (3, True, b"[1]")
    two = protocol.incoming(b'[{"id":1,"type":"event","event":{}},{"id":2,"type":"pong"}]')
    assert [message.type for message in two] == ["event", "pong"]


def test_too_many_at_once_are_malformed() -> None:
    with pytest.raises(Malformed, match="messages in one"):
        protocol.incoming(b"[" + b",".join([b'{"type":"x"}'] * 5_000) + b"]")


def test_deep_nesting_is_no_crash() -> None:
    with pytest.raises(Malformed):
        protocol.incoming(b'{"type":"x","id":' + b"[" * 100_000)


def test_rows_that_do_not_fit_are_counted() -> None:
    raw = msgspec.Raw(
        b'[{"area_id":"a","name":"A"},{"area_id":5,"name":"B"},7,{"area_id":"c","name":"C","x":1}]'
    )
    found, misfits = protocol.rows(raw, AreaRow)
    assert ([row.area_id for row in found], misfits) == (["a", "c"], 2)


def test_a_unique_id_may_be_a_number_and_its_domain_stands_before_the_dot() -> None:
    row = protocol.one(msgspec.Raw(b'{"entity_id":"light.x","platform":"hue","unique_id":7}'), EntityRow)
    assert (row.unique_id, row.domain) == (7, "light")


@pytest.mark.parametrize(
    "bad", ["light", "light.", "Light.a", "light.a b", "light.a\n", "light.a.b", "x." + "y" * 300]
)
def test_what_is_no_entity_id_is_no_row(bad: str) -> None:
    with pytest.raises(Malformed):
        protocol.one(msgspec.Raw(json.dumps({"entity_id": bad, "platform": "x"}).encode()), EntityRow)


def test_a_diff_has_additions_and_removals() -> None:
    diff = protocol.one(msgspec.Raw(b'{"+":{"s":"on","a":{"b":1}},"-":{"a":["c"]}}'), StateDiff)
    assert (diff.added.s, diff.added.a, diff.removed.a) == ("on", {"b": 1}, ["c"])


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        (" Kitchen \n light ", "Kitchen light"),
        ("a\x00b\u202ec", "a b c"),
        (None, ""),
        ("x" * 9_000, "x" * 255),
    ],
)
def test_names_are_one_bounded_line(given_name, shown: str) -> None:
    assert protocol.text(given_name) == shown


def test_aliases_are_cleaned_and_said_once() -> None:
    assert protocol.texts(["Lamp", None, " ", "Lamp ", "Light"]) == ("Lamp", "Light")
    assert len(protocol.texts([f"name {number}" for number in range(100)])) == protocol.MAX_ALIASES


def test_commands_and_login_are_json() -> None:
    assert json.loads(protocol.command(7, "ping", {})) == {"id": 7, "type": "ping"}
    assert json.loads(protocol.login("t")) == {"type": "auth", "access_token": "t"}
