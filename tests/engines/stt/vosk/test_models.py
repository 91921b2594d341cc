"""The model of English that comes with the appliance: what a person can expect of it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from appliance.audio import pcm
from appliance.engines.stt.vosk import Engine, Options
from appliance.engines.stt.vosk.models import PACKAGED
from appliance.wire.messages import SpeechGrammar
from tests import hearing

MAX_BYTES = 4_000_000
HOME = SpeechGrammar(
    (
        "turn (on|off) [the] <name>",
        "turn [the] <name> (on|off)",
        "(open|close) [the] <cover>",
        "set [the] <name> to <percent> percent",
        "set a timer for <minutes> minutes",
        "what time is it",
        "good night",
    ),
    {
        "name": ("kitchen light", "bedroom lamp", "ceiling fan", "hallway light", "zwiebelfisch"),
        "cover": ("living room blinds", "garage door"),
        "percent": ("ten", "twenty", "fifty", "seventy five"),
        "minutes": ("two", "five", "ten", "twenty"),
    },
)
COMMANDS = (
    "turn on the kitchen light",
    "turn off the hallway light",
    "turn the bedroom lamp off",
    "turn on the ceiling fan",
    "open the living room blinds",
    "close the garage door",
    "set the bedroom lamp to fifty percent",
    "set a timer for five minutes",
    "what time is it",
    "good night",
    "turn on the zwiebelfisch",
)
OTHERS = (
    "do you think it will rain on our holiday",
    "my sister bought a new coat yesterday",
    "the train was late again this morning",
    "could you pass me the salt please",
)
VOICES = ("en-us+m5", "en-us+f3")
"""Voices that no training has heard."""


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    each = Engine(Options(), {}, 1)
    each.open()
    each.set_grammar(HOME)
    yield each
    each.close()


def heard(engine: Engine, sound: bytes) -> str:
    engine.start()
    for block in pcm.blocks(sound):
        list(engine.feed(block))
    return engine.finish().text


@pytest.mark.parametrize("voice", VOICES)
def test_most_commands_are_heard_and_none_is_taken_for_another(engine: Engine, voice: str) -> None:
    found = {text: heard(engine, hearing.spoken(text, voice) + hearing.SILENCE) for text in COMMANDS}
    right = [text for text, got in found.items() if got == text]
    wrong = {text: got for text, got in found.items() if got not in {text, "", text.replace(" the ", " ")}}
    assert len(right) >= len(COMMANDS) - 2, found
    assert wrong == {}


@pytest.mark.parametrize("voice", VOICES)
def test_other_talk_is_no_command(engine: Engine, voice: str) -> None:
    found = {text: heard(engine, hearing.spoken(text, voice) + hearing.SILENCE) for text in OTHERS}
    assert set(found.values()) == {""}, found


@pytest.mark.parametrize("seconds", [0.0, 1.0, 4.0])
def test_a_long_silence_before_changes_nothing_but_the_times(engine: Engine, seconds: float) -> None:
    silence = bytes(int(seconds * 1_000) * pcm.BYTES_PER_MS)
    sound = hearing.spoken("turn on the kitchen light", VOICES[0]) + hearing.SILENCE
    assert heard(engine, sound) == "turn on the kitchen light"
    first = engine.words[0].start_ms
    assert heard(engine, silence + sound) == "turn on the kitchen light"
    assert engine.words[0].start_ms == pytest.approx(first + 1_000 * seconds, abs=60)


def test_silence_is_nothing(engine: Engine) -> None:
    assert heard(engine, 3 * hearing.SILENCE) == ""


def test_it_is_small_and_says_where_it_comes_from() -> None:
    files = [file for file in PACKAGED.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < MAX_BYTES
    card = json.loads((PACKAGED / "card.json").read_text(encoding="utf-8"))
    assert card["licence"].startswith("Apache-2.0")
    examining = [voice.partition(":")[2].partition("+") for voice in card["held_out"] if "espeak" in voice]
    for language, _, variant in examining:
        untrained = f"{language}+*" not in card["voices"]["espeak"]
        assert untrained or variant not in card["voices"]["espeak_variants"]
    notice = (PACKAGED / "NOTICE").read_text(encoding="utf-8")
    assert "Alpha Cephei" in notice
    assert "Carnegie Mellon University" in notice
