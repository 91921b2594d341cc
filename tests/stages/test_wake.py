from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from appliance.audio import pcm
from appliance.wire import messages
from tests import hearing
from tests.stages.child import StageChild


@pytest.fixture
def child() -> Iterator[StageChild]:
    each = StageChild("wake")
    yield each
    each.kill()


def say(child: StageChild, sound: bytes, at_ms: int = 0) -> None:
    """Send it as the supervisor does; the answer to a ping says that all was heard."""
    for number, block in enumerate(pcm.blocks(sound)):
        child.send(messages.Audio(0, at_ms + number * pcm.BLOCK_MS, block))


@pytest.mark.parametrize("engine", ["openwakeword", "microwakeword"])
def test_a_word_in_the_stream_is_told_with_its_time(child: StageChild, engine: str) -> None:
    child.send(messages.Configure(engine, {"refractory_seconds": 1.0}, hearing.models(engine)))
    ready = child.until(messages.Ready)
    assert ready.engine == engine
    assert "alexa" in ready.detail
    say(child, hearing.SILENCE + hearing.spoken("alexa") + hearing.SILENCE, at_ms=60_000)
    heard = child.until(messages.WakeHeard)
    assert heard.word == "alexa"
    assert 61_300 <= heard.at_ms <= 62_500
    child.send(messages.Ping(7))
    child.until(messages.Pong, lambda pong: pong.id == 7)
    assert child.stop() == 0
    assert len(child.all(messages.WakeHeard)) == 1


def test_what_was_nearly_a_word_is_told_once(child: StageChild) -> None:
    options = {"threshold": 1.0, "patience": 100}
    child.send(messages.Configure("microwakeword", options, hearing.models("microwakeword")))
    child.until(messages.Ready)
    say(child, hearing.SILENCE + hearing.spoken("alexa") + hearing.SILENCE, at_ms=60_000)
    near = child.until(messages.WakeNear)
    assert near.word == "alexa"
    assert 0.6 <= near.score <= 1.0
    assert 61_000 <= near.at_ms <= 62_500
    child.send(messages.Ping(7))
    child.until(messages.Pong, lambda pong: pong.id == 7)
    assert len(child.all(messages.WakeNear)) == 1
    assert not child.all(messages.WakeHeard)


def test_a_reset_in_the_middle_of_a_word_forgets_it(child: StageChild) -> None:
    child.send(messages.Configure("microwakeword", {}, hearing.models("microwakeword")))
    child.until(messages.Ready)
    sound = hearing.spoken("alexa")
    half = len(sound) // 2 // pcm.BLOCK_BYTES * pcm.BLOCK_BYTES
    say(child, sound[:half])
    child.send(messages.WakeReset())
    say(child, sound[half:] + hearing.SILENCE)
    say(child, hearing.SILENCE + sound + hearing.SILENCE, at_ms=10_000)
    assert child.until(messages.WakeHeard).at_ms > 10_000


def test_a_missing_model_is_told_as_missing(child: StageChild) -> None:
    child.send(messages.Configure("openwakeword", {}, {"alexa": "/nonexistent/alexa.onnx"}))
    failed = child.until(messages.Failed)
    assert failed.missing
    assert failed.hint == "appliance models fetch"
    assert child.process.wait(10) == 3


def test_a_wrong_option_is_a_failure_that_names_it(child: StageChild) -> None:
    child.send(messages.Configure("openwakeword", {"treshold": 0.5}, hearing.models("microwakeword")))
    failed = child.until(messages.Failed)
    assert not failed.missing
    assert "treshold" in failed.message


def test_a_second_configuration_ends_the_stage(child: StageChild) -> None:
    configure = messages.Configure("microwakeword", {}, hearing.models("microwakeword"))
    child.send(configure)
    child.until(messages.Ready)
    child.send(configure)
    assert child.process.wait(10) == 4


