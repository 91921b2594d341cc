"""What is remembered of a turn: only what was really heard."""

from __future__ import annotations

import pytest

from appliance.dialogue.events import DeedResult
from appliance.pipeline.exchange import Ended, Exchange


@pytest.mark.parametrize(
    ("sounded", "now", "whole", "heard"),
    [
        (10.0, 99.0, True, "One. Two. Three."),
        (10.0, 11.1, False, "One."),
        (10.0, 12.5, False, "One. Two."),
        (10.0, 10.5, False, ""),
        (None, 99.0, False, ""),
        (10.0, 99.0, False, "One. Two."),
    ],
)
def test_what_was_not_heard_was_not_said(sounded: float | None, now: float, whole: bool, heard: str) -> None:
    """The third sentence was never made, so nobody knows how long it is."""
    exchange = Exchange()
    exchange.begin("count")
    for number, text in enumerate(("One.", "Two.", "Three.")):
        exchange.says(number, text)
    exchange.lasts(0, 1.0)
    exchange.lasts(1, 1.2)
    exchange.lasts(7, 9.0)
    if sounded is not None:
        exchange.sounds(sounded)
    assert exchange.end(now, whole=whole) == Ended("count", heard, done=False)
    assert exchange.end(now, whole=True) == Ended("", "", done=False)


def test_a_deed_counts_when_it_was_done() -> None:
    exchange = Exchange()
    exchange.begin("lamp on")
    exchange.did([DeedResult("light.a", "Lamp", done=False)])
    exchange.did([DeedResult("light.b", "Lamp", done=True)])
    assert exchange.end(0.0, whole=True).done
