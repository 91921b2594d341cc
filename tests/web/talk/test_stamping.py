"""When the appliance hears what a browser sends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.web.talk.stamping import MAX_AHEAD_MS, Stamps

FRAME = 640
MS = 20


def steady(stamps: Stamps, clock_ms: int, now_ms: float, count: int) -> tuple[int, float]:
    """Frames as they should come; the clock and the time of the next one."""
    for number in range(count):
        assert stamps.stamp(clock_ms + number * MS, FRAME, now_ms + number * MS) is not None
    return clock_ms + count * MS, now_ms + count * MS


def test_a_steady_microphone_keeps_its_clock() -> None:
    stamps = Stamps()
    steady(stamps, 5_000, 100.0, 500)
    assert stamps.shift_ms == 0
    assert stamps.jitter_ms == 0


def test_what_was_said_before_a_press_is_heard_after_it() -> None:
    stamps = Stamps()
    clock_ms, now_ms = steady(stamps, 5_000, 100.0, 50)
    stamps.press()
    first = stamps.stamp(clock_ms - 600, FRAME, now_ms)
    assert first is not None
    assert first >= clock_ms
    assert stamps.stamp(clock_ms - 580, FRAME, now_ms) == first + MS
    assert stamps.shifted(clock_ms) == clock_ms + stamps.shift_ms


def test_after_a_long_silence_too() -> None:
    stamps = Stamps()
    clock_ms, now_ms = steady(stamps, 0, 0.0, 5)
    stamps.press()
    first = stamps.stamp(clock_ms + 30_000 - 160, FRAME, now_ms + 30_000)
    assert first is not None
    assert first >= clock_ms + 30_000


def test_what_was_heard_already_is_not_heard_again() -> None:
    stamps = Stamps()
    clock_ms, now_ms = steady(stamps, 5_000, 100.0, 50)
    assert stamps.stamp(clock_ms - 600, FRAME, now_ms) is None


def test_sound_that_waited_for_a_lost_connection_keeps_its_time() -> None:
    stamps = Stamps()
    clock_ms, now_ms = steady(stamps, 5_000, 100.0, 50)
    assert stamps.stamp(clock_ms, FRAME, now_ms + 3_000) == clock_ms
    assert stamps.stamp(clock_ms + MS, FRAME, now_ms + 3_000) == clock_ms + MS


def test_a_clock_that_was_set_anew_goes_on() -> None:
    stamps = Stamps()
    clock_ms, now_ms = steady(stamps, 900_000, 100.0, 50)
    again = stamps.stamp(7, FRAME, now_ms)
    assert again is not None
    assert abs(again - clock_ms) < 2 * MS


def test_no_more_is_repeated_than_the_appliance_takes() -> None:
    stamps = Stamps()
    clock_ms, now_ms = steady(stamps, 5_000, 0.0, 1)
    sent = MS
    for _ in range(40):
        stamps.press()
        for back in range(600, 0, -MS):
            sent += MS if stamps.stamp(clock_ms - back, FRAME, now_ms) is not None else 0
    assert sent <= MAX_AHEAD_MS + 600 + MS


def test_uneven_arrival_is_measured() -> None:
    stamps = Stamps()
    for number in range(400):
        stamps.stamp(number * MS, FRAME, number * MS + (number % 2) * 10)
    assert 8 < stamps.jitter_ms < 12


@given(
    st.lists(
        st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 3_200), st.floats(0, 1e5), st.booleans()),
        max_size=60,
    )
)
def test_never_back_in_time_unless_the_clock_was_set_anew(frames: list[tuple[int, int, float, bool]]) -> None:
    stamps, now_ms, end_ms, shift_ms = Stamps(), 0.0, 0, 0
    for clock_ms, samples, later_ms, press in frames:
        now_ms += later_ms
        if press:
            stamps.press()
        at_ms = stamps.stamp(clock_ms, samples * 2, now_ms)
        if at_ms is None:
            continue
        assert at_ms >= 0
        assert at_ms >= end_ms - 2 or stamps.shift_ms != shift_ms
        end_ms, shift_ms = at_ms + samples // 16, stamps.shift_ms
