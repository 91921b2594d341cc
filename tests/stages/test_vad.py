from __future__ import annotations

from collections.abc import Iterator

import pytest

from appliance.audio import pcm
from appliance.wire import messages
from tests import hearing
from tests.stages.child import StageChild


@pytest.fixture
def child() -> Iterator[StageChild]:
    each = StageChild("vad")
    each.send(messages.Configure("silero"))
    each.until(messages.Ready)
    yield each
    each.kill()


def settled(child: StageChild, number: int) -> list[messages.Voice]:
    """A turn of one block behind everything sent before: when it is judged, all the rest is."""
    child.send(messages.ListenStart(number), messages.Audio(number, 0, bytes(pcm.BLOCK_BYTES)))
    child.until(messages.Voice, lambda voice: voice.turn == number)
    return child.all(messages.Voice)


def test_every_chunk_of_the_turn_gets_a_probability(child: StageChild) -> None:
    sound = hearing.spoken("turn on the light in the kitchen") + hearing.SILENCE
    child.send(messages.ListenStart(3))
    for number, block in enumerate(pcm.blocks(sound[: len(sound) // pcm.BLOCK_BYTES * pcm.BLOCK_BYTES])):
        child.send(messages.Audio(3, 1_000 + number * pcm.BLOCK_MS, block))
    voices = [voice for voice in settled(child, 99) if voice.turn == 3]
    assert [voice.at_ms for voice in voices] == [
        1_032 + number * pcm.BLOCK_MS for number in range(len(sound) // pcm.BLOCK_BYTES)
    ]
    assert max(voice.probability for voice in voices) > 0.8
    assert voices[-1].probability < 0.2


def test_audio_of_no_turn_or_another_one_is_dropped(child: StageChild) -> None:
    block = bytes(pcm.BLOCK_BYTES)
    child.send(messages.Audio(1, 0, block))
    child.send(messages.ListenStart(5), messages.Audio(4, 0, block), messages.Audio(5, 32, block))
    assert [(voice.turn, voice.at_ms) for voice in settled(child, 99)] == [(5, 64), (99, 32)]


def test_a_cancelled_turn_is_not_judged_further(child: StageChild) -> None:
    block = bytes(pcm.BLOCK_BYTES)
    child.send(messages.ListenStart(5), messages.Audio(5, 0, block))
    child.until(messages.Voice)
    child.send(messages.Cancel(5), messages.Audio(5, 32, block))
    assert [(voice.turn, voice.at_ms) for voice in settled(child, 99)] == [(5, 32), (99, 32)]


def test_a_long_block_is_judged_in_full(child: StageChild) -> None:
    child.send(messages.ListenStart(5), messages.Audio(5, 0, bytes(64_000)))
    assert sum(voice.turn == 5 for voice in settled(child, 99)) == 62
    assert child.stop() == 0


def test_rooms_that_speak_at_once_are_judged_apart(child: StageChild) -> None:
    speech = hearing.spoken("turn on the light in the kitchen") + hearing.SILENCE
    speech = speech[: len(speech) // pcm.BLOCK_BYTES * pcm.BLOCK_BYTES]
    child.send(messages.ListenStart(1))
    for number, block in enumerate(pcm.blocks(speech)):
        child.send(messages.Audio(1, number * pcm.BLOCK_MS, block))
    alone = [voice.probability for voice in settled(child, 99) if voice.turn == 1]
    child.send(messages.ListenEnd(1), messages.ListenStart(2), messages.ListenStart(3))
    for number, block in enumerate(pcm.blocks(speech)):
        child.send(messages.Audio(2, number * pcm.BLOCK_MS, block))
        child.send(messages.Audio(3, number * pcm.BLOCK_MS, bytes(len(block))))
    voices = settled(child, 100)
    assert [voice.probability for voice in voices if voice.turn == 2] == alone
    assert max(voice.probability for voice in voices if voice.turn == 3) < 0.2


def test_after_its_end_a_turn_is_not_judged(child: StageChild) -> None:
    block = bytes(pcm.BLOCK_BYTES)
    child.send(messages.ListenStart(5), messages.ListenEnd(5), messages.Audio(5, 0, block))
    assert [voice.turn for voice in settled(child, 99)] == [99]


def test_only_so_many_are_judged_at_once(child: StageChild) -> None:
    block = bytes(pcm.BLOCK_BYTES)
    for turn in range(1, 12):
        child.send(messages.ListenStart(turn))
    for turn in range(1, 12):
        child.send(messages.Audio(turn, 0, block))
    assert [voice.turn for voice in settled(child, 99)] == [*range(4, 12), 99]
