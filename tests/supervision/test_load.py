"""What recogniser and language model had to do, counted from the messages that pass."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.supervision.load import MAX_OPEN, WINDOW_SECONDS, Figures, Load, percentile
from appliance.wire import messages as m

DEADLINE_MS = 20_000.0


def generate(turn: int, waited_ms: int = 0) -> m.Generate:
    return m.Generate(turn, "", "why", deadline_ms=int(DEADLINE_MS) - waited_ms)


def generated(turn: int) -> m.Generated:
    return m.Generated(turn, "stop", 1, 1, 1.0, 1.0)


def test_in_use_from_question_to_answer() -> None:
    load = Load(DEADLINE_MS)
    load.ready(0.0)
    assert load.figures(1.0).in_use == 0
    load.sent(generate(1), 10.0)
    assert load.in_use
    load.heard(m.Token(1, "word"), 11.0)
    load.heard(generated(2), 11.5)
    assert load.in_use
    load.heard(generated(1), 12.0)
    assert (load.in_use, load.used_at) == (False, 12.0)


def test_reading_ahead_is_no_use() -> None:
    load = Load(DEADLINE_MS)
    load.ready(5.0)
    load.sent(generate(0), 10.0)
    load.heard(generated(0), 12.0)
    assert (load.in_use, load.used_at) == (False, 5.0)


def test_who_is_cancelled_waits_no_more() -> None:
    load = Load(DEADLINE_MS)
    load.sent(generate(1), 10.0)
    load.sent(m.Cancel(1), 11.0)
    assert not load.in_use


def test_a_fresh_process_is_told_again() -> None:
    load = Load(DEADLINE_MS)
    load.sent(generate(1), 10.0)
    load.ready(12.0)
    assert (load.in_use, load.used_at) == (False, 12.0)


def test_waits_in_the_line_count_and_loading_does_not() -> None:
    load = Load(DEADLINE_MS)
    load.ready(100.0)
    load.sent(generate(1, waited_ms=5_000), 102.0)
    assert load.figures(102.0).waited_p95_ms is None, "it was asked before the model was loaded"
    load.heard(generated(1), 103.0)
    load.sent(generate(1, waited_ms=3_000), 104.0)
    assert load.figures(104.0).waited_p95_ms is None, "the model asks for what it looked up itself"
    load.heard(generated(1), 105.0)
    load.sent(generate(2, waited_ms=2_500), 110.0)
    assert load.figures(110.0).waited_p95_ms == 2_500.0
    assert load.figures(110.1 + WINDOW_SECONDS).waited_p95_ms is None


def test_speakers_at_once() -> None:
    load = Load(DEADLINE_MS)
    for turn in (1, 2, 3):
        load.sent(m.ListenStart(turn), 1.0)
    for turn in (1, 2, 3):
        load.heard(m.Transcript(turn, "", 0.0, 0.0), 3.0)
    load.sent(m.ListenStart(4), 5.0)
    assert load.figures(6.0) == Figures(1, 3)
    assert load.figures(6.0 + WINDOW_SECONDS).most_at_once == 1


def test_processor_time_for_a_second_of_sound() -> None:
    used = [10.0]
    load = Load(DEADLINE_MS, lambda: used[0])
    load.sent(m.ListenStart(1), 1.0)
    for at_ms in range(0, 2_000, 100):
        load.sent(m.Audio(1, at_ms, bytes(3_200)), 1.0)
    used[0] = 10.5
    load.heard(m.Transcript(1, "x", 1.0, 1.0), 3.0)
    assert load.figures(3.0).real_time_factor == 0.25


@pytest.mark.parametrize("cpu", [None, 5.0])
def test_too_little_sound_says_nothing(cpu: float | None) -> None:
    load = Load(DEADLINE_MS, lambda: cpu)
    load.sent(m.ListenStart(1), 1.0)
    load.sent(m.Audio(1, 0, bytes(3_200 if cpu else 320_000)), 1.0)
    load.heard(m.Transcript(1, "x", 1.0, 1.0), 3.0)
    assert load.figures(3.0).real_time_factor is None


def test_percentile() -> None:
    assert percentile([], 95) is None
    assert percentile(range(1, 21), 95) == 19
    assert percentile([7.0], 95) == 7.0


events = st.lists(
    st.one_of(
        st.builds(generate, st.integers(0, 5), st.integers(0, 30_000)),
        st.builds(generated, st.integers(0, 5)),
        st.builds(m.Cancel, st.integers(0, 5)),
        st.builds(m.ListenStart, st.integers(0, 600)),
    ),
    max_size=400,
)


@given(events)
def test_it_stays_bounded_and_sane(found: list[m.Message]) -> None:
    load, now = Load(DEADLINE_MS), 0.0
    load.ready(now)
    for message in found:
        now += 1.0
        (load.heard if isinstance(message, m.Generated) else load.sent)(message, now)
        figures = load.figures(now)
        assert 0 <= figures.in_use <= figures.most_at_once <= MAX_OPEN
        assert figures.waited_p95_ms is None or figures.waited_p95_ms >= 0
