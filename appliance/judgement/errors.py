"""What goes wrong with people, PINs and the audit."""

from __future__ import annotations

from appliance.errors import ApplianceError


class JudgementError(ApplianceError):
    """A person, a PIN or a file of the judgement is not as it should be."""
