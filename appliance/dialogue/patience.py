"""How much silence ends a sentence, from what was heard of it so far. Pure.

A whole command that nobody goes on with is answered sooner; one that breaks off in its middle is waited for.
"""

from __future__ import annotations

from appliance.config.model import Vad
from appliance.wire.messages import Considered


def end_silence_ms(vad: Vad, considered: Considered | None) -> int:
    """Milliseconds; None is a sentence of which nothing is known yet."""
    if considered is None or not considered.text.strip():
        return vad.end_silence_ms
    if is_over(considered):
        return min(vad.whole_silence_ms, vad.end_silence_ms)
    if considered.ending == "open":
        return max(vad.unfinished_silence_ms, vad.end_silence_ms)
    return vad.end_silence_ms


def is_over(considered: Considered) -> bool:
    """Is it a whole command with which nobody goes on?"""
    return considered.whole and considered.ending == "closed" and bool(considered.text.strip())
