"""What can go wrong while flashing, each a sentence with a way out."""

from __future__ import annotations

from appliance.errors import ApplianceError


class FlashError(ApplianceError):
    """An image, a device or an argument that flashing cannot go on with."""


class Refused(FlashError):
    """A device that must not be written to. Nothing has been changed."""


class BadImage(FlashError):
    """An image, block map or checksum file that is damaged or is not what it should be."""


class DeviceFailed(FlashError):
    """The device gave an error, or does not give back what was written. Nothing on it may be relied on."""
