"""What every voice activity engine must do, whichever file of `engines/vad` it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from appliance.audio import pcm
from appliance.engines import loading
from appliance.engines.contract import VadEngine
from appliance.errors import EngineError
from tests import hearing
from tests.apart import EngineApart

ENGINES = loading.names("vad")


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[EngineApart]:
    each = EngineApart("vad", request.param)
    each.open()
    yield each
    each.close()
    each.close()
    each.end()


def judge(
    engine: EngineApart, sound: bytes, at_ms: int = 0, block_bytes: int = pcm.BLOCK_BYTES
) -> list[tuple[int, float]]:
    found: list[tuple[int, float]] = engine.give(judged, sound, at_ms, block_bytes)
    return found


def judged(engine: VadEngine, sound: bytes, at_ms: int, block_bytes: int) -> list[tuple[int, float]]:
    engine.reset()
    found: list[tuple[int, float]] = []
    for start in range(0, len(sound), block_bytes):
        found += engine.feed(sound[start : start + block_bytes], at_ms + start // pcm.BYTES_PER_MS)
    return found


def speech() -> bytes:
    return hearing.SILENCE + hearing.spoken("turn on the light in the kitchen") + hearing.SILENCE


def test_it_offers_the_contract(engine: EngineApart) -> None:
    assert engine.offers(VadEngine)


def test_speech_is_likely_and_silence_is_not(engine: EngineApart) -> None:
    found = judge(engine, speech())
    said_ms = pcm.milliseconds(hearing.spoken("turn on the light in the kitchen"))
    said = [probability for at_ms, probability in found if 1_200 < at_ms < 1_000 + said_ms - 400]
    quiet = [probability for at_ms, probability in found if at_ms < 900]
    assert sum(probability > 0.5 for probability in said) > 0.8 * len(said)
    assert max(quiet) < 0.2
    assert found[-1][1] < 0.2


def test_noise_is_not_speech(engine: EngineApart, shared_audio) -> None:
    from appliance.audio import reading

    found = [
        probability
        for file in sorted((shared_audio / "noise" / "esc10").glob("*.ogg"))[:10]
        for _, probability in judge(engine, reading.read(file).pcm)
    ]
    assert sum(probability > 0.5 for probability in found) < 0.1 * len(found)


@pytest.mark.parametrize("block_bytes", [2, 1_000, 2_560, 64_000])
def test_the_length_of_blocks_changes_nothing(engine: EngineApart, block_bytes: int) -> None:
    usual, other = judge(engine, speech()), judge(engine, speech(), block_bytes=block_bytes)
    assert [probability for _, probability in other] == [probability for _, probability in usual]
    # Starts of blocks are told in whole milliseconds.
    assert all(abs(a - b) <= 1 for (a, _), (b, _) in zip(usual, other, strict=True))


def test_ends_of_chunks_are_on_the_streams_clock(engine: EngineApart) -> None:
    ends = [at_ms for at_ms, _ in judge(engine, bytes(pcm.BLOCK_BYTES * 4), at_ms=7_000)]
    assert ends == [7_032, 7_064, 7_096, 7_128]


def test_reset_gives_the_same_answers_again(engine: EngineApart) -> None:
    first = judge(engine, speech())
    list(engine.feed(speech()[:50_001], 0))
    assert judge(engine, speech()) == first


@pytest.mark.parametrize("name", ENGINES)
def test_unknown_options_are_refused(name: str) -> None:
    with pytest.raises(EngineError, match=r"vad\.options"):
        loading.options("vad", name, {"volume": 3})
