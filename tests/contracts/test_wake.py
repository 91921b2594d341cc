"""What every wake word engine must do, whichever file of `engines/wake` it is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from appliance.audio import pcm
from appliance.engines import loading
from appliance.engines.contract import Detection, MissingEngine, WakeEngine
from appliance.errors import EngineError
from tests import hearing

ENGINES = loading.names("wake")


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[WakeEngine]:
    each: WakeEngine = loading.create("wake", request.param, {}, hearing.models(request.param), 1)
    detail = each.open()
    assert "alexa" in detail
    yield each
    each.close()
    each.close()


def hear(
    engine: WakeEngine, sound: bytes, at_ms: int = 0, block_bytes: int = pcm.BLOCK_BYTES
) -> list[Detection]:
    engine.reset()
    found: list[Detection] = []
    for start in range(0, len(sound), block_bytes):
        found += engine.feed(sound[start : start + block_bytes], at_ms + start // pcm.BYTES_PER_MS)
    return found


def saying() -> bytes:
    return hearing.spoken("alexa") + hearing.SILENCE


def test_there_are_engines() -> None:
    assert {"openwakeword", "microwakeword"} <= set(ENGINES)


def test_it_offers_the_contract(engine: WakeEngine) -> None:
    assert isinstance(engine, WakeEngine)
    assert set(engine.words) == {"alexa", "hey_jarvis"}


def test_a_word_is_heard_once_at_its_end(engine: WakeEngine) -> None:
    lead = hearing.SILENCE
    found = hear(engine, lead + saying())
    assert [each.word for each in found] == ["alexa"]
    assert 0.0 < found[0].score <= 1.0
    word_ms = pcm.milliseconds(hearing.spoken("alexa"))
    assert 1_300 <= found[0].at_ms <= 1_000 + word_ms + 400


def test_a_word_at_the_very_start_is_heard(engine: WakeEngine) -> None:
    assert [each.word for each in hear(engine, saying())] == ["alexa"]


def test_two_sayings_are_two_detections(engine: WakeEngine) -> None:
    found = hear(engine, saying() + hearing.SILENCE + saying())
    assert [each.word for each in found] == ["alexa", "alexa"]


def test_silence_and_other_speech_are_not_a_word(engine: WakeEngine) -> None:
    assert hear(engine, hearing.SILENCE * 3) == []
    assert hear(engine, hearing.spoken("turn on the light in the kitchen") + hearing.SILENCE) == []


@pytest.mark.parametrize("block_bytes", [2, 320, 1_000, 2_560, 64_000])
def test_the_length_of_blocks_changes_nothing(engine: WakeEngine, block_bytes: int) -> None:
    [usual], [other] = hear(engine, saying()), hear(engine, saying(), block_bytes=block_bytes)
    assert (other.word, other.score) == (usual.word, usual.score)
    assert abs(other.at_ms - usual.at_ms) <= 1  # starts of blocks are told in whole milliseconds


def test_times_are_those_of_the_stream(engine: WakeEngine) -> None:
    at_zero, later = hear(engine, saying()), hear(engine, saying(), at_ms=5_000_000)
    assert [each.at_ms + 5_000_000 for each in at_zero] == [each.at_ms for each in later]


def test_reset_forgets_the_first_half_of_a_word(engine: WakeEngine) -> None:
    sound = hearing.spoken("alexa")
    half = len(sound) // 4 * 2
    engine.reset()
    found = list(engine.feed(sound[:half], 0))
    engine.reset()
    found += engine.feed(sound[half:] + hearing.SILENCE, half // pcm.BYTES_PER_MS)
    assert found == []


def test_real_people_are_heard(engine: WakeEngine, shared_audio) -> None:
    from appliance.audio import reading

    files = sorted((shared_audio / "wake" / "alexa").glob("2*.flac"))[:8]
    damaged = 0
    heard = 0
    for file in files:
        try:
            sound = reading.read(file).pcm
        except reading.AudioError:
            damaged += 1
            continue
        heard += [each.word for each in hear(engine, sound + hearing.SILENCE)] == ["alexa"]
    assert heard >= len(files) - damaged - 1


@pytest.mark.parametrize("name", ENGINES)
def test_a_missing_model_is_waited_for(name: str, tmp_path) -> None:
    files = {**hearing.models(name), "alexa": str(tmp_path / "nowhere.onnx")}
    with pytest.raises(MissingEngine) as error:
        loading.create("wake", name, {}, files, 1).open()
    assert "nowhere.onnx" in error.value.message
    assert error.value.hint


@pytest.mark.parametrize("name", ENGINES)
def test_no_word_at_all_is_an_error(name: str) -> None:
    files = {
        key: path for key, path in hearing.models(name).items() if key in {"melspectrogram", "embedding"}
    }
    with pytest.raises(EngineError, match="no wake word"):
        loading.create("wake", name, {}, files, 1).open()


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(
    "options", [{"threshold": 1.5}, {"patience": 0}, {"refractory_seconds": -1.0}, {"treshold": 0.5}]
)
def test_options_are_checked_without_loading(name: str, options: dict[str, object]) -> None:
    with pytest.raises(EngineError, match=r"wake\.options"):
        loading.options("wake", name, options)


@pytest.mark.parametrize("name", ENGINES)
def test_a_high_threshold_hears_nothing(name: str) -> None:
    engine: WakeEngine = loading.create(
        "wake", name, {"threshold": 1.0, "patience": 20}, hearing.models(name), 1
    )
    engine.open()
    assert hear(engine, saying()) == []
    engine.close()


def test_streams_are_not_mixed(engine: WakeEngine) -> None:
    """Two microphones in turn, block by block: each hears exactly what it would hear alone."""
    [alone] = hear(engine, hearing.SILENCE + saying())
    engine.reset()
    other = engine.another()
    word, rest = hearing.SILENCE + saying(), hearing.spoken("turn on the light in the kitchen")
    own_found: list[Detection] = []
    other_found: list[Detection] = []
    for at in range(0, len(word), 2_560):
        own_found += engine.feed(rest[at : at + 2_560], at // pcm.BYTES_PER_MS)
        other_found += other.feed(word[at : at + 2_560], at // pcm.BYTES_PER_MS)
    other.close()
    other.close()
    assert own_found == []
    assert [(each.word, each.at_ms) for each in other_found] == [(alone.word, alone.at_ms)]
    assert other_found[0].score == pytest.approx(alone.score, abs=1e-6)


def test_resetting_one_stream_leaves_the_others(engine: WakeEngine) -> None:
    engine.reset()
    other = engine.another()
    found: list[Detection] = []
    sound = hearing.SILENCE + saying()
    for at in range(0, len(sound), 2_560):
        found += other.feed(sound[at : at + 2_560], at // pcm.BYTES_PER_MS)
        engine.reset()
    other.close()
    assert [each.word for each in found] == ["alexa"]
