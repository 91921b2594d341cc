"""What is said: lengths, times, names and apologies, in every language that is spoken."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.timers import calendar, phrases, texts
from appliance.timers.model import Timer

NOW = calendar.parse("2026-11-21T13:00")


@pytest.mark.parametrize(
    ("language", "seconds", "said"),
    [
        ("en", 0, "0 seconds"),
        ("en", 1, "1 second"),
        ("en", 61, "1 minute and 1 second"),
        ("en", 599.2, "10 minutes"),
        ("en", 725, "12 minutes"),
        ("en", 3_900, "1 hour and 5 minutes"),
        ("en", 90_060, "1 day, 1 hour and 1 minute"),
        ("de", 3_661, "1 Stunde und 1 Minute"),
        ("fr", 60, "1 minute"),
    ],
)
def test_lengths(language: str, seconds: float, said: str) -> None:
    assert phrases.duration(language, seconds) == said


@pytest.mark.parametrize(
    ("language", "at", "days", "said"),
    [
        ("en", "2026-11-21T19:30", (), "7:30 PM"),
        ("en", "2026-11-22T00:05", (), "12:05 AM tomorrow"),
        ("en", "2026-11-25T12:00", (), "12 PM on Wednesday"),
        ("en", "2026-12-24T18:00", (), "6 PM on Thursday, December 24"),
        ("en", "2026-11-23T07:00", (0, 1, 2, 3, 4), "7 AM every weekday"),
        ("en", "2026-11-23T07:00", (0, 2), "7 AM every Monday and Wednesday"),
        ("de", "2026-11-22T07:00", (), "morgen 7 Uhr"),
        ("de", "2026-11-25T07:15", (), "am Mittwoch 7 Uhr 15"),
        ("de", "2026-11-28T09:00", (5, 6), "9 Uhr am Wochenende"),
    ],
)
def test_moments(language: str, at: str, days: tuple[int, ...], said: str) -> None:
    assert phrases.moment(language, at, days, NOW) == said


@pytest.mark.parametrize(
    ("timer", "late_s", "sure", "said"),
    [
        (Timer(1, "timer", duration_s=600), 0, True, "Your 10 minute timer is done."),
        (Timer(1, "timer", label="egg"), 59, True, "Your egg timer is done."),
        (Timer(1, "timer", label="egg"), 400, True, "Sorry, this is 7 minutes late. Your egg timer is done."),
        (Timer(1, "alarm", at="2026-11-22T07:30"), 0, True, "It is 7:30 AM."),
        (Timer(1, "alarm", at="2026-11-22T07:30", label="gym"), 0, True, "It is 7:30 AM: gym."),
        (Timer(1, "reminder", text="feed the cat"), 0, True, "Reminder: feed the cat."),
        (
            Timer(1, "reminder", text="stir"),
            0,
            False,
            "Sorry, this is late: I had no power, and don't know for how long. Reminder: stir.",
        ),
    ],
)
def test_ringing(timer: Timer, late_s: float, sure: bool, said: str) -> None:
    assert phrases.ring("en", timer, late_s, sure=sure) == said


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_languages_say_the_same() -> None:
    english = texts.TEXTS["en"]
    for language, table in texts.TEXTS.items():
        assert table.keys() == english.keys()
        for key, text in table.items():
            assert fields(text) <= fields(english[key]) | {"name"}, (language, key)


@given(st.lists(st.text(min_size=1), max_size=30))
def test_long_lists_are_short(items: list[str]) -> None:
    said = phrases.listed("en", items)
    assert ("more" in said) >= (len(items) > phrases.MAX_LISTED)


@given(st.text(max_size=80))
def test_words_of_people_are_said_as_they_are(text: str) -> None:
    """Braces and the like in a name are no instructions."""
    timer = Timer(1, "reminder", text=text or "x")
    assert (text or "x") in phrases.ring("en", timer, 0)
