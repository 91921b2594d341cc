"""Who hears what."""

from __future__ import annotations

import pytest

from appliance.mqtt.routing import Routes


def test_exact_and_wild_filters_reach_each_handler_once():
    routes, heard = Routes(), []
    one, two = lambda *_: heard.append(1), lambda *_: heard.append(2)
    for topic_filter, handler in (("a/b", one), ("a/+", one), ("#", two)):
        routes.add(topic_filter, handler, 0)
    assert routes.handlers("a/b") == [one, two] or routes.handlers("a/b") == [two, one]
    assert routes.handlers("x") == [two]
    assert routes.handlers("$SYS/x") == []


def test_the_highest_qos_counts_and_the_last_leaving_ends_the_filter():
    routes = Routes()
    one, two = lambda *_: None, lambda *_: None
    routes.add("a", one, 0)
    routes.add("a", two, 2)
    assert list(routes.filters()) == [("a", 2)]
    assert not routes.remove("a", two)
    assert routes.qos("a") == 0
    assert not routes.remove("a", two)
    assert routes.remove("a", one)
    assert routes.qos("a") is None


def test_what_is_no_filter_is_refused():
    with pytest.raises(ValueError, match="no topic filter"):
        Routes().add("a/#/b", lambda *_: None, 0)
