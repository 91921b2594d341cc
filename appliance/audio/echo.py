"""Acoustic echo cancellation, in two ways: both take the loudspeaker's sound out of the microphone's.

SpeexDSP's filter (the system's libspeexdsp, https://gitlab.xiph.org/xiph/speexdsp) only subtracts what it
predicts: less quiet, but whoever speaks at the same time stays whole, and so does the wake word. WebRTC's
AEC3 (package livekit, https://github.com/livekit/python-sdks, Apache-2.0) also suppresses what is left:
quieter by 20 dB, but it swallows parts of words. It starts threads, which sleep, and takes 45 MB; its network
parts are never used.
"""

from __future__ import annotations

import ctypes
import weakref
from typing import Any, Literal, Protocol

from appliance.audio import pcm
from appliance.audio.framing import FRAME_SAMPLES
from appliance.errors import AudioError

Method = Literal["speex", "webrtc"]
LIBRARY = "libspeexdsp.so.1"
_SET_SAMPLING_RATE = 24
"""SPEEX_ECHO_SET_SAMPLING_RATE of speex_echo.h."""
FILTER_SAMPLES = 4_800
"""300 ms: the lead, what a sound server is wrong about its latency, and the room."""


class EchoCanceller(Protocol):
    """Works on frames of 10 ms."""

    delay_samples: int
    """What it gives back is so much older."""

    def open(self) -> None:
        """Load the library. Raises AudioError when it is missing."""

    def process(self, near: bytes, far: bytes) -> bytes:
        """A frame of the microphone without what it heard of `far`, the loudspeaker's at the same time."""


def canceller(method: Method) -> EchoCanceller:
    """One of this kind, not opened yet."""
    return Speex() if method == "speex" else Webrtc()


class Speex:
    """A linear filter: finds the echo within seconds of sound, if it comes within `FILTER_SAMPLES`."""

    delay_samples = 0

    def __init__(self) -> None:
        self._library: Any = None
        self._state: int | None = None

    def open(self) -> None:
        """Load the library. Raises AudioError when it is missing."""
        try:
            library = ctypes.CDLL(LIBRARY)
        except OSError as error:
            raise AudioError(
                f"no echo cancellation: SpeexDSP is not installed ({error})",
                "sudo apt install libspeexdsp1, or set audio.echo_cancellation = false",
            ) from error
        library.speex_echo_state_init.argtypes = [ctypes.c_int, ctypes.c_int]
        library.speex_echo_state_init.restype = ctypes.c_void_p
        library.speex_echo_state_destroy.argtypes = [ctypes.c_void_p]
        library.speex_echo_ctl.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
        library.speex_echo_cancellation.argtypes = [ctypes.c_void_p, *[ctypes.c_char_p] * 3]
        self._library, self._state = library, library.speex_echo_state_init(FRAME_SAMPLES, FILTER_SAMPLES)
        rate_hz = ctypes.c_int(pcm.RATE_HZ)
        library.speex_echo_ctl(self._state, _SET_SAMPLING_RATE, ctypes.byref(rate_hz))
        weakref.finalize(self, library.speex_echo_state_destroy, self._state)

    def process(self, near: bytes, far: bytes) -> bytes:
        """The next frame."""
        if not len(near) == len(far) == FRAME_SAMPLES * pcm.SAMPLE_BYTES:
            raise ValueError(f"frames of {len(near)} and {len(far)} bytes")
        cleaned = ctypes.create_string_buffer(len(near))
        self._library.speex_echo_cancellation(self._state, near, far, cleaned)
        return cleaned.raw


class Webrtc:
    """AEC3: a filter, and a suppressor after it.

    It finds an echo that comes up to about 400 ms after its cause within the first seconds of sound, and
    follows it from then on.
    """

    delay_samples = 128
    """What it gives back is so much older: its two filter banks."""

    def __init__(self) -> None:
        self._rtc: Any = None
        self._module: Any = None

    def open(self) -> None:
        """Load the library. Raises AudioError when it is missing."""
        try:
            from livekit import rtc

            self._module = rtc.AudioProcessingModule(echo_cancellation=True)
        except ImportError as error:
            raise AudioError(
                f"no echo cancellation: the package livekit cannot be loaded ({error})",
                'pip install "appliance[webrtc]", or set audio.echo_canceller = "speex"',
            ) from error
        self._rtc = rtc

    def process(self, near: bytes, far: bytes) -> bytes:
        """The next frame."""
        self._module.process_reverse_stream(self._frame(far))
        frame = self._frame(near)
        self._module.process_stream(frame)
        return bytes(frame.data.cast("B"))

    def _frame(self, samples: bytes) -> Any:
        # The library works in place: a buffer of its own for each.
        return self._rtc.AudioFrame(bytearray(samples), pcm.RATE_HZ, 1, FRAME_SAMPLES)
