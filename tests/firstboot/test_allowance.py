from __future__ import annotations

from appliance.firstboot.allowance import MAX_GUESTS, Allowances


def test_a_burst_then_a_rate() -> None:
    allowances = Allowances(3, 2)
    assert [allowances.take("a", 0.0) for _ in range(4)] == [True, True, True, False]
    assert allowances.take("b", 0.0)
    assert allowances.take("a", 0.5)
    assert not allowances.take("a", 0.5)


def test_many_guests_are_not_remembered_for_ever() -> None:
    allowances = Allowances(1, 0.1)
    for number in range(MAX_GUESTS * 3):
        allowances.take(str(number), 0.0)
    assert len(allowances._left) == MAX_GUESTS
