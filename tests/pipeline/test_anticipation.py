"""What is asked and prepared while somebody still speaks."""

from __future__ import annotations

import pytest

from appliance.config.model import Config, Vad
from appliance.home.entities import House
from appliance.pipeline.anticipation import Anticipation
from appliance.pipeline.ears import Ears
from appliance.pipeline.mind import Mind
from appliance.pipeline.mouth import Mouth
from appliance.wire import messages as m
from tests.pipeline.recording import RecordingStages
from tests.pipeline.rooms import Room


@pytest.fixture
def stages() -> RecordingStages:
    return RecordingStages()


def anticipation(stages: RecordingStages, vad: Vad | None = None) -> Anticipation:
    ears, mouth, mind = Ears(stages, Config()), Mouth(stages, Room(), 1.0), Mind(stages, House)
    return Anticipation(ears, mouth, mind.consider, vad or Vad(), "en")


def prepared(stages: RecordingStages) -> list[str]:
    return [each.text for each in stages.take("tts") if isinstance(each, m.Prepare)]


def test_words_are_considered_and_silence_is_not(stages: RecordingStages) -> None:
    made = anticipation(stages)
    made.heard(1, "  ", "")
    made.heard(1, "lamp on", "")
    assert stages.take("intent") == [m.Consider(1, "lamp on", "")]


def test_the_answer_is_prepared_sentence_by_sentence(stages: RecordingStages) -> None:
    made = anticipation(stages)
    made.heard(1, "lamp on", "")
    made.considered(m.Considered(1, "lamp on", whole=True, ending="closed", answer="It is on. Enjoy."))
    assert prepared(stages) == ["It is on.", "Enjoy."]


def test_an_answer_from_before_the_turn_is_none(stages: RecordingStages) -> None:
    made = anticipation(stages)
    made.heard(1, "lamp on", "")
    made.begin()
    made.considered(m.Considered(1, "lamp on", whole=True, ending="closed", answer="It is on."))
    assert prepared(stages) == []
