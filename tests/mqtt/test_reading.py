"""Options of a discovery payload, taken one by one; whole payloads are in test_discovery."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.mqtt import reading
from appliance.mqtt.kinds import Option
from appliance.mqtt.reading import MAX_TEXT_CHARS, Refused

LIST, PAYLOAD = Option("l", "list", ()), Option("p", "payload", "P")
NUMBER, BOOL, TEXT = Option("n", "number", 7), Option("b", "bool", True), Option("t", "text", "x")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, "a table"),
        ([], "a list"),
        ("", "text"),
        (True, "true or false"),
        (None, "null"),
        (1, "a number"),
        (0.5, "a number"),
    ],
)
def test_every_kind_of_value_has_its_words(value, words):
    assert reading.kind_of(value) == words


def test_a_full_name_wins_wherever_it_stands():
    names = {"s": "state", "c": "command"}
    assert reading.expand({"s": 1, "state": 2, "c": 3, "other": 4}, names) == {
        "state": 2,
        "command": 3,
        "other": 4,
    }
    assert reading.expand({"state": 2, "s": 1}, names) == {"state": 2}


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        (NUMBER, None, 7),
        (NUMBER, 0, 0),
        (NUMBER, 1e9, 1e9),
        (NUMBER, "5.5", 5.5),
        (LIST, "a", ("a",)),
        (LIST, ["a", 1], ("a", "1")),
        (PAYLOAD, None, ""),
        (BOOL, None, True),
        (BOOL, False, False),
        (TEXT, None, "x"),
        (TEXT, "", ""),
        (TEXT, 1, "1"),
        (TEXT, True, "True"),
    ],
)
def test_options(option, value, expected):
    found = reading.option_of({option.name: value}, option)
    assert (found, type(found)) == (expected, type(expected))
    assert reading.option_of({}, option) == option.default


@pytest.mark.parametrize(
    ("option", "value", "kind", "reason"),
    [
        (NUMBER, True, "type", "`n` is true or false, not number"),
        (NUMBER, "much", "type", "`n` is text, not number"),
        (NUMBER, "nan", "type", "`n` is text, not number"),
        (NUMBER, -0.1, "value", "`n` is -0.1"),
        (NUMBER, 1_000_000_001, "value", "`n` is 1000000001"),
        (NUMBER, math.nan, "value", "`n` is nan"),
        (NUMBER, math.inf, "value", "`n` is inf"),
        (BOOL, 1, "type", "`b` is a number, not bool"),
        (BOOL, "on", "type", "`b` is text, not bool"),
        (TEXT, [], "type", "`t` is a list, not text"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_name(option, value, kind, reason):
    with pytest.raises(Refused) as refused:
        reading.option_of({option.name: value}, option)
    assert refused.value.kind == kind
    assert refused.value.reason.startswith(reason)


def test_texts_are_bounded():
    longest = "x" * MAX_TEXT_CHARS
    assert reading.text_of({"a": longest}, "a") == longest
    with pytest.raises(Refused, match="`a` has 4097 characters"):
        reading.text_of({"a": longest + "x"}, "a")
    assert reading.payload_of("a", longest + "x") == longest
    assert (reading.text_of({}, "a"), reading.text_of({"a": None}, "a", "d")) == ("", "d")


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        (None, "is empty"),
        ("a/#", "has a wildcard"),
        ("a\0", "has characters"),
        ("$SYS/x", "belongs to the broker"),
        ("x" * 1_025, "is longer than 1024"),
    ],
)
def test_a_topic_that_is_none_is_named(topic, reason):
    with pytest.raises(Refused, match=f"`state_topic` {reason}") as refused:
        reading.topic_of({"state_topic": topic}, "state_topic")
    assert refused.value.kind == "value"


@pytest.mark.parametrize(
    ("topic", "based"),
    [
        ("~/set", "home/set"),
        ("get/~", "get/home"),
        ("~", "home"),
        ("a/~/b", "a/~/b"),
        ("a", "a"),
        (5, 5),
        (None, None),
    ],
)
def test_the_base_topic_stands_at_an_end(topic, based):
    assert reading.with_base({"~": "home", "state_topic": topic})["state_topic"] == based


def test_the_base_is_for_topics_only_also_inside_of_availability():
    table = {"~": "home", "name": "~", "availability": {"t": "~/up", "pl_avail": "~"}}
    assert reading.with_base(table) == {
        "~": "home", "name": "~", "availability": [{"topic": "home/up", "payload_available": "~"}]
    }  # fmt: skip
    assert reading.with_base({"~": 5, "state_topic": "~/x"}) == {"~": 5, "state_topic": "~/x"}


def test_a_base_does_not_hide_what_is_no_table_and_no_flood_is_copied():
    assert reading.with_base({"~": "h", "availability": ["x", {"t": "~"}]})["availability"] == [
        "x",
        {"topic": "h"},
    ]
    flood = reading.with_base({"~": "h", "availability": [{"t": "a"}] * 100_000})["availability"]
    assert len(flood) == reading.MAX_AVAILABILITY + 1


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["t", "topic", "~"]), inner),
    max_leaves=6,
)
TABLES = st.dictionaries(st.sampled_from(["~", "state_topic", "availability", "n", "b", "t"]), VALUES)


@given(TABLES)
def test_any_table_is_read_or_refused(table):
    based = reading.with_base(table)
    assert based.keys() == table.keys()
    for option in (NUMBER, BOOL, TEXT, LIST, PAYLOAD):
        with contextlib.suppress(Refused):
            assert isinstance(reading.option_of(based, option), bool | int | float | str | tuple)
    with contextlib.suppress(Refused):
        assert not set(reading.topic_of(based, "state_topic")) & set("+#\0")