def streams_say(child: StageChild, sounds: dict[int, bytes]) -> None:
    """Several microphones in turn, a frame of each."""
    frame = 80 * pcm.BYTES_PER_MS
    for at in range(0, max(map(len, sounds.values())), frame):
        for stream, sound in sounds.items():
            if at < len(sound):
                child.send(messages.Audio(0, at // pcm.BYTES_PER_MS, sound[at : at + frame], stream))


@pytest.mark.parametrize("engine", ["openwakeword", "microwakeword"])
def test_many_microphones_are_searched_and_not_mixed(child: StageChild, engine: str) -> None:
    child.send(messages.Configure(engine, {}, hearing.models(engine)))
    child.until(messages.Ready)
    word, second = hearing.spoken("alexa"), hearing.SILENCE
    sounds = {number: second * (1 + number % 4) + word + second for number in range(1, 21)}
    for number in sounds:
        child.send(messages.WakeStream(number, open=True))
    sounds[0] = hearing.spoken("turn on the light in the kitchen") + second
    streams_say(child, sounds)
    child.until(messages.WakeHeard, lambda _: len(child.all(messages.WakeHeard)) == 20)
    heard = {each.stream: each.at_ms for each in child.all(messages.WakeHeard)}
    assert heard.keys() == set(range(1, 21))
    for number, at_ms in heard.items():
        assert abs(at_ms - heard[1] - 1_000 * (number % 4 - 1)) <= 80
    assert child.stop() == 0


def test_only_open_streams_are_searched(child: StageChild) -> None:
    child.send(messages.Configure("microwakeword", {}, hearing.models("microwakeword")))
    child.until(messages.Ready)
    sound = hearing.SILENCE + hearing.spoken("alexa") + hearing.SILENCE
    child.send(messages.WakeStream(1, open=True), messages.WakeStream(2, open=True))
    child.send(messages.WakeStream(2, open=False), messages.WakeStream(0, open=False))
    child.send(messages.WakeStream(9, open=False), messages.WakeReset(9))
    streams_say(child, {0: sound, 1: sound, 2: sound, 3: sound})
    child.until(messages.WakeHeard, lambda _: len(child.all(messages.WakeHeard)) == 2)
    child.send(messages.Ping(7))
    child.until(messages.Pong, lambda pong: pong.id == 7)
    assert sorted(each.stream for each in child.all(messages.WakeHeard)) == [0, 1]


def test_it_says_how_busy_it_is_only_when_it_has_others(child: StageChild) -> None:
    child.send(messages.Configure("microwakeword", {}, hearing.models("microwakeword")))
    child.until(messages.Ready)
    child.send(messages.WakeStream(1, open=True))
    first = child.until(messages.WakeLoad)
    assert first.streams == 1
    assert 0 < first.cost < 1
    block = bytes(80 * pcm.BYTES_PER_MS)
    deadline = time.monotonic() + 10
    while len(child.all(messages.WakeLoad)) < 2 and time.monotonic() < deadline:
        child.send(messages.Audio(0, round(time.monotonic() * 1000), block, 1))
        child.collect(0.02)
    assert len(child.all(messages.WakeLoad)) == 2


def test_audio_that_comes_too_late_is_dropped_and_counted(child: StageChild) -> None:
    child.send(messages.Configure("microwakeword", {}, hearing.models("microwakeword")))
    child.until(messages.Ready)
    child.send(messages.WakeStream(1, open=True))
    block = bytes(80 * pcm.BYTES_PER_MS)
    child.send(messages.Audio(0, 1_000_000, block, 1))
    word = hearing.spoken("alexa") + hearing.SILENCE
    for number, piece in enumerate(pcm.blocks(word)):
        child.send(messages.Audio(0, 990_000 + number * pcm.BLOCK_MS, piece, 1))
        child.send(messages.Audio(0, 990_000 + number * pcm.BLOCK_MS, piece, 0))
    assert child.until(messages.WakeHeard).stream == 0, "the own microphone is never dropped"
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and not any(each.dropped for each in child.all(messages.WakeLoad)):
        child.send(messages.Audio(0, 990_000, block, 1))
        child.collect(0.02)
    late = next(each for each in child.all(messages.WakeLoad) if each.dropped)
    assert late.lag_ms > 1_500
    assert [each.stream for each in child.all(messages.WakeHeard)] == [0]
