"""Decisions: sentences over some timers, their answers, and what becomes of the timers."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from appliance.timers import choosing, model
from appliance.timers.decide import Situation, decide
from appliance.timers.model import MAX_TIMERS, Now, Timer, due_in
from appliance.timers.request import Request
from appliance.timers.schedule import Policy
from tests.timers.virtual import SATURDAY_NOON, request

NOW = Now(SATURDAY_NOON, 1_000.0, "boot", trusted=True)
PASTA = Timer(1, "timer", label="pasta", room="kitchen", duration_s=720, due=due_in(700, NOW))
TEN = Timer(2, "timer", duration_s=600, due=due_in(590, NOW))
HELD = Timer(3, "timer", "paused", label="laundry", duration_s=3_600, left_s=125)
ALARM = Timer(4, "alarm", at="2026-11-22T07:00", zone="Europe/Berlin", days=(0, 1, 2, 3, 4, 5, 6))
CAT = Timer(5, "reminder", text="feed the cat", at="2026-11-21T20:00", zone="Europe/Berlin")
EVERY = (PASTA, TEN, HELD, ALARM, CAT)


def home(*timers: Timer, language: str = "en", now: Now = NOW, room: str = "local") -> Situation:
    policy = Policy(zone="Europe/Berlin")
    areas = {"kitchen": "Küche"}
    return Situation(timers, now, language, room, "ann", policy, areas, next_id=9)


HELD_LEFT = "2 minutes and 5 seconds"
PAUSED = f"The laundry timer is paused with {HELD_LEFT} left."
THREE = (
    f"3 timers: laundry timer, paused with {HELD_LEFT} left, "
    "10 minute timer, 9 minutes and 50 seconds left and pasta timer, 12 minutes left."
)
ANSWERS: list[tuple[str, str, tuple[Timer, ...], str]] = [
    ("en", "set a pasta timer for 12 minutes", (), "Pasta timer set for 12 minutes."),
    ("en", "set a timer for 90 seconds", (), "Timer set for 1 minute and 30 seconds."),
    ("en", "set an alarm for seven", (), "Alarm set for 7 PM."),
    ("en", "wake me up tomorrow at 7", (), "Alarm set for 7 AM tomorrow."),
    ("en", "set an alarm for 7 on wednesday", (), "Alarm set for 7 AM on Wednesday."),
    ("en", "set an alarm every weekday at 6:30", (), "Alarm set for 6:30 AM every weekday."),
    ("en", "remind me in 20 minutes to stir", (), "I will remind you in 20 minutes: stir."),
    ("en", "remind me at 8 pm to feed the cat", (), "I will remind you at 8 PM: feed the cat."),
    ("en", "set a timer for 9 days", (), "I can count at most 7 days."),
    ("en", "set an alarm for 7 am today", (), "That time is over already."),
    ("en", "how long is left", (TEN,), "9 minutes and 50 seconds left."),
    ("en", "how long is left on the pasta timer", EVERY, "12 minutes left on the pasta timer."),
    ("en", "how long is left on the past a timer", EVERY, "12 minutes left on the pasta timer."),
    ("en", "how long is left on the laundry timer", EVERY, PAUSED),
    ("en", "what timers are running", EVERY, THREE),
    ("en", "when is my next alarm", EVERY, "The alarm for 7 AM every day is set."),
    ("en", "list my reminders", EVERY, "Reminder “feed the cat”, 8 PM."),
    ("en", "what alarms do i have", (TEN,), "No alarm is set."),
    ("en", "how long is left on the egg timer", EVERY, "I don't know a timer like that."),
    ("en", "add five minutes to the ten minute timer", EVERY, "Added 5 minutes: 15 minutes left."),
    ("en", "take five minutes off the timer", (TEN,), "Took off 5 minutes: 4 minutes and 50 seconds left."),
    ("en", "take ten minutes off the timer", (TEN,), "That is more than was left."),
    ("en", "rename the pasta timer to rice", EVERY, "It is now called rice timer."),
    ("en", "cancel the pasta timer", EVERY, "Pasta timer cancelled."),
    ("en", "cancel the kitchen timer", EVERY, "Pasta timer cancelled."),
    ("en", "cancel the last timer", EVERY, "Laundry timer cancelled."),
    ("en", "cancel all timers", EVERY, "3 timers cancelled."),
    ("en", "cancel the 7 o'clock alarm", EVERY, "Alarm for 7 AM every day cancelled."),
    ("en", "move my alarm to half past six tomorrow", EVERY, "Alarm moved to 6:30 AM every day."),
    ("en", "pause the pasta timer", EVERY, "Pasta timer paused with 12 minutes left."),
    ("en", "resume the laundry timer", EVERY, "Laundry timer continues with 2 minutes and 5 seconds left."),
    ("en", "pause the alarm", EVERY, "An alarm can't be paused."),
    ("en", "snooze", EVERY, "Nothing is ringing."),
    ("de", "Stelle einen Nudeltimer auf zehn Minuten", (), "Timer Nudel auf 10 Minuten gestellt."),
    ("de", "Weck mich morgen um 7 Uhr 30", (), "Wecker auf morgen 7 Uhr 30 gestellt."),
    ("de", "Erinnere mich in einem Tag an den Müll", (), "Ich erinnere dich in 1 Tag: den Müll."),
    ("de", "Wie lange noch", (TEN,), "Noch 9 Minuten und 50 Sekunden."),
    ("de", "Lösche alle Timer", EVERY, "3 Timer gelöscht."),
]  # fmt: skip


@pytest.mark.parametrize(("language", "sentence", "timers", "answer"), ANSWERS)
def test_answers(language: str, sentence: str, timers: tuple[Timer, ...], answer: str) -> None:
    assert decide(request(sentence, language), home(*timers, language=language)).answer.text == answer


def test_which_one_is_asked() -> None:
    decision = decide(Request("cancel", "timer"), home(*EVERY, room="bath"))
    assert decision.changes == ()
    assert decision.answer.expects_reply
    assert decision.answer.text == "Which one: pasta timer, 10 minute timer or laundry timer?"
    assert decision.pending == Request("cancel", "timer")


def test_the_one_of_this_room_is_meant() -> None:
    decision = decide(Request("cancel", "timer"), home(*EVERY, room="kitchen"))
    assert [(timer.id, timer.state) for timer in decision.changes] == [(1, "cancelled")]


def test_the_one_that_rings_is_meant() -> None:
    ringing = replace(TEN, state="ringing")
    decision = decide(Request("cancel", "timer"), home(PASTA, ringing, room="kitchen"))
    assert [(timer.id, timer.state) for timer in decision.changes] == [(2, "done")]


def test_a_new_one_knows_who_and_where() -> None:
    (timer,) = decide(request("set a timer for 1 minute"), home(room="kitchen")).changes
    assert (timer.id, timer.room, timer.person, timer.duration_s) == (9, "kitchen", "ann", 60)


def test_without_a_clock_no_alarm_is_promised() -> None:
    blind = home(now=replace(NOW, trusted=False))
    assert not decide(request("set an alarm for 7"), blind).changes
    assert decide(request("set a timer for 1 minute"), blind).changes
    assert decide(request("remind me in 1 minute to go"), blind).changes


def test_there_is_an_end() -> None:
    full = home(*(replace(TEN, id=number) for number in range(MAX_TIMERS)))
    decision = decide(request("set a timer for 1 minute"), full)
    assert (decision.changes, decision.answer.ok) == ((), False)


def test_stop_and_snooze_mean_what_rings_here() -> None:
    here, there = replace(TEN, state="ringing"), replace(PASTA, state="ringing")
    for do in ("stop", "snooze"):
        decision = decide(Request(do), home(here, there))  # type: ignore[arg-type]
        assert [timer.id for timer in decision.changes] == [2]
        assert decision.changes[0].state == ("done" if do == "stop" else "running")


def test_long_words_are_cut() -> None:
    wanted = Request("set", "reminder", seconds=60, text="x" * 1_000, label="y" * 1_000)
    (timer,) = decide(wanted, home()).changes
    assert (len(timer.text), len(timer.label)) == (model.MAX_TEXT, model.MAX_LABEL)


@pytest.mark.parametrize(
    ("name", "ids"), [("Küche", (1,)), ("the pasta", (1,)), ("laundri", (3,)), ("x", ())]
)
def test_names(name: str, ids: tuple[int, ...]) -> None:
    found = choosing.matching(Request("status", "timer", name=name), EVERY, {"kitchen": "Küche"})
    assert tuple(timer.id for timer in found) == ids
