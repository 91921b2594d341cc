"""Festival, a program: its voices are only examined with, so it need not tell its times."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from ears.speech import Manner, Spoken, at_our_rate

TIMEOUT_SECONDS = 120


class Synthesizer:
    """A program start for each sentence."""

    def say(self, text: str, voice: str, manner: Manner) -> Spoken | None:
        """`voice` without Festival's `voice_`; None when it says nothing."""
        import soundfile

        with tempfile.TemporaryDirectory() as folder:
            wave = Path(folder) / "speech.wav"
            said = f"(utt.synth (Utterance Text {json.dumps(text)}))"
            script = (
                f"(begin (voice_{voice}) (Parameter.set 'Duration_Stretch {1 / manner.speed:.3f})"
                f" (utt.save.wave {said} {json.dumps(str(wave))} 'riff))"
            )
            command = ["festival", "--batch", script]
            subprocess.run(command, check=False, capture_output=True, timeout=TIMEOUT_SECONDS)
            if not wave.is_file():
                return None
            samples, rate_hz = soundfile.read(wave, dtype="int16")
        return Spoken(at_our_rate(samples, rate_hz), ())
