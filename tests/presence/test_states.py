"""What each entity says."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.config.model import Audio, Config, Tts, Wake
from appliance.observe import alerts, wear
from appliance.presence import catalogue, reports, showing, states
from appliance.presence.entities import Topics
from appliance.presence.panel import Facts, Health, SatelliteView
from tests.presence.panels import FACTS, HEALTH, KITCHEN, HeldPanel


def test_unknown_is_said_so_and_numbers_are_rounded() -> None:
    said = states.measured(Health(), Facts(version="1"))
    assert said["latency_p95"] == said["temperature"] == states.UNKNOWN
    said = states.measured(Health(p95_ms=1_999.9, disk_free_mb=1_234.0, temperature_c=50.6), Facts())
    assert (said["latency_p95"], said["disk_free"], said["temperature"]) == ("2.00", "1.2", "51")


@pytest.mark.parametrize(
    ("phase", "muted", "state"),
    [("idle", True, "muted"), ("speaking", True, "speaking"), ("idle", False, "idle")],
)
def test_the_pipeline(phase: str, muted: bool, state: str) -> None:
    assert states.pipeline(phase, muted=muted)["state"] == state


def test_every_choice_that_is_said_is_an_option() -> None:
    config = Config(audio=Audio(volume=0.35), wake=Wake(words=("my own",)), tts=Tts(voice="rare"))
    said = states.controls(config, Facts(), muted=False)
    assert said["volume"] == "35"
    for entity in catalogue.of_appliance(config, Facts()):
        if entity.component == "select":
            assert said[entity.object_id] in entity.options


def test_a_satellite_that_may_not_take_part_is_a_problem() -> None:
    said, more = states.satellite(SatelliteView("x", refused="no processor left"), "idle")
    assert (said["refused"], said["availability"]) == ("ON", "offline")
    assert "no processor left" in more["refused"]


def test_alerts_have_the_names_of_those_who_raise_them() -> None:
    assert set(reports.ALERTS) == {*alerts.RULES, *wear.RULES, "budget"}
    assert len(states.shortened("x" * 300)) == 255


def test_every_entity_says_something_but_what_only_happens(tmp_path: Path) -> None:
    panel = HeldPanel(tmp_path)
    topics = Topics("appliance", "n")
    own = showing.own_device(panel, FACTS, topics, "n/status")
    said = {line.topic for line in showing.own_lines(panel, FACTS, HEALTH, own)}
    silent = {each.object_id for each in own.entities if topics.state(each.object_id) not in said}
    assert {each.component for each in own.entities if each.object_id in silent} <= {
        "button", "event", "notify", "sensor",
    }  # fmt: skip
    assert silent & {"last_wake_word", "last_intent", "volume", "state"} == {"last_wake_word", "last_intent"}
    room = showing.satellite_device(panel, KITCHEN, topics, "n/status")
    assert room.area == "Kitchen"
    assert room.topics.availability in {line.topic for line in showing.satellite_lines(panel, KITCHEN, room)}
