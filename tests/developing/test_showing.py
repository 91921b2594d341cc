"""Whose line it is, and that a line cannot paint the terminal."""

from __future__ import annotations

import pytest

from appliance.developing import showing
from appliance.observe.entries import Entry, from_line


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        (Entry("x", stage="stt", component="supervision.link"), "stt"),
        (Entry("x", component="stages.tts.loop"), "tts"),
        (Entry("x", component="mqtt.client"), "mqtt"),
        (Entry("stage wake: ready", component="daemon"), "wake"),
        (Entry("x"), "appliance"),
    ],
)
def test_whose_line_it_is(entry: Entry, name: str) -> None:
    assert showing.who(entry) == name
    assert showing.plain(entry).startswith(f"{name:<12} ")
    assert showing.coloured(entry).startswith(f"\x1b[{showing.colour(name)}m{name:<12}\x1b[0m ")


def test_each_stage_has_a_colour_of_its_own() -> None:
    names = ("sound", "wake", "vad", "stt", "intent", "llm", "tts")
    assert len({showing.colour(name) for name in names}) == len(names)


@pytest.mark.parametrize(("level", "code"), [("error", "31"), ("warning", "33"), ("debug", "2")])
def test_what_is_bad_is_seen(level: str, code: str) -> None:
    assert f"\x1b[{code}m" in showing.coloured(Entry("x", level=level))


def test_a_line_paints_nothing_itself() -> None:
    shown = showing.plain(from_line(b'{"message": "\\u001b[2Jx", "component": "\\u001b[31m"}'))
    assert "\x1b" not in shown
