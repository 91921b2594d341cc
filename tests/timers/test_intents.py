"""The intents of home-assistant-intents, recognised by hassil, become requests."""

from __future__ import annotations

import pytest

from appliance.home.entities import House
from appliance.timers.intents import INTENTS, request
from appliance.timers.request import Request
from appliance.understanding.templates import Templates
from appliance.understanding.vocabulary import Vocabulary


@pytest.mark.parametrize(
    ("intent", "slots", "expected"),
    [
        (
            "HassStartTimer",
            {"minutes": 5, "name": "pasta "},
            Request("set", "timer", seconds=300, label="pasta"),
        ),
        ("HassStartTimer", {"hours": 1, "minutes": 30, "seconds": 5}, Request("set", "timer", seconds=5_405)),
        ("HassStartTimer", {"minutes": 5, "conversation_command": "turn off the light"}, None),
        ("HassCancelTimer", {"start_minutes": 10}, Request("cancel", "timer", start_s=600)),
        ("HassCancelTimer", {"area": "kitchen"}, Request("cancel", "timer", area="kitchen")),
        ("HassCancelAllTimers", {}, Request("cancel_all", "timer")),
        (
            "HassIncreaseTimer",
            {"minutes": 5, "name": "x"},
            Request("lengthen", "timer", seconds=300, name="x"),
        ),
        ("HassDecreaseTimer", {"minutes": 5}, Request("lengthen", "timer", seconds=-300)),
        ("HassPauseTimer", {"name": "x"}, Request("pause", "timer", name="x")),
        ("HassUnpauseTimer", {}, Request("resume", "timer")),
        ("HassTimerStatus", {"minutes": True}, Request("status", "timer")),
        ("HassTurnOn", {"name": "lamp"}, None),
    ],
)
def test_slots(intent: str, slots: dict[str, object], expected: Request | None) -> None:
    assert request(intent, slots) == expected


def test_the_packages_sentences() -> None:
    from hassil.recognize import recognize_best

    templates = Templates(House().language)
    templates.open()
    lists = Vocabulary(House(), templates.language).lists
    for sentence, expected in (
        ("set a timer for 5 minutes", Request("set", "timer", seconds=300)),
        ("add 2 minutes to my pizza timer", Request("lengthen", "timer", seconds=120, name="pizza")),
        ("cancel all timers", Request("cancel_all", "timer")),
    ):
        found = recognize_best(sentence, templates.intents, slot_lists=lists, language="en")
        assert found is not None
        assert found.intent.name in INTENTS
        assert request(found.intent.name, {each.name: each.value for each in found.entities_list}) == expected
