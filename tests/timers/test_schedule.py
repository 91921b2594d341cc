"""What is due when: clocks that step, stop and start again, as tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from appliance.timers import model
from appliance.timers.model import Due, Now, Timer, due_in
from appliance.timers.schedule import Effect, Policy, finished, remaining, step
from tests.timers.virtual import SATURDAY_NOON

T = SATURDAY_NOON
NOW = Now(T, 1_000.0, "one", trusted=True)
POLICY = Policy(ring_s=600, late_s=3_600, zone="Europe/Berlin")
TEN = Timer(1, "timer", duration_s=600, due=due_in(600, NOW))
ALARM = Timer(2, "alarm", at="2026-11-21T14:00", zone="Europe/Berlin")  # one hour from now


def after(seconds: float, **changes: object) -> Now:
    return replace(replace(NOW, wall_s=T + seconds, boot_s=1_000.0 + seconds), **changes)


@pytest.mark.parametrize(
    ("now", "left_s"),
    [
        (after(100), 500),
        (after(100, wall_s=0.0), 500),
        (after(100, wall_s=T * 2), 500),
        (after(100, trusted=False), 500),
        (Now(T + 400, 5.0, "two", trusted=True), 200),
        (Now(T + 900, 5.0, "two", trusted=True), -300),
        # Nobody knows how long it was off: the machine was last seen 100 seconds after setting.
        (Now(0.0, 5.0, "two", trusted=False), 495),
        (Now(T + 400, 300.0, "two", trusted=False), 200),
    ],
)
def test_elapsed_time(now: Now, left_s: float) -> None:
    assert TEN.due is not None
    due = model.refresh(TEN.due, now, after(100))
    assert model.left(due, now) == left_s


def test_what_is_learned_when_the_clock_is_set() -> None:
    """Set while the time was unknown; known later; so the wall clock counts after a power cut."""
    start = Now(50.0, 20.0, "one", trusted=False)
    due = due_in(600, start)
    due = model.refresh(due, Now(T, 120.0, "one", trusted=True), start)
    assert (
        model.left(
            model.refresh(due, Now(T + 450, 9.0, "two", trusted=True), None), Now(T + 450, 9.0, "two", True)
        )
        == 50
    )


def test_an_estimate_is_put_right_by_the_clock() -> None:
    due = Due(T + 600, 1_600.0, "one", wall_known=True)
    blind = Now(0.0, 10.0, "two", trusted=False)
    guessed = model.refresh(due, blind, after(0))
    assert (guessed.exact, model.left(guessed, blind)) == (False, 590.0)
    seeing = Now(T + 500, 30.0, "two", trusted=True)
    known = model.refresh(guessed, seeing, blind)
    assert (known.exact, model.left(known, seeing)) == (True, 100.0)


@pytest.mark.parametrize(
    ("now", "kind", "late_s"),
    [
        (after(3_599), "", 0),
        (after(3_600), "ring", 0),
        (after(4_000), "ring", 400),
        (after(7_201), "missed", 3_601),
        (after(3_700, trusted=False), "", 0),
        (Now(T + 3_900, 3.0, "two", trusted=True), "ring", 300),
        (Now(0.0, 3.0, "two", trusted=False), "", 0),
    ],
)
def test_an_alarm(now: Now, kind: str, late_s: float) -> None:
    done = step([ALARM], now, NOW, POLICY)
    assert [(effect.kind, effect.late_s) for effect in done.effects] == ([(kind, late_s)] if kind else [])


def test_ringing_ends_by_itself() -> None:
    (ringing,) = step([ALARM], after(3_600), NOW, POLICY).changed
    assert step([ringing], after(4_199), NOW, POLICY) == type(step([], NOW, NOW, POLICY))((), (), 1.0)
    done = step([ringing], after(4_200), NOW, POLICY)
    assert done.effects == (Effect("unheard", ringing),)
    assert [timer.state for timer in done.changed] == ["missed"]


def test_a_repeated_alarm_goes_on_after_a_missed_day() -> None:
    daily = replace(ALARM, days=(0, 1, 2, 3, 4, 5, 6))
    done = step([daily], Now(T + 50 * 3_600, 3.0, "two", trusted=True), NOW, POLICY)
    assert [effect.kind for effect in done.effects] == ["missed"]
    assert [(timer.state, timer.at) for timer in done.changed] == [("running", "2026-11-24T14:00")]


def test_a_repeated_alarm_set_by_a_clock_from_the_future() -> None:
    far = replace(ALARM, at="2036-03-01T14:00", days=(0, 1, 2, 3, 4, 5, 6))
    assert step([far], NOW, NOW, POLICY).changed[0].at == "2026-11-21T14:00"


def test_it_sleeps_until_the_next() -> None:
    assert step([TEN, ALARM], NOW, NOW, POLICY).next_s == 600
    assert step([ALARM], replace(NOW, trusted=False), NOW, POLICY).next_s is None
    assert step([], NOW, NOW, POLICY).next_s is None


@pytest.mark.parametrize(
    ("now", "seen", "trusted"),
    [
        (replace(NOW, trusted=True), None, True),
        (replace(NOW, trusted=False, boot_s=10.0), None, False),
        (replace(NOW, trusted=False, boot_s=10.0), replace(NOW, trusted=True), True),
        (replace(NOW, trusted=False, boot_s=10.0, boot_id="two"), NOW, False),
        (replace(NOW, trusted=False, boot_s=901.0, boot_id="two"), NOW, True),
        (replace(NOW, trusted=False, boot_s=901.0, boot_id="two", wall_s=0.0), NOW, False),
    ],
)
def test_which_clock_is_believed(now: Now, seen: Now | None, trusted: bool) -> None:
    assert model.believe(now, seen, 900.0).trusted is trusted


def test_a_wrong_clock_does_not_make_a_known_time_forgotten() -> None:
    assert model.witness(Now(0.0, 5.0, "two", trusted=False), NOW).wall_s == T
    assert model.witness(Now(5.0, 5.0, "two", trusted=True), NOW).wall_s == 5.0


@given(st.integers(1, 10_000), st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_pause_takes_no_time(seconds: int, before: int, pause_s: int) -> None:
    timer = Timer(1, "timer", duration_s=seconds, due=due_in(seconds, NOW))
    paused = model.pause(timer, after(before))
    resumed = model.resume(paused, after(before + pause_s))
    assert remaining(resumed, after(before + pause_s)) == max(seconds - before, 0)


@given(st.integers(1, 10_000), st.integers(-20_000, 20_000))
def test_more_or_less(seconds: int, more: int) -> None:
    timer = Timer(1, "timer", duration_s=seconds, due=due_in(seconds, NOW))
    assert remaining(model.lengthen(timer, more, NOW), NOW) == max(seconds + more, 0)
    held = model.lengthen(model.pause(timer, NOW), more, NOW)
    assert held.left_s == max(seconds + more, 0)


def test_the_end_of_one_that_comes_once() -> None:
    assert finished(ALARM, after(3_600), "done").over
