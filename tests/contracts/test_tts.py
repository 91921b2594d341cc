"""Every engine in engines/tts keeps the contract: real library, real voice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from appliance.audio.pcm import rms
from appliance.engines import loading
from appliance.engines.contract import Speech, TtsEngine
from appliance.errors import EngineError
from tests.makers.onnx_voice import make_voice

NASTY = [
    "",
    "   \n\t",
    "...",
    "\x00\x01\x02 400S\x7f",
    "[[h@l'oU]] [[",
    "<speak><break time='3600s'/>hi</speak>",
    "\ud800 lone \udfff",
    "🙂🏳️‍🌈" * 30,
    "你好，世界。 مرحبا שלום",
    "9" * 400,
    "a\u0301" * 200,
    "%s%n%d {0} $(reboot) `id`",
    "word " * 300,
]


@pytest.fixture(scope="module", params=loading.names("tts"))
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TtsEngine]:
    models = {}
    if request.param == "piper":
        models["voice"] = str(make_voice(tmp_path_factory.mktemp("voice") / "hum.onnx"))
    made: TtsEngine = loading.create("tts", request.param, {}, models, 1)
    made.open()
    yield made
    made.close()


def seconds(pieces: list[Speech]) -> float:
    return sum(len(piece.pcm) / 2 / piece.rate_hz for piece in pieces)


def test_it_is_an_engine(engine: TtsEngine) -> None:
    assert isinstance(engine, TtsEngine)


def test_it_speaks_audibly_in_short_pieces(engine: TtsEngine) -> None:
    pieces = list(engine.speak("Turning on the light.", 1.0))
    assert 0.5 < seconds(pieces) < 5.0
    assert rms(b"".join(piece.pcm for piece in pieces)) > 0.02
    assert all(0 < len(piece.pcm) <= piece.rate_hz and len(piece.pcm) % 2 == 0 for piece in pieces)
    assert len({piece.rate_hz for piece in pieces}) == 1


def test_speed_changes_the_duration(engine: TtsEngine) -> None:
    slow, usual, fast = (
        seconds(list(engine.speak("The quick brown fox jumps over it.", speed))) for speed in (0.6, 1.0, 1.8)
    )
    assert slow > 1.2 * usual
    assert usual > 1.2 * fast


def test_the_same_text_sounds_the_same_length(engine: TtsEngine) -> None:
    first, second = (seconds(list(engine.speak("Good morning.", 1.0))) for _ in range(2))
    assert abs(first - second) < 0.1


@pytest.mark.parametrize("text", NASTY, ids=lambda text: ascii(text[:20]))
def test_any_text_is_safe(engine: TtsEngine, text: str) -> None:
    assert seconds(list(engine.speak(text, 1.0))) < 600
    assert seconds(list(engine.speak("Still here.", 1.0))) > 0.3


@pytest.mark.parametrize("speed", [0.0, -1.0, float("inf"), float("nan")])
def test_any_speed_is_safe(engine: TtsEngine, speed: float) -> None:
    assert 0.05 < seconds(list(engine.speak("Good morning.", speed))) < 20


def test_no_text_is_no_sound(engine: TtsEngine) -> None:
    assert list(engine.speak("  \x00 ", 1.0)) == []


def test_an_endless_text_is_cut(engine: TtsEngine) -> None:
    assert seconds(list(engine.speak("word " * 20_000, 2.0))) < 1_200


def test_a_closed_generator_leaves_the_engine_usable(engine: TtsEngine) -> None:
    whole = seconds(list(engine.speak("Good morning.", 1.0)))
    work = engine.speak("This is a long text, and it goes on and on. " * 20, 1.0)
    next(iter(work))
    del work
    assert abs(seconds(list(engine.speak("Good morning.", 1.0))) - whole) < 0.1


def test_closing_twice_and_opening_again(engine: TtsEngine) -> None:
    engine.close()
    engine.close()
    with pytest.raises(EngineError):
        list(engine.speak("Good morning.", 1.0))
    assert engine.open()
    assert seconds(list(engine.speak("Good morning.", 1.0))) > 0.3


@pytest.mark.parametrize("name", loading.names("tts"))
def test_the_constructor_does_nothing(name: str) -> None:
    loading.create("tts", name, {}, {"voice": "/nonexistent/voice.onnx"}, 1).close()


@pytest.mark.parametrize("name", loading.names("tts"))
def test_options_come_from_the_configuration(name: str) -> None:
    loading.options("tts", name, {"language": "en", "voice": "de"})
    with pytest.raises(EngineError, match="nonsense"):
        loading.options("tts", name, {"nonsense": 1})
