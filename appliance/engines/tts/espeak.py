"""eSpeak NG through libespeak-ng: small, offline, over a hundred languages, no model file.

The library speaks inside one blocking call, `espeak_Synth`, and hands out buffers through a callback. A
generator cannot yield from inside a C callback, and with a thread for it a Pong would prove nothing, so text
is spoken clause by clause: 120 characters take about 6 ms, and between clauses the stage can cancel. The
callback bounds what one clause may produce by returning 1, which stops the library at once.
Source: speak_lib.h of eSpeak NG 1.51.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar

from msgspec import Meta

from appliance.audio.pcm import SAMPLE_BYTES
from appliance.engines.contract import EngineOptions, MissingEngine, Speech
from appliance.engines.speech import clauses, pace, pieces, speakable
from appliance.errors import EngineError

LIBRARY = "libespeak-ng.so.1"
INSTALL_HINT = "apt-get install libespeak-ng1 espeak-ng-data"
MAX_CLAUSE_SECONDS = 120.0
BUFFER_MS = 100

# Constants of speak_lib.h. Without its SSML and PHONEMES bits, markup is read out and not obeyed.
_SYNCHRONOUS = 2
_DONT_EXIT = 0x8000
_POS_CHARACTER = 1
_CHARS_UTF8, _END_PAUSE = 1, 0x1000
_RATE, _VOLUME, _PITCH = 1, 2, 3
_OK, _CONTINUE, _ABORT = 0, 0, 1
_MIN_WPM, _MAX_WPM = 80, 450

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)

VoiceName = Annotated[str, Meta(pattern=r"^([A-Za-z0-9][A-Za-z0-9-]{0,30}(\+[A-Za-z0-9_-]{1,30})?)?$")]
"""Like "en-us", "de" or "en-us+f3"; no path, so no file outside the voice folder can be named."""


class Options(EngineOptions, frozen=True):
    """Voice, pace and loudness."""

    voice: VoiceName = ""
    """Empty takes `language`; `espeak-ng --voices` lists them."""
    language: VoiceName = "en"
    words_per_minute: Annotated[int, Meta(ge=_MIN_WPM, le=_MAX_WPM)] = 165
    """At speed 1.0."""
    pitch: Annotated[int, Meta(ge=0, le=99)] = 50
    volume: Annotated[int, Meta(ge=0, le=200)] = 100
    """Percent of eSpeak NG's own loudness."""


class Engine:
    """One voice. The library keeps its state in globals: one engine of this kind a process."""

    def __init__(self, options: Options, models: Mapping[str, Path], threads: int) -> None:
        del models, threads  # the voices come with the system package, and synthesis is one thread
        self._options = options
        self._library: Any = None
        self._rate_hz = 0
        self._sound = bytearray()
        self._callback = _Callback(self._take)

    def open(self) -> str:
        """Load the library and its voice. Raises MissingEngine, or EngineError for an unknown voice."""
        library, rate_hz = _started(LIBRARY)
        self._library, self._rate_hz = library, rate_hz
        voice = self._options.voice or self._options.language
        if not _set_voice(library, voice):
            self.close()
            raise EngineError(f"tts.voice: eSpeak NG has no voice {voice!r}", "espeak-ng --voices lists them")
        library.espeak_SetSynthCallback(self._callback)
        library.espeak_SetParameter(_VOLUME, self._options.volume, 0)
        library.espeak_SetParameter(_PITCH, self._options.pitch, 0)
        self._synthesise("ready", 1.0, last=True)  # the first call reads dictionary pages from disk
        return f"eSpeak NG, voice {voice}, {rate_hz} Hz"

    def close(self) -> None:
        """Let the voice go. The library stays: `espeak_Terminate` hangs when it is called a second time."""
        self._library = None

    def speak(self, text: str, speed: float) -> Iterator[Speech]:
        """Pieces of at most half a second, clause by clause; nothing for a text without words."""
        rest = list(clauses(speakable(text)))
        while rest:
            clause = rest.pop(0)
            yield from pieces(self._synthesise(clause, speed, last=not rest), self._rate_hz)

    def _synthesise(self, clause: str, speed: float, *, last: bool) -> bytes:
        if self._library is None:
            raise EngineError("eSpeak NG is not open")
        wpm = round(self._options.words_per_minute * pace(speed))
        self._library.espeak_SetParameter(_RATE, max(_MIN_WPM, min(_MAX_WPM, wpm)), 0)
        self._sound.clear()
        data = clause.encode() + b"\0"
        flags = _CHARS_UTF8 | (_END_PAUSE if last else 0)
        status = self._library.espeak_Synth(data, len(data), 0, _POS_CHARACTER, 0, flags, None, None)
        if status != _OK:
            raise EngineError(f"eSpeak NG refused a text of {len(clause)} characters (status {status})")
        return bytes(self._sound)

    def _take(self, samples: Any, count: int, events: Any) -> int:
        """The synthesis callback: keep the buffer; 1 stops the library."""
        del events
        if count > 0:
            self._sound += ctypes.string_at(samples, count * SAMPLE_BYTES)
        too_long = len(self._sound) > MAX_CLAUSE_SECONDS * self._rate_hz * SAMPLE_BYTES
        return _ABORT if too_long else _CONTINUE


class _Voice(ctypes.Structure):
    """The library's `espeak_VOICE`; only `languages` is asked for."""

    _fields_: ClassVar = [
        ("name", ctypes.c_char_p), ("languages", ctypes.c_char_p), ("identifier", ctypes.c_char_p),
        ("kind", ctypes.c_ubyte * 4), ("score", ctypes.c_int), ("spare", ctypes.c_void_p),
    ]  # fmt: skip


def _set_voice(library: Any, voice: str) -> bool:
    """By its name, or by its language: "en-gb" is a language, whose voice is called "en"."""
    if library.espeak_SetVoiceByName(voice.encode()) == _OK:
        return True
    wanted = _Voice(languages=voice.encode())
    return bool(library.espeak_SetVoiceByProperties(ctypes.byref(wanted)) == _OK)


@functools.cache
def _started(name: str) -> tuple[Any, int]:
    """The library, initialised once a process, and its rate in Hz. Raises MissingEngine."""
    library = _load(name)
    rate_hz = library.espeak_Initialize(_SYNCHRONOUS, BUFFER_MS, None, _DONT_EXIT)
    if rate_hz <= 0:
        raise MissingEngine("eSpeak NG finds no voice data", INSTALL_HINT)
    return library, rate_hz


def _load(name: str) -> Any:
    """The library with the argument types of what is used. Raises MissingEngine."""
    try:
        library = ctypes.CDLL(name)
    except OSError as error:
        raise MissingEngine(f"eSpeak NG is not installed ({error})", INSTALL_HINT) from error
    library.espeak_Initialize.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
    library.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
    library.espeak_SetVoiceByProperties.argtypes = [ctypes.POINTER(_Voice)]
    library.espeak_SetSynthCallback.argtypes = [_Callback]
    library.espeak_SetSynthCallback.restype = None
    library.espeak_SetParameter.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int]
    library.espeak_Synth.argtypes = [
        ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_uint,
        ctypes.POINTER(ctypes.c_uint), ctypes.c_void_p,
    ]  # fmt: skip
    return library
