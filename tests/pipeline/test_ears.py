"""Who hears which block, and what a fresh stage is given of the running turn."""

from __future__ import annotations

import pytest

from appliance.audio import pcm
from appliance.config.model import Config
from appliance.pipeline.ears import Ears
from appliance.wire import messages as m
from tests.pipeline.recording import RecordingStages


def block(number: int) -> bytes:
    """A block that can be told from the others."""
    return number.to_bytes(2, "little") * pcm.BLOCK_SAMPLES


def speak(ears: Ears, first: int, count: int) -> bytes:
    """Blocks `first`… from the microphone; what they hold."""
    for number in range(first, first + count):
        ears.microphone(number * pcm.BLOCK_MS, block(number))
    return b"".join(block(number) for number in range(first, first + count))


def audio(sent: list[m.Message]) -> bytes:
    return b"".join(message.pcm for message in sent if isinstance(message, m.Audio))


@pytest.fixture
def stages() -> RecordingStages:
    return RecordingStages()


@pytest.fixture
def ears(stages: RecordingStages) -> Ears:
    ears = Ears(stages, Config())
    ears.search(0)
    return ears


def test_idle_only_the_wake_word_is_listened_for(ears: Ears, stages: RecordingStages) -> None:
    heard = speak(ears, 0, 10)
    assert audio(stages.take("wake")) == heard
    assert stages.take("stt") == []
    assert stages.take("vad") == []


def test_the_recogniser_hears_what_came_before_the_detection(ears: Ears, stages: RecordingStages) -> None:
    before = speak(ears, 0, 40)
    ears.listen(3, 40 * pcm.BLOCK_MS)
    after = speak(ears, 40, 5)
    for stage in ("stt", "vad"):
        sent = stages.take(stage)
        assert sent[0] == m.ListenStart(3)
        lead = Config().wake.lead_ms
        heard = audio(sent)
        assert heard.endswith(after)
        kept = heard[: -len(after)]
        assert before.endswith(kept)
        assert lead <= pcm.milliseconds(kept) < lead + 2 * pcm.BLOCK_MS
        assert {message.turn for message in sent} == {3}


def test_after_the_end_of_speech_no_more_is_sent(ears: Ears, stages: RecordingStages) -> None:
    ears.listen(1, 0)
    ears.finish()
    stages.take("stt")
    speak(ears, 0, 3)
    assert stages.take("stt") == []


@pytest.mark.parametrize("finished", [False, True])
def test_a_fresh_recogniser_hears_the_whole_turn(ears: Ears, stages: RecordingStages, finished: bool) -> None:
    speak(ears, 0, 40)
    ears.listen(3, 40 * pcm.BLOCK_MS)
    speak(ears, 40, 60)
    if finished:
        ears.finish()
    first = audio(stages.take("stt"))
    ears.stage_ready("stt")
    again = stages.take("stt")
    assert again[0] == m.ListenStart(3)
    assert audio(again) == first
    assert (again[-1] == m.ListenEnd(3)) == finished
    assert all(len(m.encode(message)) < m.MAX_PACKET_BYTES for message in again)


def test_a_fresh_recogniser_gets_nothing_of_a_turn_that_is_over(ears: Ears, stages: RecordingStages) -> None:
    ears.listen(3, 0)
    ears.stop()
    stages.take("stt")
    ears.stage_ready("stt")
    assert stages.take("stt") == []


def test_a_fresh_wake_stage_hears_what_its_predecessor_may_have_missed(
    ears: Ears, stages: RecordingStages
) -> None:
    heard = speak(ears, 0, 100)
    stages.take("wake")
    ears.stage_ready("wake")
    kept = audio(stages.take("wake"))
    assert heard.endswith(kept)
    assert pcm.milliseconds(kept) > Config().audio.preroll_ms - 2 * pcm.BLOCK_MS


def test_the_clock_goes_on_when_the_sound_stage_is_replaced(ears: Ears, stages: RecordingStages) -> None:
    speak(ears, 0, 10)
    last = [message for message in stages.take("wake") if isinstance(message, m.Audio)][-1]
    ears.stage_ready("sound")
    speak(ears, 0, 5)
    first, second = (message for message in stages.take("wake") if isinstance(message, m.Audio))
    assert first.at_ms >= last.at_ms + pcm.milliseconds(last.pcm)
    assert second.at_ms - first.at_ms == pcm.milliseconds(first.pcm)
    assert ears.to_audio_clock(0) == first.at_ms


def test_the_wake_word_engine_gets_each_frame_as_soon_as_it_is_whole(
    ears: Ears, stages: RecordingStages
) -> None:
    """32 ms blocks, 80 ms frames: after 3 blocks, then 2, then 3 …"""
    counts = []
    for number in range(10):
        speak(ears, number, 1)
        counts.append(sum(len(message.pcm) for message in stages.take("wake")) // pcm.BLOCK_BYTES)
    assert counts == [0, 0, 3, 0, 2, 0, 0, 3, 0, 2]


def test_a_gap_is_not_closed_on_the_way_to_the_wake_word(ears: Ears, stages: RecordingStages) -> None:
    speak(ears, 0, 2)
    speak(ears, 100, 3)
    before, after, *_ = (message for message in stages.take("wake") if isinstance(message, m.Audio))
    assert before.pcm == block(0) + block(1)
    assert after.at_ms == 100 * pcm.BLOCK_MS


def test_speech_is_bounded_in_memory(stages: RecordingStages) -> None:
    config = Config()
    ears = Ears(stages, config)
    ears.listen(1, 0)
    speak(ears, 0, 2_000)
    stages.take("stt")
    ears.stage_ready("stt")
    seconds = pcm.milliseconds(audio(stages.take("stt"))) / 1000
    assert seconds <= config.turn.listen_seconds + config.turn.speech_seconds + 3


def test_voice_of_another_turn_is_not_ours(ears: Ears) -> None:
    ears.listen(2, 0)
    assert [event for at in range(1, 50) for event in ears.voice(m.Voice(1, at * 32, 1.0))] == []
    assert [event for at in range(1, 50) for event in ears.voice(m.Voice(2, at * 32, 1.0))]


def test_a_fresh_wake_stage_does_not_hear_the_same_word_twice(ears: Ears, stages: RecordingStages) -> None:
    speak(ears, 0, 50)
    ears.listen(1, 45 * pcm.BLOCK_MS)
    stages.take("wake")
    ears.stage_ready("wake")
    assert audio(stages.take("wake")) == b"".join(block(number) for number in range(45, 50))


def test_a_fresh_voice_activity_stage_gets_only_what_was_not_judged(
    ears: Ears, stages: RecordingStages
) -> None:
    ears.listen(1, 0)
    speak(ears, 0, 500)
    ears.voice(m.Voice(1, 490 * pcm.BLOCK_MS, 0.0))
    stages.take("vad")
    ears.stage_ready("vad")
    assert audio(stages.take("vad")) == b"".join(block(number) for number in range(490, 500))


def test_before_its_first_block_a_microphone_has_no_time(ears: Ears) -> None:
    """A reply that is heard while it is still closed began when it was heard, not at its zero."""
    ears.stage_ready("sound")
    started_ms = ears.clock_ms()
    assert ears.to_audio_clock(0) >= started_ms
