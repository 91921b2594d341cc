"""Equal parts are one object, within limits."""

from __future__ import annotations

import sys

from appliance.mqtt import discovery_shared
from appliance.mqtt.discovery_shared import MAX_SHARED, shared, shared_table


def test_equal_parts_are_one_object():
    parts = [tuple(letters) for letters in ("ab", "ab")]
    assert parts[0] is not parts[1]
    assert shared(parts[0]) is shared(parts[1])
    assert shared_table("x", {"a": 1}) is shared_table("x", {"a": 1})


def test_true_is_not_one_and_kinds_are_apart():
    assert shared_table("x", {"a": True})["a"] is True
    assert shared_table("x", {"a": 1})["a"] is not True
    assert shared_table("y", {"a": 1}) is not shared_table("x", {"a": 1})


def test_the_tables_stay_small():
    for number in range(2 * MAX_SHARED):
        shared(str(number))
        shared_table("x", {"a": number})
    assert len(discovery_shared._PARTS) <= MAX_SHARED
    assert len(discovery_shared._TABLES) <= MAX_SHARED
    assert sys.getsizeof(discovery_shared._PARTS) < 1_000_000
