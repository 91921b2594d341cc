"""Pending questions in virtual time: arcs as tables, and what holds for every order of events."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.judgement.confirmation import (
    FORGOTTEN_SECONDS,
    IGNORED,
    MAX_WAIT_SECONDS,
    Again,
    Answer,
    Check,
    Confirmations,
    Over,
    Pending,
    Release,
)
from appliance.wire.messages import Deed

UNLOCK = (Deed("lock", "unlock", ("lock.front_door",)),)
SECONDS, TRIES, WAIT = 20.0, 3, 60.0


def machine() -> Confirmations:
    return Confirmations(SECONDS, TRIES, WAIT)


def asked(how: Any = "yes", person: str = "", now: float = 0.0) -> tuple[Confirmations, Pending]:
    made = machine()
    pending = made.ask("hall", 7, how, UNLOCK, now, person=person)
    assert pending is not None
    return made, pending


def say(kind: Any, room: str = "hall", turn: int = 7, **more: Any) -> Answer:
    return Answer(room, turn, kind, **more)


def test_a_yes_releases_exactly_what_was_asked_and_only_once() -> None:
    made, pending = asked()
    assert made.answer(say("yes"), 5.0) == Release(pending, "yes")
    assert made.answer(say("yes"), 5.1) is IGNORED
    assert made.all() == ()


@pytest.mark.parametrize(
    ("how", "person", "answer", "at", "why"),
    [
        ("yes", "", say("no"), 1.0, "no"),
        ("pin", "", say("no"), 1.0, "no"),
        ("yes", "", say("other"), 1.0, "other"),
        ("yes", "", say("pin"), 1.0, "other"),
        ("yes", "", say("yes"), 20.0, "late"),
        ("pin", "", say("pin"), 20.0, "late"),
        ("yes", "", say("yes", turn=8), 1.0, "other"),
        ("yes", "Anna", say("yes", person="Ben"), 1.0, "other_person"),
        ("voice", "Anna", say("yes", person="Kim"), 1.0, "other_person"),
    ],
)
def test_what_ends_a_question(how: Any, person: str, answer: Answer, at: float, why: str) -> None:
    made, pending = asked(how, person)
    assert made.answer(answer, at) == Over(pending, why)  # type: ignore[arg-type]
    assert made.answer(say("yes", person=person), at) is IGNORED


@pytest.mark.parametrize(
    "answer",
    [
        say("yes", room="kitchen"),
        say("yes", source="model"),
        say("yes", own_voice=True),
        say("pin", own_voice=True),
    ],
)
def test_what_is_no_answer_changes_nothing(answer: Answer) -> None:
    made, pending = asked()
    assert made.answer(answer, 1.0) is IGNORED
    assert made.all() == (pending,)


@pytest.mark.parametrize("person", ["", "Anna"])
def test_who_asked_or_who_is_not_recognised_may_answer(person: str) -> None:
    made, pending = asked(person="Anna")
    assert made.answer(say("yes", person=person), 1.0) == Release(pending, "yes")


def test_a_new_question_takes_the_place_of_the_old_one() -> None:
    made, old = asked()
    new = made.ask("hall", 8, "yes", (), 1.0)
    assert made.all() == (new,)
    assert made.answer(say("yes", turn=8), 2.0) == Release(new, "yes")  # type: ignore[arg-type]
    assert old.number != new.number  # type: ignore[union-attr]


def test_a_right_pin_releases() -> None:
    made, pending = asked("pin")
    check = made.answer(say("pin"), 1.0)
    assert isinstance(check, Check)
    assert made.answer(say("yes"), 1.5) is IGNORED
    released = made.checked(pending.number, "Anna", 2.0)
    assert isinstance(released, Release)
    assert (released.given, released.person, released.pending.deeds) == ("pin", "Anna", UNLOCK)


def test_a_yes_does_not_do_where_a_pin_is_wanted() -> None:
    made, pending = asked("pin")
    assert made.answer(say("yes"), 1.0) == Again(pending, "need_pin")
    assert made.all() == (pending,)


def test_somebody_elses_pin_is_refused() -> None:
    made, pending = asked("pin", "Anna")
    made.answer(say("pin"), 1.0)
    over = made.checked(pending.number, "Ben", 2.0)
    assert isinstance(over, Over)
    assert over.why == "other_person"


def wrong(made: Confirmations, room: str, now: float) -> Any:
    pending = made.pending(room, now) or made.ask(room, 7, "pin", UNLOCK, now)
    if pending is None:
        return None
    made.answer(say("pin", room=room), now)
    return made.checked(pending.number, "", now)


def test_wrong_pins_are_counted_over_all_rooms_and_wait_longer_each_time() -> None:
    made = machine()
    assert isinstance(wrong(made, "hall", 0.0), Again)
    assert isinstance(wrong(made, "kitchen", 1.0), Again)
    assert wrong(made, "bath", 2.0).why == "wrong_pin"
    assert made.locked_until == 2.0 + WAIT
    assert wrong(made, "attic", 3.0) is None
    made.ask("attic", 7, "yes", UNLOCK, 3.0)
    assert isinstance(made.answer(say("yes", room="attic"), 4.0), Release)
    assert wrong(made, "attic", 62.0).why == "wrong_pin"
    assert made.locked_until == 62.0 + 2 * WAIT
    now = 62.0
    for _ in range(12):
        now = made.locked_until
        wrong(made, "attic", now)
    assert made.locked_until == now + MAX_WAIT_SECONDS
    assert isinstance(wrong(made, "attic", now + FORGOTTEN_SECONDS), Again)


def test_a_question_that_already_waits_is_locked_too() -> None:
    made = machine()
    made.ask("hall", 7, "pin", UNLOCK, 2.0)
    for second in (0.0, 1.0, 2.0):
        wrong(made, "kitchen", second)
    over = made.answer(say("pin"), 3.0)
    assert isinstance(over, Over)
    assert over.why == "locked"


def test_many_rooms_at_once_get_no_more_tries() -> None:
    made = machine()
    rooms = [f"room {number}" for number in range(10)]
    for room in rooms:
        made.ask(room, 7, "pin", UNLOCK, 0.0)
    steps = [made.answer(say("pin", room=room), 1.0) for room in rooms]
    assert [type(step) for step in steps].count(Check) == TRIES


def test_a_replaced_question_does_not_forgive_its_guess() -> None:
    made = machine()
    for number in range(TRIES):
        made.ask("hall", number, "pin", UNLOCK, 0.0)
        assert isinstance(made.answer(say("pin", turn=number), 0.0), Check)
    made.ask("hall", 9, "pin", UNLOCK, 0.0)
    over = made.answer(say("pin", turn=9), 0.0)
    assert isinstance(over, Over)
    assert over.why == "locked"


def test_a_right_pin_forgives_no_wrong_ones() -> None:
    made = machine()
    wrong(made, "hall", 0.0)
    wrong(made, "hall", 1.0)
    pending = made.ask("hall", 8, "pin", UNLOCK, 2.0)
    assert pending is not None
    made.answer(say("pin", turn=8), 2.0)
    assert isinstance(made.checked(pending.number, "Kim", 2.0), Release)
    assert wrong(made, "hall", 3.0).why == "wrong_pin"


def test_what_was_wrong_before_a_restart_counts_on() -> None:
    made = machine()
    made.remember_wrong(4, 100.0)
    assert made.ask("hall", 7, "pin", UNLOCK, 101.0) is None
    assert made.ask("hall", 7, "yes", UNLOCK, 101.0) is not None


def test_the_end_of_its_turn_its_deadline_and_the_person_going() -> None:
    made, pending = asked(person="Anna")
    assert made.end_turn("hall", 6) is None
    assert made.end_turn("hall", 7) == Over(pending, "other")
    made, pending = asked()
    assert made.expire(19.9) == ()
    assert made.expire(20.0) == (Over(pending, "late"),)
    made, pending = asked(person="Anna")
    made.forget("Ben")
    assert made.all() == (pending,)
    made.forget("Anna")
    assert made.all() == ()


ROOMS = st.sampled_from(["hall", "kitchen"])
EVENTS = st.one_of(
    st.tuples(st.just("ask"), ROOMS, st.integers(1, 3), st.sampled_from(["yes", "pin", "voice"])),
    st.tuples(
        st.just("answer"),
        ROOMS,
        st.integers(1, 3),
        st.sampled_from(["yes", "no", "pin", "other"]),
        st.sampled_from(["heard", "typed", "model"]),
        st.booleans(),
        st.sampled_from(["", "Anna", "Ben"]),
    ),
    st.tuples(st.just("checked"), st.integers(0, 12), st.sampled_from(["", "Anna"])),
    st.tuples(st.just("end"), ROOMS, st.integers(1, 3)),
    st.tuples(st.just("expire")),
)


@given(st.lists(st.tuples(EVENTS, st.floats(0, 30)), max_size=40))
def test_nothing_is_released_without_an_answer_to_it(events: list[tuple[Any, float]]) -> None:
    """For every order: a release has its own question, was asked once, in time, in that room and turn, by a
    person's yes or by a PIN that was right."""
    made, now = machine(), 0.0
    released: set[int] = set()
    checking: dict[int, Pending] = {}
    for event, pause in events:
        now += pause
        match event:
            case ("ask", room, turn, how):
                made.ask(room, turn, how, UNLOCK, now, person="Anna")
            case ("answer", room, turn, kind, source, own, person):
                before = {each.room: each for each in made.all()}.get(room)
                step = made.answer(Answer(room, turn, kind, person, source, own), now)
                if isinstance(step, Release):
                    assert before is not None
                    assert step.pending == before
                    assert kind == "yes"
                    assert source != "model"
                    assert not own
                    assert person != "Ben"
                    assert (before.turn, before.how != "pin", now < before.deadline) == (turn, True, True)
                    assert before.number not in released
                    released.add(before.number)
                if isinstance(step, Check):
                    assert now >= made.locked_until
                    checking[step.pending.number] = step.pending
            case ("checked", number, person):
                step = made.checked(number, person, now)
                if isinstance(step, Release):
                    assert person
                    assert number in checking
                    assert number not in released
                    released.add(number)
                checking.pop(number, None)
            case ("end", room, turn):
                made.end_turn(room, turn)
            case _:
                made.expire(now)
        assert all(pending.deadline <= now + SECONDS for pending in made.all())
        assert len(made.all()) <= 2
