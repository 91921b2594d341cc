from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from appliance.audio.pcm import rms
from appliance.engines import loading
from appliance.engines.contract import MissingEngine
from appliance.engines.tts import espeak
from appliance.errors import EngineError


def opened(**options: object) -> espeak.Engine:
    engine = espeak.Engine(loading.options("tts", "espeak", options), {}, 1)
    engine.open()
    return engine


@pytest.fixture
def engine() -> Iterator[espeak.Engine]:
    made = opened()
    yield made
    made.close()


def sound(engine: espeak.Engine, text: str, speed: float = 1.0) -> bytes:
    return b"".join(piece.pcm for piece in engine.speak(text, speed))


def test_brackets_are_not_phonemes(engine: espeak.Engine) -> None:
    """As phoneme input this is one short syllable; as text it is many letters."""
    bracketed, plain = (len(sound(engine, text)) / 2 / 22_050 for text in ("[[@]]", "@"))
    assert abs(bracketed - plain) < 0.05


def test_control_characters_are_not_commands(engine: espeak.Engine) -> None:
    """^A450S would set the fastest speed."""
    commanded, plain = (len(sound(engine, text)) for text in ("\x01450S good morning", "good morning"))
    assert commanded > 1.2 * plain, "the letters are read out"


def test_markup_is_not_obeyed(engine: espeak.Engine) -> None:
    pause = sound(engine, "<speak>hi<break time='30s'/></speak>")
    assert len(pause) / 2 / 22_050 < 15


def test_a_long_text_comes_clause_by_clause(engine: espeak.Engine) -> None:
    """Its first piece must not wait for the rest: one clause was made, not all."""
    work = engine.speak("One thing is here, and another is there. " * 30, 1.0)
    next(work)
    assert len(engine._sound) / 2 / 22_050 < 12
    rest = sum(len(piece.pcm) for piece in work)
    assert rest / 2 / 22_050 > 40


def test_the_callback_stops_a_clause_without_end(
    engine: espeak.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(espeak, "MAX_CLAUSE_SECONDS", 1.0)
    assert 1.0 <= len(sound(engine, "nine " * 20)) / 2 / 22_050 < 2.0


def test_voice_pitch_and_volume_change_the_sound() -> None:
    made: dict[str, bytes] = {}
    for name, options in {
        "plain": {}, "voice": {"voice": "en-us+f3"}, "german": {"language": "de"}, "low": {"pitch": 5},
        "quiet": {"volume": 20},
    }.items():  # fmt: skip
        engine = opened(**options)
        made[name] = sound(engine, "good morning")
        engine.close()
    assert len(set(made.values())) == 5
    assert rms(made["quiet"]) < rms(made["plain"]) / 2


@pytest.mark.parametrize("voice", ["en-gb", "en", "EN-US", "en-gb-scotland", "de"])
def test_a_voice_may_be_named_by_its_language(voice: str) -> None:
    engine = opened(voice=voice)
    assert sound(engine, "good morning")
    engine.close()


def test_an_unknown_voice_is_named() -> None:
    with pytest.raises(EngineError, match="no voice 'klingonese'") as caught:
        opened(voice="klingonese")
    assert "--voices" in caught.value.hint
    assert not isinstance(caught.value, MissingEngine)


@pytest.mark.parametrize("voice", ["../../etc/passwd", "mb/mb-en1", "a b", "x\x00y", "/tmp/v"])
def test_a_voice_is_a_name_and_no_path(voice: str) -> None:
    with pytest.raises(EngineError, match="voice"):
        loading.options("tts", "espeak", {"voice": voice})


def test_a_missing_library_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(espeak, "LIBRARY", "libespeak-of-another-world.so.9")
    with pytest.raises(MissingEngine, match="not installed") as caught:
        opened()
    assert caught.value.hint == "apt-get install libespeak-ng1 espeak-ng-data"


def test_it_prints_nothing() -> None:
    code = (
        "from appliance.engines import loading\n"
        "e = loading.create('tts', 'espeak', {}, {}, 1); e.open(); list(e.speak('hello', 1.0)); e.close()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)
    assert done.stdout == done.stderr == b""
