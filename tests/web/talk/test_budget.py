"""How much one browser may send."""

from __future__ import annotations

from appliance.web.talk.budget import FRAMES_PER_SECOND, MAX_SAVED_FRAMES, Budget


def test_a_microphone_may_speak_for_ever() -> None:
    budget = Budget(0.0)
    assert all(budget.take(number * 0.02) for number in range(20_000))


def test_a_flood_has_an_end_and_time_heals() -> None:
    budget = Budget(0.0)
    taken = sum(budget.take(0.0) for _ in range(5_000))
    assert taken == MAX_SAVED_FRAMES
    assert sum(budget.take(1.0) for _ in range(5_000)) == FRAMES_PER_SECOND
