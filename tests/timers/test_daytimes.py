"""Times of day among other words: where they begin and end, and what is none."""

from __future__ import annotations

import pytest

from appliance.timers import daytimes, quantities, tables_de, tables_en
from appliance.timers.calendar import When
from appliance.timers.marking import mark
from appliance.timers.tables import Tables

EN, DE = tables_en.TABLES, tables_de.TABLES


@pytest.mark.parametrize(
    ("tables", "text", "when", "rest"),
    [
        (EN, "at seven to eat", When(7, clock12=True), "to eat"),
        (EN, "at 7:30 pm tomorrow now", When(7, 30, "pm", in_days=1), "now"),
        (EN, "half past twelve", When(12, 30, clock12=True), ""),
        (EN, "quarter to one", When(12, 45, clock12=True), ""),
        (EN, "ten to midnight", When(23, 50), ""),
        (EN, "at 10 at night", When(10, 0, "pm"), ""),
        (EN, "at 2 at night", When(2, 0, "am"), ""),
        (EN, "every monday and every friday at 9 am", When(9, 0, "am", days=(0, 4)), ""),
        (EN, "tonight at eight", When(8, 0, "pm", in_days=0), ""),
        (EN, "tomorrow", When(in_days=1), ""),
        (EN, "at 13 oclock", When(13), ""),
        (DE, "um halb eins", When(12, 30, clock12=True), ""),
        (DE, "um zehn nach halb acht", When(7, 40, clock12=True), ""),
        (DE, "um 0 uhr 5", When(0, 5), ""),
        (DE, "naechsten montag um 8 uhr", When(8, weekday=0), ""),
        (DE, "um elf uhr nachts", When(11, 0, "pm"), ""),
    ],
)
def test_times(tables: Tables, text: str, when: When, rest: str) -> None:
    words = text.split()
    found = daytimes.when(words, 0, tables)
    assert found is not None
    assert (found[0], " ".join(words[found[1] :])) == (when, rest)


@pytest.mark.parametrize(
    "text", ["at", "at 25", "at 7:75", "for ten minutes", "for a walk", "seven", "morning", "to"]
)
def test_no_times(text: str) -> None:
    assert daytimes.when(text.split(), 0, EN) is None


@pytest.mark.parametrize(
    ("tables", "text", "seconds"),
    [
        (EN, "one hundred and five minutes", 6_300),
        (EN, "twenty five seconds", 25),
        (EN, "1.5 hours", 5_400),
        (EN, "one and a half minutes", 90),
        (EN, "two hours and a quarter", 8_100),
        (EN, "one hour one hour", 3_600),
        (DE, "zweieinhalb stunden", 9_000),
        (DE, "hundertzwanzig minuten", 7_200),
        (DE, "eine stunde und fuenfzehn minuten", 4_500),
    ],
)
def test_lengths(tables: Tables, text: str, seconds: float) -> None:
    found = quantities.duration(text.split(), 0, tables)
    assert found is not None
    assert found[0] == seconds


def test_words_come_back_as_they_were_said() -> None:
    marked = mark("Bitte stell einen Käse-Timer auf 5 Minuten!", DE)
    assert marked.text == "stell einen kaese timer auf §d0"
    assert marked.original(12, 17) == "Käse"
    assert marked.original(18, 23) == "Timer"
