"""A reply reaches the loudspeaker once and whole, whichever stage dies on the way."""

from __future__ import annotations

from appliance.pipeline.loudspeaker import Loudspeaker
from appliance.pipeline.mouth import Mouth
from appliance.wire import messages as m
from tests.pipeline.recording import RecordingStages

A, B = b"\x01\x00" * 100, b"\x02\x00" * 100


def speaking() -> tuple[Mouth, RecordingStages]:
    stages = RecordingStages()
    mouth = Mouth(stages, Loudspeaker(stages), 1.0)
    mouth.say(7, 0, "One.")
    mouth.say(7, 1, "Two.")
    return mouth, stages


def heard(stages: RecordingStages) -> bytes:
    return b"".join(message.pcm for message in stages.take("sound") if isinstance(message, m.Play))


def test_sentences_go_to_speech_at_once() -> None:
    _, stages = speaking()
    assert stages.take("tts") == [m.Speak(7, 0, "One."), m.Speak(7, 1, "Two.")]


def test_the_end_is_told_when_every_sentence_is_made() -> None:
    mouth, stages = speaking()
    mouth.end(7)
    mouth.speech(m.SpeechAudio(7, 0, 22_050, A))
    mouth.spoken(m.Spoken(7, 0, 1.0, 1.0))
    assert m.PlayEnd(7) not in stages.take("sound")
    mouth.spoken(m.Spoken(7, 1, 1.0, 1.0))
    assert stages.take("sound") == [m.PlayEnd(7)]


def test_a_fresh_synthesizer_repeats_nothing_that_was_played() -> None:
    mouth, stages = speaking()
    mouth.speech(m.SpeechAudio(7, 0, 22_050, A))
    stages.take("tts")
    mouth.stage_ready("tts")
    assert stages.take("tts") == [m.Speak(7, 0, "One."), m.Speak(7, 1, "Two.")]
    mouth.speech(m.SpeechAudio(7, 0, 22_050, A + B))
    assert heard(stages) == A + B


def test_a_synthesizer_that_dies_twice_still_repeats_nothing() -> None:
    mouth, stages = speaking()
    mouth.speech(m.SpeechAudio(7, 0, 22_050, A + B))
    mouth.stage_ready("tts")
    mouth.speech(m.SpeechAudio(7, 0, 22_050, A))
    mouth.stage_ready("tts")
    mouth.speech(m.SpeechAudio(7, 0, 22_050, A + B + A))
    assert heard(stages) == A + B + A


def test_a_fresh_loudspeaker_gets_the_whole_reply_again() -> None:
    mouth, stages = speaking()
    mouth.speech(m.SpeechAudio(7, 0, 22_050, A))
    mouth.spoken(m.Spoken(7, 0, 1.0, 1.0))
    stages.take("sound")
    mouth.play_again()
    assert stages.take("sound") == [m.Play(7, 22_050, A)]


def test_speech_of_a_dropped_turn_is_not_played() -> None:
    mouth, stages = speaking()
    mouth.stop(7)
    assert not mouth.speech(m.SpeechAudio(7, 0, 22_050, A))
    assert stages.take("sound") == []


def test_a_new_turn_forgets_the_old_one() -> None:
    mouth, stages = speaking()
    mouth.say(8, 0, "New.")
    mouth.speech(m.SpeechAudio(7, 0, 22_050, A))
    mouth.speech(m.SpeechAudio(8, 0, 22_050, B))
    assert heard(stages) == B
