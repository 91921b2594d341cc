"""What can go wrong with backups."""

from __future__ import annotations

from appliance.errors import ApplianceError


class BackupError(ApplianceError):
    """A backup cannot be made, read or restored."""


def damaged(what: str) -> BackupError:
    """The file is not as it was written."""
    return BackupError(
        f"this backup is damaged: {what}", "nothing was changed; use another one, or copy it here again"
    )


def cannot(doing: str, error: OSError) -> BackupError:
    """The machine refuses."""
    where = f" {error.filename}:" if error.filename else ""
    return BackupError(
        f"{doing}:{where} {error.strerror or error}",
        "is the disk full, or are the files another user's? see: df -h; run it as the appliance's own user",
    )
