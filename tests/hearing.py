"""Wake word models that were fetched, and speech made on the spot."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from appliance.audio import reading

OPENWAKEWORD = ("melspectrogram", "embedding", "alexa", "hey_jarvis")
SILENCE = bytes(32_000)
"""One second."""


def openwakeword_models() -> dict[str, str]:
    """openWakeWord's files by what the engine calls them, or a skip that names the command."""
    folder = Path(os.environ.get("APPLIANCE_TEST_MODELS", "/nonexistent"))
    found = {name: next(folder.rglob(f"{name}*.onnx"), None) for name in OPENWAKEWORD}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        pytest.skip(
            f"no {', '.join(missing)} in APPLIANCE_TEST_MODELS={folder}; tools/test fetches them and sets it"
        )
    return {name: str(path) for name, path in found.items()}


def microwakeword_models(*words: str) -> dict[str, str]:
    """Descriptions inside the installed package."""
    package = find_spec("pymicro_wakeword")
    assert package is not None
    assert package.origin is not None
    folder = Path(package.origin).parent / "models"
    return {word: str(folder / f"{word}.json") for word in words}


def models(engine: str) -> dict[str, str]:
    """Two words for this wake word engine."""
    return openwakeword_models() if engine == "openwakeword" else microwakeword_models("alexa", "hey_jarvis")


@cache
def spoken(text: str, voice: str = "en+m1", words_per_minute: int = 150) -> bytes:
    """eSpeak NG says it; 16 kHz mono s16le."""
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed: apt install espeak-ng")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "speech.wav"
        command = ["espeak-ng", "-v", voice, "-s", str(words_per_minute), "-w", str(file), text]
        subprocess.run(command, check=True, timeout=30)
        return reading.read(file).pcm
