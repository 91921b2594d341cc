"""What can go wrong while the appliance is set up."""

from __future__ import annotations

from appliance.errors import ApplianceError


class SetupError(ApplianceError):
    """Something about the set-up that a person can mend."""


class Fault(SetupError):
    """One file that was given is wrong; `line` counts from 1, 0 is no line."""

    def __init__(self, message: str, hint: str = "", line: int = 0) -> None:
        super().__init__(message, hint)
        self.line = line
