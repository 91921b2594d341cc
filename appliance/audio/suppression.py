"""Noise suppression and automatic gain: WebRTC's, as the package webrtc-noise-gain carries them.

Library https://github.com/OHF-Voice/webrtc-noise-gain (Apache-2.0). Imported in `Suppressor.open`. With
either on, it also removes what is below 100 Hz.
"""

from __future__ import annotations

from typing import Any

from appliance.errors import AudioError


class Suppressor:
    """Makes a microphone's frames quieter between words, and as loud as wanted.

    `level` 0 (off) to 4 (very high); `gain_dbfs` 0 (off) or how far below full scale the loudest parts shall
    be, to 31.
    """

    def __init__(self, level: int, gain_dbfs: int) -> None:
        self._level = level
        self._gain_dbfs = gain_dbfs
        self._processor: Any = None
        self.delay_samples = 96 if level else 0
        """What it gives back is so much older: the overlap of its windows."""

    def open(self) -> None:
        """Load the library. Raises AudioError when it is missing."""
        try:
            from webrtc_noise_gain import AudioProcessor  # type: ignore[import-untyped]
        except ImportError as error:
            raise AudioError(
                f"no noise suppression and no automatic gain: webrtc-noise-gain cannot be loaded ({error})",
                "install it with tools/run, or set audio.noise_suppression and audio.auto_gain_dbfs to 0",
            ) from error
        self._processor = AudioProcessor(self._gain_dbfs, self._level)

    def process(self, frame: bytes) -> bytes:
        """The next frame."""
        cleaned: bytes = self._processor.Process10ms(frame).audio
        return cleaned
