"""When a report is what was wanted."""

from __future__ import annotations

import pytest

from appliance.home.actions.plans import Near, OneOf, Plan, Toward, fulfilled, obeyed, value_of


@pytest.mark.parametrize(
    ("wish", "known", "met"),
    [
        ("on", "on", True), ("on", "off", False), (True, True, True), (True, 1, False), (1, True, False),
        (Near(10, 1), 11, True), (Near(10, 1), 11.5, False), (Near(10, 1), "10.5", True),
        (Near(10, 1), None, False),
        (Near(10, 1), True, False), (Near(10, 1), "ten", False),
        (Near((350.0, 50.0), 15, circle=360), (5.0, 50.0), True), (Near((1, 2), 1), (1, 2, 3), False),
        (Near((1, 2), 1), 1, False), (OneOf(("a", "b")), "b", True), (OneOf(("a",)), None, False),
        (Toward(100, 3, 0), 98, True), (Toward(100, 3, 0), 40, False),
    ],
)  # fmt: skip
def test_wishes(wish, known, met):
    assert fulfilled({"x": wish}, {"x": known}) is met


def test_on_the_way_is_obeyed_but_not_there():
    plan = Plan((), {"x": Toward(100, 3, 0)}, moving=("opening",))
    assert obeyed(plan, {"x": 40})
    assert obeyed(plan, {"x": 0, "state": "opening"})
    assert not obeyed(plan, {"x": 0, "state": "open"})
    assert [value_of(wish) for wish in (5, Near(1, 2), Toward(3, 1), OneOf(("a",)))] == [5, 1, 3, "a"]
