"""Home Assistant's user decides what is shown; where nobody decided, its own defaults do."""

from __future__ import annotations

import pytest

from appliance.home.hass import exposure
from appliance.home.hass.protocol import AssistOptions, EntityRow, MoreOfEntity, Options


def row(entity_id: str, exposed: bool | None = None, **fields) -> EntityRow:
    options = Options(AssistOptions(exposed)) if exposed is not None else None
    return EntityRow(entity_id, "mqtt", options=options, **fields)


@pytest.mark.parametrize(
    ("entity", "device_class", "expose_new", "expected"),
    [
        # decided by hand
        (row("light.a", exposed=True), None, False, True),
        (row("light.a", exposed=False), None, True, False),
        (row("lock.a", exposed=True), None, True, True),
        (row("sensor.a", exposed=True, entity_category="diagnostic"), None, True, True),
        # hidden or disabled: never
        (row("light.a", exposed=True, hidden_by="user"), None, True, False),
        (row("light.a", exposed=True, disabled_by="user"), None, True, False),
        # nobody decided
        (row("light.a"), None, True, True),
        (row("light.a"), None, False, False),
        (row("light.a", entity_category="config"), None, True, False),
        (row("lock.a"), None, True, False),
        (row("number.a"), None, True, False),
        (row("sensor.a"), "temperature", True, True),
        (row("sensor.a"), "battery", True, False),
        (row("sensor.a"), None, True, False),
        (row("binary_sensor.a"), "door", True, True),
        (row("binary_sensor.a"), "temperature", True, False),
    ],
)
def test_who_is_shown(entity, device_class, expose_new, expected) -> None:
    more = MoreOfEntity(original_device_class=device_class)
    assert exposure.shown(entity, more, frozenset(), expose_new) is expected


def test_what_home_assistant_lists_is_shown() -> None:
    assert exposure.shown(row("lock.a"), None, {"lock.a"}, expose_new=True)
    assert not exposure.shown(row("lock.a", hidden_by="user"), None, {"lock.a"}, expose_new=True)


def test_a_class_set_by_hand_counts_before_the_device_s_own() -> None:
    more = MoreOfEntity(device_class="battery", original_device_class="temperature")
    assert not exposure.shown(row("sensor.a"), more, frozenset(), expose_new=True)


def test_only_possible_ones_are_asked_about() -> None:
    rows = [
        row("light.a"),
        row("lock.a"),
        row("sensor.a"),
        row("light.b", exposed=False),
        row("lock.c", exposed=True),
    ]
    assert [each.entity_id for each in rows if exposure.candidate(each)] == ["light.a", "sensor.a", "lock.c"]
