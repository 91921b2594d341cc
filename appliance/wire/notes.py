"""What those who follow turns see of a note, without knowing who writes it."""

from __future__ import annotations

from typing import Any, Protocol


class Note(Protocol):
    """What of a `pipeline.trace.TurnNote` is looked at."""

    @property
    def turn(self) -> int:
        """Its number; 0 belongs to none."""

    @property
    def kind(self) -> str:
        """What happened."""

    @property
    def at_ms(self) -> int:
        """When, on the clock of the place's microphone."""

    @property
    def data(self) -> dict[str, Any]:
        """More, by kind."""

    @property
    def site(self) -> str:
        """Where."""
