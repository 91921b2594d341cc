"""Covers, valves, locks and alarms."""

from __future__ import annotations

import math

import pytest

from appliance.home import actions
from appliance.home.actions import openings
from tests.home.planning import (
    COVER,
    INVERTED,
    check,
    entity,
    refused,
)


@pytest.mark.parametrize(
    ("component", "extra", "service", "data", "known", "messages", "wishes"),
    [
        ("cover", {}, "open_cover", {}, {}, [("c", "OPEN")], {"state": "open"}),
        ("cover", {}, "close_cover", {}, {}, [("c", "CLOSE")], {"state": "closed"}),
        ("cover", {}, "stop_cover", {}, {}, [("c", "STOP")], {"state": "open"}),
        ("cover", {}, "turn_on", {}, {}, [("c", "OPEN")], {"state": "open"}),
        ("cover", {}, "turn_off", {}, {}, [("c", "CLOSE")], {"state": "closed"}),
        ("cover", {}, "toggle", {}, {"state": "open"}, [("c", "CLOSE")], {"state": "closed"}),
        ("cover", {}, "toggle", {}, {"state": "closed"}, [("c", "OPEN")], {"state": "open"}),
        ("cover", {}, "set_cover_position", {"position": 100}, {}, [("c", "OPEN")], {"state": "open"}),
        ("cover", COVER, "open_cover", {}, {}, [("c", "OPEN")], {"current_position": 100}),
        (
            "cover",
            COVER,
            "set_cover_position",
            {"position": 40},
            {},
            [("ps", "40")],
            {"current_position": 40},
        ),
        (
            "cover",
            INVERTED,
            "set_cover_position",
            {"position": 40},
            {},
            [("ps", "60")],
            {"current_position": 40},
        ),
        ("cover", COVER, "open_cover_tilt", {}, {}, [("ts", "100")], {"current_tilt_position": 100}),
        (
            "cover",
            COVER,
            "set_cover_tilt_position",
            {"tilt_position": 30},
            {},
            [("ts", "30")],
            {"current_tilt_position": 30},
        ),
        ("cover", COVER, "stop_cover_tilt", {}, {}, [("ts", "STOP")], {}),
        ("valve", {}, "open_valve", {}, {}, [("c", "OPEN")], {"state": "open"}),
        ("valve", {"reports_position": True}, "close_valve", {}, {}, [("c", "0")], {"current_position": 0}),
        (
            "valve",
            {"reports_position": True},
            "set_valve_position",
            {"position": 25},
            {},
            [("c", "25")],
            {"current_position": 25},
        ),
        ("lock", {}, "lock", {}, {}, [("c", "LOCK")], {"state": "locked"}),
        ("lock", {}, "unlock", {}, {}, [("c", "UNLOCK")], {"state": "unlocked"}),
        ("lock", {"payload_open": "LATCH"}, "open", {}, {}, [("c", "LATCH")], {"state": "open"}),
        (
            "lock",
            {"code_format": "^\\d{4}$"},
            "lock",
            {"code": "1234"},
            {},
            [("c", "LOCK")],
            {"state": "locked"},
        ),
        ("alarm_control_panel", {}, "alarm_arm_away", {}, {}, [("c", "ARM_AWAY")], {"state": "armed_away"}),
        (
            "alarm_control_panel",
            {"code": "1234"},
            "alarm_disarm",
            {"code": "1234"},
            {},
            [("c", "DISARM")],
            {"state": "disarmed"},
        ),
    ],
)
def test_what_is_sent_and_what_has_to_be_said_then(component, extra, service, data, known, messages, wishes):
    check(entity(component, **extra), service, data, known, messages, wishes)


@pytest.mark.parametrize(
    ("component", "extra", "domain", "service", "data", "reason"),
    [
        ("lock", {}, "homeassistant", "turn_on", {}, "locked and unlocked"),
        ("lock", {}, "homeassistant", "toggle", {}, "locked and unlocked"),
        ("lock", {}, "lock", "open", {}, "cannot open"),
        ("lock", {"code_format": "x"}, "lock", "lock", {}, "needs a code"),
        (
            "alarm_control_panel",
            {"code": "1"},
            "alarm_control_panel",
            "alarm_disarm",
            {"code": "2"},
            "right code",
        ),
        ("alarm_control_panel", {}, "homeassistant", "turn_off", {}, "armed and disarmed"),
        ("cover", {}, "cover", "set_cover_position", {"position": 40}, "opened and closed"),
        ("cover", {"payload_stop": None}, "cover", "stop_cover", {}, "cannot be stopped"),
        ("cover", {}, "cover", "open_cover_tilt", {}, "no slats"),
        ("cover", COVER, "cover", "set_cover_position", {"position": 101}, "does not know a position of 101"),
        ("cover", COVER, "cover", "set_cover_position", {"position": True}, "does not know a position"),
        ("cover", COVER, "cover", "set_cover_position", {"position": math.inf}, "does not know a position"),
        ("cover", COVER, "cover", "set_cover_position", {"position": 10**5_000}, "does not know a position"),
        ("cover", COVER, "cover", "set_cover_position", {}, "which position"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(component, extra, domain, service, data, reason):
    refused(entity(component, **extra), domain, service, data, reason)


def test_templates_are_told_positions_in_percent_and_in_the_devices_range():
    plan = actions.plan(
        entity("cover", **INVERTED, set_position_template="{{ position }}"),
        "cover", "set_cover_position", {"position": 30}, {},
    )  # fmt: skip
    (step,) = plan.publishes
    assert (step.value, step.variables["position"], step.variables["position_open"]) == (70, 30, 0)


@pytest.mark.parametrize(
    ("start", "now", "begun", "done"),
    [
        (0, 0, False, False), (0, 3, True, False), (0, 98, True, True), (30, 20, False, False),
        (None, 50, False, False), (None, 100, True, True),
    ],
)  # fmt: skip
def test_a_motor_that_moves_the_right_way_obeys(start, now, begun, done):
    plan = actions.plan(entity("cover", **COVER), "cover", "open_cover", {}, {"current_position": start})
    known = {"current_position": now, "state": "open"}
    assert (actions.obeyed(plan, known), actions.fulfilled(plan.wanted, known)) == (begun, done)
    assert actions.obeyed(plan, {"state": "opening"})
    assert not actions.obeyed(plan, {"state": "closing"})


def test_its_services_are_in_the_table():
    assert set(openings.SERVICES.items()) <= set(actions.SERVICES.items())
