"""What can go wrong with updates."""

from __future__ import annotations

from appliance.errors import ApplianceError


class UpdateError(ApplianceError):
    """An update cannot be found, fetched, installed or taken back."""


class SlotError(UpdateError):
    """A slot may not be touched as asked, or what the firmware reads cannot be read or written."""


class Refused(UpdateError):
    """A bundle that must not be installed here: another board, an older version, not signed by us."""
