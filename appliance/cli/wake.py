"""`appliance wake FILE…`: which wake words are heard in sound files, and when.

The configured engine runs in this process, with the models and settings that `appliance run` uses. Each file
is heard as if it came out of silence and went back into it: the engine is reset to having heard silence, and
`SILENCE_SECONDS` of it follow, since a word at the very end is recognised only shortly after.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from appliance.audio import pcm, reading
from appliance.cli._files import each_file
from appliance.config import load
from appliance.config.model import Config, OptionValue, Wake
from appliance.engines import loading
from appliance.engines.contract import Detection, WakeEngine
from appliance.errors import ModelError
from appliance.ops import models

NAME = "wake"
HELP = "find wake words in sound files"
SILENCE_SECONDS = 1
STAND_IN = "microwakeword"


class Heard(msgspec.Struct, frozen=True):
    """What was heard in one file; times in seconds from its beginning."""

    seconds: float
    detections: tuple[Detection, ...]
    cpu_ms_per_s: float
    """CPU of this process for recognising (decoding not counted), for each second of sound."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Files, and what to change of the configuration."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="WAV, FLAC or OGG, any rate")
    parser.add_argument(
        "--word", action="append", metavar="W", help="only this wake word; may be given several times"
    )
    parser.add_argument("--engine", metavar="E", help="instead of wake.engine")
    parser.add_argument(
        "--threshold", type=_threshold, metavar="T", help="score that counts, above 0 up to 1"
    )


def run(arguments: argparse.Namespace) -> int:
    """Search every file; status 1 when one could not be read."""
    config = _configured(load.load(arguments.config, os.environ).config, arguments)
    engine = _engine(config, may_stand_in=not arguments.engine)
    as_json = arguments.json
    try:
        engine.open()
        return each_file(
            arguments.files,
            lambda file: listen(engine, file),
            lambda file, heard: _print(file, heard, as_json=as_json),
            as_json=as_json,
        )
    finally:
        engine.close()


def listen(engine: WakeEngine, file: Path) -> Heard:
    """Every saying in one file. Raises AudioError."""
    engine.reset()
    detections: list[Detection] = []
    fed_bytes = file_bytes = 0
    cpu_seconds = 0.0
    for block, is_file in _with_silence(file):
        started = time.process_time()
        detections += engine.feed(block, fed_bytes // pcm.BYTES_PER_MS)
        cpu_seconds += time.process_time() - started
        fed_bytes += len(block)
        file_bytes += len(block) if is_file else 0
    end_ms = file_bytes // pcm.BYTES_PER_MS
    inside = tuple(msgspec.structs.replace(each, at_ms=min(each.at_ms, end_ms)) for each in detections)
    return Heard(_seconds(file_bytes), inside, cpu_seconds * 1000 / _seconds(fed_bytes))


def _seconds(pcm_bytes: int) -> float:
    return pcm_bytes / (pcm.RATE_HZ * pcm.SAMPLE_BYTES)


def _with_silence(file: Path) -> Iterator[tuple[bytes, bool]]:
    """The file's sound, then silence; each with whether it is the file's."""
    for block in reading.stream(file):
        yield block, True
    yield bytes(SILENCE_SECONDS * 1000 * pcm.BYTES_PER_MS), False


def _threshold(text: str) -> float:
    value = float(text)
    if not 0.0 < value <= 1.0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0 and up to 1")
    return value


def _configured(config: Config, arguments: argparse.Namespace) -> Config:
    """The configuration with what the command line says instead."""
    changes: dict[str, Any] = {}
    if arguments.engine and arguments.engine != config.wake.engine:
        # Options and threshold in the configuration are another engine's.
        loading.module("wake", arguments.engine)
        changes = {"engine": arguments.engine, "options": {}, "threshold": Wake().threshold}
    if arguments.word:
        changes["words"] = tuple(dict.fromkeys(arguments.word))
    if arguments.threshold is not None:
        changes["threshold"] = arguments.threshold
    return msgspec.structs.replace(config, wake=msgspec.structs.replace(config.wake, **changes))


def _engine(config: Config, may_stand_in: bool) -> WakeEngine:
    """The engine with its models. Raises ModelError (an unknown word: naming those known) or EngineError."""
    wake = config.wake
    try:
        files = models.find(config, "wake")
    except models.MissingModel as error:
        stand_in = msgspec.structs.replace(wake, engine=STAND_IN, options={}, threshold=Wake().threshold)
        if not may_stand_in or wake.engine == STAND_IN:
            raise
        files = _stand_in_files(msgspec.structs.replace(config, wake=stand_in), error)
        print(f"appliance: {error.message}; {STAND_IN} listens instead\n  → {error.hint}", file=sys.stderr)
        wake = stand_in
    options: dict[str, OptionValue] = {
        "threshold": wake.threshold,
        "refractory_seconds": wake.refractory_seconds,
        **wake.options,
    }
    engine: WakeEngine = loading.create("wake", wake.engine, options, files, config.limits.wake.threads)
    return engine


def _stand_in_files(config: Config, reason: ModelError) -> dict[str, str]:
    """Models of the engine that comes inside a package; without these words the first reason stands."""
    try:
        return models.find(config, "wake")
    except ModelError:
        raise reason from None


def _print(file: Path, heard: Heard, as_json: bool) -> None:
    if as_json:
        line = {
            "file": str(file),
            "seconds": round(heard.seconds, 3),
            "detections": [
                {"word": each.word, "at": each.at_ms / 1000, "score": round(each.score, 4)}
                for each in heard.detections
            ],
            "cpu_ms_per_s": round(heard.cpu_ms_per_s, 2),
        }
        print(json.dumps(line), flush=True)
        return
    found = ", ".join(
        f"{each.word} at {each.at_ms / 1000:.2f} s ({each.score:.2f})" for each in heard.detections
    )
    cost = f"{heard.seconds:8.1f} s  {heard.cpu_ms_per_s:5.1f} ms CPU/s"
    print(f"{cost}  {reading.shown(file)}: {found or 'no wake word'}", flush=True)
