from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.conversation.waiting import MAX_WAITING, Line, Step
from appliance.wire.messages import Generate


def question(turn: int, deadline_ms: int = 1_000) -> Generate:
    return Generate(turn, "", "hello", deadline_ms=deadline_ms)


def test_one_at_a_time_in_order() -> None:
    line = Line()
    for turn in (1, 2):
        assert line.join(question(turn), 0.0)
    first = line.step(0.0).send
    assert first is not None
    assert first.turn == line.turn == 1
    assert line.step(0.0) == Step()
    line.served(1)
    second = line.step(0.1).send
    assert second is not None
    assert second.turn == 2


def test_waiting_counts() -> None:
    line = Line()
    line.join(question(1), 0.0)
    line.step(0.0)
    line.join(question(2), 0.0)
    line.served(1)
    sent = line.step(0.7).send
    assert sent is not None
    assert sent.deadline_ms == 300


def test_what_waited_too_long_is_given_up_and_never_sent() -> None:
    line = Line()
    for turn in (1, 2, 3):
        line.join(question(turn, 1_000 * turn), 0.0)
    line.step(0.0)
    assert line.step(2.0) == Step(None, (2,))
    line.served(1)
    sent = line.step(2.5).send
    assert sent is not None
    assert (sent.turn, sent.deadline_ms) == (3, 500)


def test_too_many_are_refused_and_counted() -> None:
    line = Line()
    line.join(question(1), 0.0)
    line.step(0.0)
    accepted = [line.join(question(turn), 0.0) for turn in range(2, 9)]
    assert accepted == [True] * MAX_WAITING + [False] * 3
    assert line.refused == 3


def test_who_leaves_is_not_served() -> None:
    line = Line()
    line.join(question(1), 0.0)
    line.join(question(2), 0.0)
    line.step(0.0)
    assert line.leave(2) is False, "the engine does not know it yet"
    assert line.leave(1) is True, "the engine has to be told"
    assert line.step(0.0) == Step(), "until it says that it stopped"
    line.served(1)
    assert line.step(0.0) == Step()


def test_a_late_word_of_an_old_generation_changes_nothing() -> None:
    line = Line()
    line.join(question(2), 0.0)
    line.step(0.0)
    line.served(1)
    assert line.turn == 2


def test_a_fresh_engine_gets_the_question_again_with_what_is_left() -> None:
    line = Line()
    line.join(question(1), 0.0)
    line.join(question(2), 0.0)
    line.step(0.0)
    line.restart()
    sent = line.step(0.4).send
    assert sent is not None
    assert (sent.turn, sent.deadline_ms) == (1, 600)


def test_a_fresh_engine_is_not_asked_what_nobody_wants_any_more() -> None:
    line = Line()
    line.join(question(1), 0.0)
    line.step(0.0)
    line.leave(1)
    line.restart()
    assert line.step(0.0) == Step()
    line.join(question(2), 0.0)
    line.step(0.0)
    line.restart()
    sent = line.step(0.0).send
    assert sent is not None, "that was another"


steps = st.one_of(
    st.tuples(st.just("join"), st.integers(1, 6), st.integers(-100, 3_000)),
    st.tuples(st.just("served"), st.integers(1, 6), st.just(0)),
    st.tuples(st.just("leave"), st.integers(1, 6), st.just(0)),
    st.tuples(st.just("restart"), st.just(0), st.just(0)),
)


@given(st.lists(st.tuples(steps, st.floats(0, 2)), max_size=60))
def test_nobody_is_sent_late_and_never_two_at_once(done: list[tuple[tuple[str, int, int], float]]) -> None:
    line = Line()
    now = 0.0
    due: dict[int, float] = {}
    busy = 0
    for (what, turn, ms), pause in done:
        now += pause
        if what == "join" and turn != busy:
            if line.join(question(turn, ms), now):
                due[turn] = now + ms / 1000
        elif what == "served":
            line.served(turn)
            busy = 0 if turn == busy else busy
        elif what == "leave":
            line.leave(turn)
        else:
            line.restart()
            busy = 0
        step = line.step(now)
        if step.send is not None:
            assert busy == 0
            busy = step.send.turn
            assert now + step.send.deadline_ms / 1000 <= due[busy] + 1e-6
            assert step.send.deadline_ms > 0
