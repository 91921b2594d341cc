"""eSpeak NG's library in this process: it tells itself when each sound begins."""

from __future__ import annotations

import ctypes
from typing import Any, ClassVar

from appliance.engines.stt.pocketsphinx.pronounce import arpabet
from ears.phones import SILENCE
from ears.speech import Manner, Spoken, at_our_rate, spread

_SYNCHRONOUS = 2
_PHONEME_EVENTS_IN_IPA = 3
_PHONEME = 7
_UTF8 = 1
_RATE, _PITCH, _RANGE = 1, 3, 4
_WORDS_PER_MINUTE = 165
LANGUAGES = {
    "us": "en-us",
    "gb": "gmw/en",
    "rp": "gmw/en-GB-x-rp",
    "midlands": "gmw/en-GB-x-gbcwmd",
    "lancaster": "gmw/en-GB-x-gbclan",
    "scotland": "gmw/en-GB-scotland",
    "caribbean": "gmw/en-029",
    "nyc": "gmw/en-US-nyc",
}


class _Value(ctypes.Union):
    _fields_: ClassVar = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("text", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_: ClassVar = [
        ("kind", ctypes.c_int),
        ("utterance", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("at_ms", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user", ctypes.c_void_p),
        ("value", _Value),
    ]


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class Synthesizer:
    """One a process: the library has one state."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libespeak-ng.so.1")
        self._samples: list[Any] = []
        self._marks: list[tuple[float, str]] = []
        self._callback = _CALLBACK(self._take)
        self._rate_hz = self._library.espeak_Initialize(_SYNCHRONOUS, 200, None, _PHONEME_EVENTS_IN_IPA)
        self._library.espeak_SetSynthCallback(self._callback)

    def _take(self, samples: Any, count: int, events: Any) -> int:
        import numpy as np

        if samples and count > 0:
            self._samples.append(np.ctypeslib.as_array(samples, (count,)).copy())
        place = 0
        while events[place].kind != 0:
            if events[place].kind == _PHONEME:
                name = events[place].value.text.decode("utf-8", "ignore")
                self._marks.append((events[place].at_ms / 1000, name))
            place += 1
        return 0

    def say(self, text: str, voice: str, manner: Manner) -> Spoken | None:
        """`voice` is a key of `LANGUAGES`, a plus and a variant; None when nothing was said."""
        import numpy as np

        language, _, variant = voice.partition("+")
        if self._library.espeak_SetVoiceByName(f"{LANGUAGES[language]}+{variant}".encode()) != 0:
            raise ValueError(f"eSpeak NG has no voice {voice}")
        self._library.espeak_SetParameter(_RATE, round(_WORDS_PER_MINUTE * manner.speed), 0)
        self._library.espeak_SetParameter(_PITCH, round(max(5.0, min(95.0, 50 + 60 * (manner.pitch - 1)))), 0)
        self._library.espeak_SetParameter(_RANGE, round(max(5.0, min(95.0, 50 * manner.liveliness))), 0)
        self._samples, self._marks = [], []
        written = text.encode()
        self._library.espeak_Synth(written, len(written) + 1, 0, 0, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        if not self._samples:
            return None
        whole = np.concatenate(self._samples)
        sounds = _sounds(self._marks, len(whole) / self._rate_hz)
        return Spoken(at_our_rate(whole, self._rate_hz), sounds)


def _sounds(marks: list[tuple[float, str]], end: float) -> tuple[tuple[str, float], ...]:
    """Nothing when one of them has no name of ours."""
    found: list[tuple[str, float]] = [(SILENCE, marks[0][0])] if marks else []
    ends = [at for at, _ in marks[1:]] + [end]
    for (begin, ipa), until in zip(marks, ends, strict=True):
        names = arpabet(ipa) if ipa.strip("ˈˌː_") else (SILENCE,)
        if not names and ipa != "ʔ":
            return ()
        found += spread(names or (SILENCE,), begin, until)
    return tuple(found)
