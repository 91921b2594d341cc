"""English and German sentences as requests: tables, and what holds for any sentence."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.timers import patterns_de, patterns_en, phrases, spoken
from appliance.timers.calendar import When
from appliance.timers.model import MAX_SECONDS
from appliance.timers.request import Request
from appliance.timers.tokens import MAX_SENTENCE

WORK = (0, 1, 2, 3, 4)
ALL = (0, 1, 2, 3, 4, 5, 6)


def timer(seconds: float, label: str = "") -> Request:
    return Request("set", "timer", seconds=seconds, label=label)


def alarm(hour: int, minute: int = 0, half: str = "", **more: Any) -> Request:
    clock12 = more.pop("clock12", not half)
    label = more.pop("label", "")
    return Request("set", "alarm", when=When(hour, minute, half, clock12, **more), label=label)


def remind(text: str, seconds: float = 0.0, when: When | None = None) -> Request:
    return Request("set", "reminder", text=text, seconds=seconds, when=when)


ENGLISH: list[tuple[str, Request | None]] = [
    ("set a timer for ten minutes", timer(600)),
    ("please set a timer for an hour and a half", timer(5_400)),
    ("Set a 10 minute pasta timer.", timer(600, "pasta")),
    ("pasta timer for 12 minutes", timer(720, "pasta")),
    ("set a timer for the pasta for twelve minutes", timer(720, "pasta")),
    ("set a timer for ten minutes for pasta", timer(600, "pasta")),
    ("set a 5min timer", timer(300)),
    ("start a 1 hour 30 timer", timer(5_400)),
    ("two and a half minute timer", timer(150)),
    ("set a timer for three quarters of an hour", timer(2_700)),
    ("a hundred and twenty minutes timer", timer(7_200)),
    ("can you set another timer for 90 seconds please", timer(90)),
    ("timer one hour twenty minutes and 5 seconds", timer(4_805)),
    ("set a pizza timer", timer(0, "pizza")),
    ("set a timer in half an hour", timer(1_800)),
    ("set an alarm for half past seven", alarm(7, 30)),
    ("set an alarm for seven thirty a.m.", alarm(7, 30, "am")),
    ("set an alarm for seven oh five pm", alarm(7, 5, "pm")),
    ("set a gym alarm for 6 pm", alarm(6, 0, "pm", label="gym")),
    ("set a 7 am alarm", alarm(7, 0, "am")),
    ("wake me up tomorrow at 6:30", alarm(6, 30, in_days=1)),
    ("wake me up at quarter to eight tomorrow morning", alarm(7, 45, "am", in_days=1)),
    ("set an alarm every weekday at 7", alarm(7, days=WORK)),
    ("every monday and friday at nine wake me up", alarm(9, days=(0, 4))),
    ("set an alarm at 22:15", alarm(22, 15, clock12=False)),
    ("set an alarm for the day after tomorrow at noon", alarm(12, clock12=False, in_days=2)),
    ("set an alarm for ten past nine on sunday", alarm(9, 10, weekday=6)),
    ("wake me up in two hours", Request("set", "alarm", seconds=7_200)),
    ("remind me in 20 minutes to turn off the oven", remind("turn off the oven", 1_200)),
    ("remind me to call Mom tomorrow at 6 pm", remind("call Mom", when=When(6, 0, "pm", in_days=1))),
    ("remind me tomorrow to call Mom at 6 pm", remind("call Mom", when=When(6, 0, "pm", in_days=1))),
    ("remind me at noon that the plumber comes", remind("the plumber comes", when=When(12))),
    ("remind me to feed the cat every day at 8 am", remind("feed the cat", when=When(8, 0, "am", days=ALL))),
    ("in 20 minutes remind me to stir the soup", remind("stir the soup", 1_200)),
    ("remind me to buy milk", remind("buy milk")),
    ("how long is left on the pasta timer", Request("status", "timer", name="pasta")),
    ("how much time is left", Request("status")),
    ("how much time is left on the ten minute timer", Request("status", "timer", start_s=600)),
    ("what alarms do I have", Request("status", "alarm")),
    ("when is my next alarm", Request("status", "alarm", next=True)),
    ("list my reminders", Request("status", "reminder")),
    ("add five minutes to the pasta timer", Request("lengthen", "timer", seconds=300, name="pasta")),
    ("take two minutes off the timer", Request("lengthen", "timer", seconds=-120)),
    ("rename the timer to pizza", Request("rename", "timer", label="pizza")),
    ("cancel the pasta timer", Request("cancel", "timer", name="pasta")),
    ("cancel the ten minute timer", Request("cancel", "timer", start_s=600)),
    ("cancel the last timer", Request("cancel", "timer", last=True)),
    ("cancel all timers", Request("cancel_all", "timer")),
    ("cancel my seven thirty alarm", Request("cancel", "alarm", at=When(7, 30, clock12=True))),
    ("turn the alarm off", Request("cancel", "alarm")),
    ("pause the pasta timer", Request("pause", "timer", name="pasta")),
    ("resume the timer", Request("resume", "timer")),
    ("snooze for five minutes", Request("snooze", seconds=300)),
    (
        "move my 7 o'clock alarm to 8",
        Request("move", "alarm", when=When(8, clock12=True), at=When(7, clock12=True)),
    ),
    ("turn on the light", None),
    ("turn off the lamp in ten minutes", None),
    ("set the thermostat to 20", None),
    ("disarm the alarm", None),
    ("what time is it", None),
    ("set the alarm", None),
    ("set an alarm", Request("set", "alarm")),
    ("give me the time left on my timer", None),
    ("stop", None),
    ("ten minutes", None),
    ("", None),
]

GERMAN: list[tuple[str, Request | None]] = [
    ("Stelle einen Timer auf zehn Minuten", timer(600)),
    ("Stell bitte einen Nudeltimer auf fünfundvierzig Minuten", timer(2_700, "Nudel")),
    ("Stelle einen Timer für Nudeln auf zehn Minuten", timer(600, "Nudeln")),
    ("Stelle einen 10-Minuten-Timer", timer(600)),
    ("Timer auf eine halbe Stunde", timer(1_800)),
    ("Timer auf anderthalb Stunden", timer(5_400)),
    ("Stelle einen Timer auf 1,5 Stunden", timer(5_400)),
    ("Stelle den Wecker auf halb acht", alarm(7, 30)),
    ("Weck mich morgen um 6:30 Uhr", alarm(6, 30, clock12=False, in_days=1)),
    ("Weck mich morgen früh um sechs", alarm(6, 0, "am", in_days=1)),
    ("Wecke mich um Viertel vor sieben", alarm(6, 45)),
    ("Wecker auf dreiviertel acht", alarm(7, 45)),
    ("Weck mich um fünf vor halb acht", alarm(7, 25)),
    ("Stell einen Wecker für jeden Werktag um 7 Uhr", alarm(7, clock12=False, days=WORK)),
    ("Weck mich montags und mittwochs um sieben", alarm(7, days=(0, 2))),
    ("Stelle den Wecker auf 19 Uhr 30", alarm(19, 30, clock12=False)),
    (
        "Erinnere mich in 20 Minuten daran, den Ofen auszuschalten",
        remind("den Ofen auszuschalten", 1_200),
    ),
    ("Erinnere mich morgen um 9 Uhr an den Termin", remind("den Termin", when=When(9, in_days=1))),
    ("Erinnere mich an den Müll um 18 Uhr", remind("den Müll", when=When(18))),
    ("Wie lange läuft der Nudeltimer noch", Request("status", "timer", name="Nudel")),
    ("Wie lange noch", Request("status")),
    ("Welche Wecker sind gestellt", Request("status", "alarm")),
    ("Verlängere den Timer um fünf Minuten", Request("lengthen", "timer", seconds=300)),
    ("Lösche den Pizza-Timer", Request("cancel", "timer", name="Pizza")),
    ("Brich den Timer ab", Request("cancel", "timer")),
    ("Mach den Wecker aus", Request("cancel", "alarm")),
    ("Lösche alle Timer", Request("cancel_all", "timer")),
    ("Pausiere den Timer", Request("pause", "timer")),
    ("Setze den Timer fort", Request("resume", "timer")),
    ("Nenne den Timer Pizza", Request("rename", "timer", label="Pizza")),
    ("Kannst du mich morgen um sieben wecken", alarm(7, in_days=1)),
    ("Schalte das Licht an", None),
    ("Wie spät ist es", None),
]


@pytest.mark.parametrize(("sentence", "request_"), ENGLISH)
def test_english(sentence: str, request_: Request | None) -> None:
    assert spoken.parse(sentence, "en") == request_


@pytest.mark.parametrize(("sentence", "request_"), GERMAN)
def test_german(sentence: str, request_: Request | None) -> None:
    assert spoken.parse(sentence, "de-DE") == request_


def test_a_language_that_nobody_described() -> None:
    assert spoken.parse("set a timer for ten minutes", "fr") is None


@pytest.mark.parametrize(
    ("sentence", "language", "request_"),
    [
        ("stop", "en", Request("stop")),
        ("okay, thank you", "en", Request("stop")),
        ("turn it off", "en", Request("stop")),
        ("five more minutes", "en", Request("snooze", seconds=300)),
        ("Stopp", "de", Request("stop")),
        ("noch zehn Minuten", "de", Request("snooze", seconds=600)),
        ("what time is it", "en", None),
    ],
)
def test_while_it_rings(sentence: str, language: str, request_: Request | None) -> None:
    assert spoken.parse(sentence, language, ringing=True) == request_


PENDING = [
    (Request("set", "timer", label="pasta"), "for ten minutes", timer(600, "pasta")),
    (Request("set", "alarm"), "seven", alarm(7)),
    (Request("set", "alarm", when=When(in_days=1)), "at half past six", alarm(6, 30, in_days=1)),
    (Request("set", "reminder"), "Feed the cat", remind("Feed the cat")),
    (Request("cancel", "timer"), "the pasta one", Request("cancel", "timer", name="pasta")),
    (Request("cancel", "timer"), "the ten minute timer", Request("cancel", "timer", start_s=600)),
    (Request("cancel", "timer"), "the last one", Request("cancel", "timer", last=True)),
    (Request("set", "timer"), "what is the weather like", None),
    (Request("set", "timer"), "cancel all timers", Request("cancel_all", "timer")),
]


@pytest.mark.parametrize(("pending", "reply", "request_"), PENDING)
def test_replies(pending: Request, reply: str, request_: Request | None) -> None:
    assert spoken.parse(reply, "en", pending=pending) == request_


@pytest.mark.parametrize("language", ["en", "de"])
@given(data=st.data())
def test_any_text_is_safe(language: str, data: st.DataObject) -> None:
    known = spoken.LANGUAGES[language]
    words = st.sampled_from(
        [
            *known.units,
            *known.numbers,
            *known.weekdays,
            *known.at,
            "timer",
            "alarm",
            "wecker",
            "7:30",
            "99:99",
        ]
    )
    sentence = data.draw(st.one_of(st.text(max_size=400), st.lists(words, max_size=30).map(" ".join)))
    request = spoken.parse(sentence, language, ringing=data.draw(st.booleans()))
    assert request is None or len(request.text) <= MAX_SENTENCE


@pytest.mark.parametrize("language", ["en", "de"])
@given(seconds=st.integers(1, int(MAX_SECONDS)))
def test_a_length_that_is_said_is_understood(language: str, seconds: int) -> None:
    """What the appliance says about a length, it understands itself, as exactly as it says it."""
    said = phrases.duration(language, seconds)
    sentence = f"timer {said}".replace(",", "")
    request = spoken.parse(sentence, language)
    assert request is not None
    assert abs(request.seconds - seconds) <= (0 if seconds < phrases.EXACT_SECONDS else 30)


@given(hour=st.integers(0, 23), minute=st.integers(0, 59))
@pytest.mark.parametrize("language", ["en", "de"])
def test_a_time_that_is_said_is_understood(language: str, hour: int, minute: int) -> None:
    said = phrases.moment(language, f"2026-11-22T{hour:02}:{minute:02}", (), None)
    sentence = f"set an alarm for {said}" if language == "en" else f"Stelle einen Wecker auf {said}"
    request = spoken.parse(sentence, language)
    assert request is not None
    assert request.when is not None
    half = request.when.half
    heard = request.when.hour % 12 + (12 if half == "pm" else 0) if half else request.when.hour
    assert (heard, request.when.minute, request.when.clock12) == (hour, minute, False)


@pytest.mark.parametrize("module", [patterns_en, patterns_de])
def test_every_expression_is_complete(module: Any) -> None:
    for _, expression in module.PATTERNS:
        assert set(re.findall(r"\{([A-Z]+)\}", expression)) <= set(module.MACROS)
    assert len({expression for _, expression in module.PATTERNS}) == len(module.PATTERNS)
