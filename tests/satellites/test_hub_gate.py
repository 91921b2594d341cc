"""Allowances of all satellites together."""

from __future__ import annotations

from appliance.config.model import Satellites
from appliance.satellites.flow import Faults
from appliance.satellites.hub_gate import Gate


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def gate(clock: Clock, overran: list[str]) -> Gate:
    return Gate(lambda: Satellites(max_count=2, max_messages_per_second=10), Faults(), clock, overran.append)


def test_each_name_has_its_own_allowance() -> None:
    clock, overran = Clock(), []
    doors = gate(clock, overran)
    assert [doors.admit("a", 10, known=True) for _ in range(22)].count(False) == 2
    assert doors.admit("b", 10, known=True)
    assert overran == ["a"]
    assert (doors.dropped("a"), doors.dropped("b"), doors.dropped("c")) == (2, 0, 0)
    clock.now = 5.0
    assert doors.admit("a", 10, known=True)


def test_strangers_cannot_fill_the_memory() -> None:
    doors = gate(Clock(), [])
    assert [doors.admit(f"name{number}", 1, known=False) for number in range(9)].count(True) == 4
    assert doors.admit("known", 1, known=True)
    doors.forget("name0")
    doors.reset()
    assert doors.admit("name8", 1, known=False)
