from __future__ import annotations

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
