"""`appliance transcribe FILE…`: what is said in sound files, in the words of a home.

The configured recogniser runs in this process, with the models and settings that `appliance run` uses, and
listens for what can be said in the given house (else in the demonstration home). Each file is one utterance.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from appliance.audio import pcm, reading
from appliance.cli._files import each_file
from appliance.config import load
from appliance.config.model import Config
from appliance.engines import loading
from appliance.engines.contract import SttEngine
from appliance.errors import HomeError
from appliance.home import entities
from appliance.ops import models
from appliance.understanding.grammar import compile_house, strip_wake

NAME = "transcribe"
MAX_SECONDS = 30.0
"""One utterance; recognisers listen to no more at a time."""
HELP = "write down what is said in sound files"


class Heard(msgspec.Struct, frozen=True):
    """What was heard in one file."""

    seconds: float
    text: str
    confidence: float
    ms: float
    """From the end of the sound to the text."""
    decode_ms: float
    """All the time that recognising took."""


class _Wrapped(msgspec.Struct, frozen=True):
    """A house inside another object, as in the lines of understanding data sets."""

    house: msgspec.Raw = msgspec.Raw()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Files, the house, and what to change of the configuration."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="WAV, FLAC or OGG, any rate")
    parser.add_argument(
        "--house", type=Path, metavar="HOUSE.json", help="what can be said (default: the demonstration home)"
    )
    parser.add_argument("--engine", metavar="E", help="instead of stt.engine")
    parser.add_argument("--model", metavar="M", help="instead of stt.model: a name, or a path")
    parser.add_argument("--open", action="store_true", help="take dictation instead of the home's sentences")


def run(arguments: argparse.Namespace) -> int:
    """Transcribe every file; status 1 when one could not be read."""
    config = _configured(load.load(arguments.config, os.environ).config, arguments)
    compiled = compile_house(load_house(arguments.house), config.wake.words)
    engine = _engine(config)
    as_json = arguments.json
    try:
        engine.open()
        if config.stt.grammar:
            engine.set_grammar(compiled.grammar)
            _warn(compiled.reason, getattr(engine, "left_out", ()))
        else:
            engine.set_grammar(None)
        return each_file(
            arguments.files,
            lambda file: listen(engine, file, config.wake.words),
            lambda file, heard: _print(file, heard, as_json=as_json),
            as_json=as_json,
        )
    finally:
        engine.close()


def load_house(file: Path | None) -> entities.House:
    """A house file, or the demonstration home; also a house inside `{"house": …}`. Raises HomeError."""
    if file is None:
        return entities.parse(
            resources.files("appliance.home").joinpath("demo.json").read_bytes(), "demonstration home"
        )
    try:
        with file.open("rb") as opened:
            data = opened.read(entities.MAX_HOUSE_BYTES + 1)
    except OSError as error:
        raise HomeError(f"{file}: {error.strerror}", "give the path of a house file") from error
    return entities.parse(_unwrapped(data), str(file))


def _unwrapped(data: bytes) -> bytes:
    try:
        wrapped = msgspec.json.decode(data, type=_Wrapped)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return data  # what is wrong with it, the house's own reader says
    return bytes(wrapped.house) or data


def listen(engine: SttEngine, file: Path, wake_words: tuple[str, ...]) -> Heard:
    """The sentence in one file, without a wake word in front of it. Raises AudioError."""
    started = time.monotonic()
    reading_seconds = 0.0
    fed_bytes = 0
    engine.start()
    blocks = reading.stream(file, MAX_SECONDS)
    while True:
        before = time.monotonic()
        block = next(blocks, b"")
        reading_seconds += time.monotonic() - before
        if not block:
            break
        fed_bytes += len(block)
        for _ in engine.feed(block):
            pass
    ended = time.monotonic()
    result = engine.finish()
    finished = time.monotonic()
    return Heard(
        fed_bytes / (pcm.RATE_HZ * pcm.SAMPLE_BYTES),
        strip_wake(result.text, wake_words),
        result.confidence,
        (finished - ended) * 1000,
        (finished - started - reading_seconds) * 1000,
    )


def _configured(config: Config, arguments: argparse.Namespace) -> Config:
    """The configuration with what the command line says instead."""
    changes: dict[str, Any] = {}
    if arguments.engine and arguments.engine != config.stt.engine:
        # Options and models in the configuration are another engine's.
        loading.module("stt", arguments.engine)
        changes = {"engine": arguments.engine, "options": {}, "model": "", "speaker_model": ""}
    if arguments.model:
        changes["model"] = arguments.model
    if arguments.open:
        changes["grammar"] = False
    return msgspec.structs.replace(config, stt=msgspec.structs.replace(config.stt, **changes))


def _engine(config: Config) -> SttEngine:
    stt = config.stt
    files = models.find(config, "stt")
    engine: SttEngine = loading.create("stt", stt.engine, stt.options, files, config.limits.stt.threads)
    return engine


def _warn(reason: str, left_out: tuple[str, ...]) -> None:
    """Say which part of the house cannot be heard."""
    if reason:
        print(f"appliance: {reason}", file=sys.stderr)
    if left_out:
        more = f" and {len(left_out) - 20} more" if len(left_out) > 20 else ""
        print(
            f"appliance: the recogniser does not know these words: {', '.join(left_out[:20])}{more}",
            file=sys.stderr,
        )


def _print(file: Path, heard: Heard, as_json: bool) -> None:
    if as_json:
        line = {
            "file": str(file),
            "seconds": round(heard.seconds, 3),
            "text": heard.text,
            "ms": round(heard.ms, 1),
            "decode_ms": round(heard.decode_ms, 1),
            "confidence": round(heard.confidence, 3),
        }
        print(json.dumps(line, ensure_ascii=False), flush=True)
        return
    cost = f"{heard.seconds:8.1f} s  {heard.ms:6.0f} ms"
    print(f"{cost}  {reading.shown(file)}: {heard.text or '(nothing that can be said here)'}", flush=True)
