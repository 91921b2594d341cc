"""What makes the noise: given from outside, because loudspeakers belong to the pipeline's places."""

from __future__ import annotations

from typing import Protocol

from appliance.timers.model import Timer


class Ringer(Protocol):
    """Rooms, as far as timers are concerned. No method may block or raise."""

    def ring(self, timer: Timer, words: str) -> bool:
        """Sound in `timer.room` from now on: `tone.ring()` over and over, `words` at first and now and then.

        It goes on until `hush`, also while somebody speaks to the appliance. False when nothing can sound in
        that room now: the appliance's own loudspeaker is tried then, and after that again and again.
        """

    def hush(self, timer: Timer) -> None:
        """Be silent at once. `timer.room` is where it sounds; one that does not ring is no mistake."""

    def announce(self, room: str, text: str) -> bool:
        """Say this once, when that room is free; False when it cannot be said there now."""
