"""How much one browser may send: sound no faster than time, and so many frames. Pure; times are seconds."""

from __future__ import annotations

FRAMES_PER_SECOND = 120.0
"""Sound is 50 frames a second."""
MAX_SAVED_FRAMES = 1_200.0
"""What is sent again after a lost connection comes at once."""


class Budget:
    """A bucket of frames that time fills."""

    def __init__(self, now: float) -> None:
        self._frames = MAX_SAVED_FRAMES
        self._at = now

    def take(self, now: float) -> bool:
        """May another frame come? False: nobody needs so many."""
        self._frames = min(MAX_SAVED_FRAMES, self._frames + (now - self._at) * FRAMES_PER_SECOND)
        self._at = now
        if self._frames < 1:
            return False
        self._frames -= 1
        return True
