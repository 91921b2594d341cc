"""Who gives memory back: the one used longest ago, none in use, not too often, without fluttering."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from appliance.budget.relief import Held, Pressure, Rules, State, Step, pressed, step

RULES = Rules(on_percent=10.0, off_percent=5.0, keep_seconds=60.0, pause_seconds=60.0)
SHORT, CALM, BETWEEN = Pressure(30.0), Pressure(0.0), Pressure(7.0)
OLD, NEW, BUSY = Held("old", 100.0), Held("new", 200.0), Held("busy", 0.0, in_use=True)


def test_the_one_used_longest_ago_goes_first() -> None:
    found = step(RULES, State(), SHORT, [NEW, OLD], 1_000.0)
    assert found == Step(State(True, 1_000.0), "old", "30 % of the last 10 s waited for memory")


def test_nobody_in_use_goes() -> None:
    assert step(RULES, State(), SHORT, [BUSY], 1_000.0).unload == ""
    assert step(RULES, State(), SHORT, [BUSY, NEW], 1_000.0).unload == "new"


def test_a_stage_is_kept_after_its_last_use() -> None:
    assert step(RULES, State(), SHORT, [Held("llm", 950.0)], 1_000.0).unload == ""
    assert step(RULES, State(), SHORT, [Held("llm", 940.0)], 1_000.0).unload == "llm"


def test_one_in_a_minute() -> None:
    first = step(RULES, State(), SHORT, [OLD, NEW], 1_000.0)
    assert step(RULES, first.state, SHORT, [NEW], 1_059.0).unload == ""
    assert step(RULES, first.state, SHORT, [NEW], 1_060.0).unload == "new"


def test_hysteresis() -> None:
    assert not pressed(RULES, False, BETWEEN)
    assert pressed(RULES, True, BETWEEN)
    assert pressed(RULES, False, Pressure(10.0))
    assert not pressed(RULES, True, Pressure(4.9))


def test_by_what_is_available_where_the_kernel_tells_no_pressure() -> None:
    low, between, enough = (Pressure(None, percent) for percent in (5.0, 10.0, 20.0))
    assert pressed(RULES, False, low)
    assert not pressed(RULES, False, between)
    assert pressed(RULES, True, between)
    assert not pressed(RULES, True, enough)
    found = step(RULES, State(), Pressure(None, 5.0, "/proc/meminfo"), [OLD], 1_000.0)
    assert (found.unload, found.reason) == ("old", "5 % of the memory is available (/proc/meminfo)")


def test_without_any_figure_nothing_is_unloaded() -> None:
    assert step(RULES, State(pressed=True), Pressure(), [OLD], 1_000.0) == Step(State(False))


def test_idle_where_not_everything_fits() -> None:
    tight = Rules(idle_seconds=600.0)
    assert step(tight, State(), CALM, [OLD], 699.0).unload == ""
    found = step(tight, State(), CALM, [OLD], 700.0)
    assert (found.unload, found.reason) == ("old", "nobody asked it for 600 s")
    assert step(RULES, State(), CALM, [OLD], 1e9).unload == ""


percents = st.floats(0, 100)
looks = st.lists(
    st.tuples(
        st.floats(0.1, 30.0),
        st.builds(Pressure, st.none() | percents, st.none() | percents),
        st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 400), st.booleans()), max_size=3),
    ),
    max_size=60,
)


@given(looks)
def test_whatever_happens_none_in_use_and_none_too_often(
    found: list[tuple[float, Pressure, list[tuple[str, float, bool]]]],
) -> None:
    state, now, gone = State(), 1_000.0, list[float]()
    for wait, pressure, rows in found:
        now += wait
        held = [Held(name, now - ago, in_use) for name, ago, in_use in rows]
        taken = step(RULES, state, pressure, held, now)
        state = taken.state
        if not taken.unload:
            continue
        assert any(each.name == taken.unload and not each.in_use for each in held)
        assert any(each.name == taken.unload and now - each.used_at >= 60.0 for each in held)
        assert state.pressed
        assert taken.reason
        gone.append(now)
    assert all(later - sooner >= 60.0 for sooner, later in itertools.pairwise(gone))
