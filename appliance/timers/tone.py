"""The ring tone, made by code: a short rising figure of soft notes, then a rest."""

from __future__ import annotations

from functools import cache

from appliance.audio import tones

LEVEL = 0.35
FIGURE: tuple[tones.Note, ...] = ((659.3, 0.14), (784.0, 0.14), (987.8, 0.14), (1_174.7, 0.3))
"""E, G, B, D: awake, and not a siren."""
GAP_SECONDS = 0.18
PERIOD_SECONDS = 3.0
"""Sound and rest together: how often the tone is to be repeated."""


@cache
def ring() -> bytes:
    """One period of the tone, 16 kHz mono s16le, 3.0 s; repeat it until somebody stops it."""
    once = tones.melody(FIGURE, LEVEL)
    gap = _silence(GAP_SECONDS)
    sound = once + gap + once
    return sound + bytes(round(PERIOD_SECONDS * tones.RATE_HZ) * 2 - len(sound))


def _silence(seconds: float) -> bytes:
    return bytes(round(seconds * tones.RATE_HZ) * 2)
