"""Factory reset: everything on the data partition is removed at the next start, before anything uses it.

Here it is only asked for: a marker in the appliance's own folder. A path unit then starts the machine anew,
and the initrd (`usr/lib/appliance/reset`) removes all, the marker last: a power cut only delays it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from appliance.firstboot.errors import SetupError
from appliance.folders import sync_folder

MARKER = "factory-reset"
ON_THE_PARTITION = frozenset({MARKER, f"{MARKER}.txt"})
IMAGE = Path("/usr/lib/appliance/release")
"""Only the image has it."""


def mark(data: Path) -> None:
    """Have everything forgotten at the next start. Raises SetupError."""
    marker = data / MARKER
    try:
        os.close(os.open(marker, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        sync_folder(data)
    except OSError as error:
        raise SetupError(f"{marker} cannot be written: {error.strerror}", "is the disk full?") from error


def asked_for(names: Iterable[str]) -> list[str]:
    """The names on the set-up partition that ask for a factory reset."""
    return [name for name in names if name.lower() in ON_THE_PARTITION]
