"""RHVoice and SVOX Pico, programs: they tell no times, so what they say is aligned before it teaches."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from ears.speech import Manner, Spoken, at_our_rate

TIMEOUT_SECONDS = 60
PROGRAMS = {"rhvoice": "RHVoice-test", "pico": "pico2wave"}
"""Of Debian's rhvoice and rhvoice-english, and of libttspico-utils; both are optional."""


def present(maker: str) -> bool:
    """Is that program installed?"""
    return shutil.which(PROGRAMS[maker]) is not None


class RHVoice:
    """Voices of people, each a statistical model."""

    def say(self, text: str, voice: str, manner: Manner) -> Spoken | None:
        """None when nothing was said."""
        rate, pitch = f"{100 * manner.speed:.0f}", f"{100 * manner.pitch:.0f}"
        return _said([PROGRAMS["rhvoice"], "-p", voice, "-r", rate, "-t", pitch, "-o"], [], text)


class Pico:
    """One voice a language."""

    def say(self, text: str, voice: str, manner: Manner) -> Spoken | None:
        """`voice` is a language, as en-GB; None when nothing was said."""
        marked = f'<speed level="{100 * manner.speed:.0f}">{text}</speed>'
        marked = f'<pitch level="{100 * manner.pitch:.0f}">{marked}</pitch>'
        return _said([PROGRAMS["pico"], "-l", voice, "-w"], [marked], "")


def _said(before: list[str], after: list[str], given: str) -> Spoken | None:
    import soundfile

    with tempfile.TemporaryDirectory() as folder:
        wave = Path(folder) / "speech.wav"
        command = [*before, str(wave), *after]
        subprocess.run(
            command, check=False, input=given.encode(), capture_output=True, timeout=TIMEOUT_SECONDS
        )
        if not wave.is_file() or wave.stat().st_size < 1000:
            return None
        samples: Any
        samples, rate_hz = soundfile.read(wave, dtype="int16")
    return Spoken(at_our_rate(samples, rate_hz), ())
