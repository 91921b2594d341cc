"""Flite's library in this process: its voices are cut from recordings of people, its times are its own."""

from __future__ import annotations

import ctypes
from typing import Any, ClassVar

from ears.phones import of_flite
from ears.speech import Manner, Spoken, at_our_rate, spread

PITCH_HZ = {"slt": 170.0, "awb": 120.0, "kal16": 100.0, "rms": 95.0}
_LIBRARIES = {name: f"libflite_cmu_us_{name}.so.1" for name in PITCH_HZ}


class _Wave(ctypes.Structure):
    _fields_: ClassVar = [
        ("kind", ctypes.c_char_p),
        ("rate_hz", ctypes.c_int),
        ("count", ctypes.c_int),
        ("channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    ]


class _Voice(ctypes.Structure):
    _fields_: ClassVar = [("name", ctypes.c_char_p), ("features", ctypes.c_void_p)]


class Synthesizer:
    """Voices are loaded when they are first asked for."""

    def __init__(self) -> None:
        self._library: Any = ctypes.CDLL("libflite.so.1", mode=ctypes.RTLD_GLOBAL)
        for name in ("flite_synth_text", "utt_relation", "relation_head", "item_next"):
            getattr(self._library, name).restype = ctypes.c_void_p
        self._library.utt_wave.restype = ctypes.POINTER(_Wave)
        self._library.item_feat_string.restype = ctypes.c_char_p
        self._library.item_feat_float.restype = ctypes.c_float
        self._library.flite_init()
        self._voices: dict[str, Any] = {}

    def _voice(self, name: str) -> Any:
        if name not in self._voices:
            make = getattr(ctypes.CDLL(_LIBRARIES[name]), f"register_cmu_us_{name}")
            make.restype = ctypes.POINTER(_Voice)
            self._voices[name] = make(None)
        return self._voices[name]

    def say(self, text: str, voice: str, manner: Manner) -> Spoken | None:
        """None when nothing was said."""
        import numpy as np

        handle = self._voice(voice)
        features = ctypes.c_void_p(handle.contents.features)
        wanted = {
            b"duration_stretch": 1 / manner.speed,
            b"int_f0_target_mean": PITCH_HZ[voice] * manner.pitch,
            b"int_f0_target_stddev": 12.0 * manner.liveliness,
        }
        for name, value in wanted.items():
            self._library.feat_set_float(features, name, ctypes.c_float(value))
        utterance = ctypes.c_void_p(self._library.flite_synth_text(text.encode(), handle))
        if not utterance.value:
            return None
        wave = self._library.utt_wave(utterance).contents
        samples = np.ctypeslib.as_array(wave.samples, (wave.count,)).copy()
        sounds = self._sounds(utterance, wave.count / wave.rate_hz)
        rate_hz = wave.rate_hz
        self._library.delete_utterance(utterance)
        return Spoken(at_our_rate(samples, rate_hz), sounds)

    def _sounds(self, utterance: Any, seconds: float) -> tuple[tuple[str, float], ...]:
        """A voice of diphones is a little shorter or longer than it meant to be: all ends are scaled."""
        relation = ctypes.c_void_p(self._library.utt_relation(utterance, b"Segment"))
        item = self._library.relation_head(relation)
        found: list[tuple[str, float]] = []
        begin = 0.0
        while item:
            here = ctypes.c_void_p(item)
            name = self._library.item_feat_string(here, b"name").decode()
            end = float(self._library.item_feat_float(here, b"end"))
            found += spread(of_flite(name), begin, end)
            begin = end
            item = self._library.item_next(here)
        scale = seconds / max(begin, 0.01)
        return tuple((name, end * scale) for name, end in found)
