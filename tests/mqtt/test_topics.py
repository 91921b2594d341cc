"""Topics and filters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.mqtt import topics

LEVELS = st.lists(st.text("abc/", max_size=3).map(lambda text: text.replace("/", "")), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("topic", "fault"),
    [
        ("a/b", ""),
        ("Küche/Licht", ""),
        ("", "is empty"),
        ("a/#", "has a wildcard"),
        ("+/a", "has a wildcard"),
        ("$SYS/x", "belongs to the broker"),
        ("a\x00b", "has characters that MQTT forbids"),
        ("a\ud800", "has characters that MQTT forbids"),
        ("a" * 1025, "is longer than 1024 bytes"),
        ("ü" * 513, "is longer than 1024 bytes"),
    ],
)
def test_fault_of_topic(topic, fault):
    assert topics.fault_of_topic(topic) == fault


@pytest.mark.parametrize(
    ("topic_filter", "good"),
    [
        ("a/+/b", True),
        ("#", True),
        ("a/#", True),
        ("+", True),
        ("a/#/b", False),
        ("a#", False),
        ("a+/b", False),
        ("", False),
        ("##", False),
    ],
)
def test_is_filter(topic_filter, good):
    assert topics.is_filter(topic_filter) is good


@pytest.mark.parametrize(
    ("topic_filter", "topic", "expected"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/b/c", False),
        ("a/+", "a/b", True),
        ("a/+", "a", False),
        ("a/+", "a/", True),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("#", "a/b", True),
        ("#", "$SYS/a", False),
        ("+/a", "$SYS/a", False),
        ("$SYS/#", "$SYS/a", True),
        ("+/+", "/a", True),
    ],
)
def test_matches(topic_filter, topic, expected):
    assert topics.matches(topic_filter, topic) is expected


@given(LEVELS, st.data())
def test_a_filter_made_from_a_topic_matches_it(levels, data):
    topic = "/".join(levels)
    wild = [data.draw(st.sampled_from([level, "+"])) for level in levels]
    cut = data.draw(st.integers(0, len(wild)))
    assert topics.matches("/".join(wild), topic)
    assert topics.matches("/".join([*wild[:cut], "#"]), topic)


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("ha/light/x/config", ("light", "", "x")),
        ("ha/light/node/x/config", ("light", "node", "x")),
        ("ha/device/x/config", ("device", "", "x")),
        ("ha/light/config", None),
        ("ha/light/x/state", None),
        ("other/light/x/config", None),
        ("ha/light/a b/config", None),
        ("ha/light/a/b/c/config", None),
        ("ha/light//x/config", None),
        ("ha/config", None),
    ],
)
def test_parse_discovery(topic, expected):
    found = topics.parse_discovery("ha", topic)
    assert (found and (found.component, found.node_id, found.object_id)) == expected


def test_every_discovery_topic_is_heard_by_a_discovery_filter():
    filters = topics.discovery_filters("my/prefix")
    for topic in ("my/prefix/light/x/config", "my/prefix/light/n/x/config"):
        assert topics.parse_discovery("my/prefix", topic)
        assert any(topics.matches(topic_filter, topic) for topic_filter in filters)
