"""`appliance say TEXT --out FILE.wav`: what the configured voice makes of a text."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.errors import AudioError, ConfigError

if TYPE_CHECKING:
    from appliance.config.model import Config
    from appliance.engines.contract import Speech

NAME = "say"
HELP = "speak a text into a WAV file"
MAX_CHARS = 20_000
"""About twenty minutes of speech."""
MIN_SPEED, MAX_SPEED = 0.5, 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Text, file, engine, speed."""
    parser.add_argument("text", metavar="TEXT")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.wav")
    parser.add_argument("--engine", metavar="E", help="another engine than tts.engine")
    parser.add_argument("--speed", type=float, metavar="S", help="0.5 to 2.0 instead of tts.speed")


def run(arguments: argparse.Namespace) -> int:
    """Speak, write the file as a whole or not at all, and say how long it is and took."""
    from appliance.config import load

    config = chosen(load.load(arguments.config, os.environ).config, arguments.engine, arguments.speed)
    sentences = spoken_sentences(arguments.text, config.language)
    check_place(arguments.out)
    report = speak(config, sentences, arguments.out)
    if arguments.json:
        print(json.dumps(report))
    else:
        print(
            f"{report['file']}: {report['seconds']} s of speech in {report['ms']} ms, "
            f"first sound after {report['first_ms']} ms ({report['engine']})"
        )
    return 0


def chosen(config: Config, engine: str | None, speed: float | None) -> Config:
    """The configuration with this engine and speed. Raises ConfigError for a speed out of range."""
    import msgspec

    tts = config.tts
    if engine is not None and engine != tts.engine:
        # Model, voice and options belong to the engine they were chosen for.
        tts = msgspec.structs.replace(tts, engine=engine, model="", voice="", options={})
    if speed is not None:
        if not MIN_SPEED <= speed <= MAX_SPEED:
            raise ConfigError(
                f"--speed {speed}: not from {MIN_SPEED} to {MAX_SPEED}", "1.0 is the voice's own pace"
            )
        tts = msgspec.structs.replace(tts, speed=speed)
    return msgspec.structs.replace(config, tts=tts)


def spoken_sentences(text: str, language: str) -> list[str]:
    """The sentences of a text as they are spoken. Raises AudioError for nothing, or too much, to say."""
    from appliance.dialogue.sentences import split

    if len(text) > MAX_CHARS:
        raise AudioError(f"a text of {len(text)} characters is above {MAX_CHARS}", "say it in several files")
    sentences = split(text, language)
    if not sentences:
        raise AudioError(
            "there is no word to say in this text", 'appliance say "Hello there." --out hello.wav'
        )
    return sentences


def check_place(path: Path) -> None:
    """Find out before speaking that the file cannot be written. Raises AudioError."""
    try:
        is_folder, has_folder = path.is_dir(), path.absolute().parent.is_dir()
    except (OSError, ValueError) as error:
        raise AudioError(
            f"{path}: {os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error}",
            "choose a shorter, plain name",
        ) from error
    if is_folder:
        raise AudioError(f"{path}: is a directory", "give the name of a file")
    if not has_folder:
        raise AudioError(f"{path}: there is no directory {path.absolute().parent}", f"mkdir -p {path.parent}")


def speak(config: Config, sentences: list[str], out: Path) -> dict[str, Any]:
    """Synthesise into the file; a report. Raises EngineError, ModelError or AudioError."""
    from appliance.engines import loading
    from appliance.ops import models

    tts = config.tts
    files = models.find(config, "tts")
    engine = loading.create(
        "tts", tts.engine, tts.engine_options(config.language), files, config.limits.tts.threads
    )
    try:
        detail = engine.open()
        started = time.monotonic()
        pieces = (piece for sentence in sentences for piece in engine.speak(sentence, tts.speed))
        seconds, first = write(pieces, out)
    finally:
        engine.close()
    return {
        "file": str(out), "engine": tts.engine, "detail": detail, "seconds": round(seconds, 3),
        "ms": round((time.monotonic() - started) * 1000, 1), "first_ms": round((first - started) * 1000, 1),
    }  # fmt: skip


def write(pieces: Iterator[Speech], out: Path) -> tuple[float, float]:
    """Write beside `out` and move it there: seconds, and when the first piece came. Raises AudioError."""
    first = next(pieces, None)
    if first is None:
        raise AudioError("the voice made no sound of this text", "try other words, or another --engine")
    first_at = time.monotonic()
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{out.name[:100]}.", dir=out.absolute().parent)
        part = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file, wave.open(file, "wb") as sound:
                frames = _write_frames(sound, first, pieces)
            part.chmod(0o644)
            part.replace(out)
        except BaseException:
            part.unlink()
            raise
    except OSError as error:
        raise AudioError(f"{out}: {error.strerror}", "choose a place that can be written") from error
    return frames / first.rate_hz, first_at


def _write_frames(sound: wave.Wave_write, first: Speech, rest: Iterator[Speech]) -> int:
    sound.setnchannels(1)
    sound.setsampwidth(2)
    sound.setframerate(first.rate_hz)
    sound.writeframes(first.pcm)
    frames = len(first.pcm)
    for piece in rest:
        sound.writeframes(piece.pcm)
        frames += len(piece.pcm)
    return frames // 2
