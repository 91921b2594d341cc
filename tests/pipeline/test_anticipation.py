"""What is asked and prepared while somebody still speaks."""

from __future__ import annotations

import pytest

from appliance.audio.endpoint import WORDLESS_MS, SpeechEnded
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
    made.heard(1, "  ", "", 1_000)
    made.heard(1, "lamp on", "", 1_000)
    assert stages.take("intent") == [m.Consider(1, "lamp on", "")]


def test_the_answer_is_prepared_sentence_by_sentence(stages: RecordingStages) -> None:
    made = anticipation(stages)
    made.heard(1, "lamp on", "", 1_000)
    made.considered(m.Considered(1, "lamp on", whole=True, ending="closed", answer="It is on. Enjoy."))
    assert prepared(stages) == ["It is on.", "Enjoy."]


def test_an_answer_from_before_the_turn_is_none(stages: RecordingStages) -> None:
    made = anticipation(stages)
    made.heard(1, "lamp on", "", 1_000)
    made.begin()
    made.considered(m.Considered(1, "lamp on", whole=True, ending="closed", answer="It is on."))
    assert prepared(stages) == []


def spoken_on(stages: RecordingStages, ending: str, *, later_word_ms: int = 0) -> int:
    """A whole sentence at 2 s, then a voice without any word, up to 6 s; when the speech was over, or 0."""
    ears, mouth = Ears(stages, Config()), Mouth(stages, Room(), 1.0)
    made = Anticipation(ears, mouth, Mind(stages, House).consider, Vad(), "en")
    ears.listen(1, 0)
    for at_ms in range(32, 6_000, 32):
        events = ears.voice(m.Voice(1, at_ms, 0.9))
        if any(isinstance(event, SpeechEnded) for event in events):
            return at_ms
        if at_ms // 32 == 2_000 // 32:
            made.heard(1, "lamp on", "", at_ms)
            made.considered(m.Considered(1, "lamp on", whole=True, ending=ending, answer=""))
        if later_word_ms and at_ms // 32 == later_word_ms // 32:
            made.heard(1, "lamp on in", "", at_ms)
    return 0


def test_a_voice_without_words_does_not_keep_a_whole_sentence_open(stages: RecordingStages) -> None:
    assert 2_000 + WORDLESS_MS <= spoken_on(stages, "closed") + 32 <= 2_000 + WORDLESS_MS + 96


def test_who_may_go_on_or_does_is_waited_for(stages: RecordingStages) -> None:
    assert spoken_on(stages, "open") == 0
    assert spoken_on(stages, "closed", later_word_ms=3_000) == 0
