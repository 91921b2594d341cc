"""What runs: version, board, channel and security epoch of this image, as its build wrote them down."""

from __future__ import annotations

from pathlib import Path

import msgspec

from appliance.config.load import parse_toml, read_bounded
from appliance.errors import ConfigError
from appliance.updating.errors import UpdateError

FILE = Path("usr/lib/appliance/release")
MAX_BYTES = 16_384


class Release(msgspec.Struct, frozen=True):
    """The file's keys; others are passed over."""

    version: str
    board: str
    channel: str = "stable"
    epoch: int = 1
    """Raised with a security fix that nobody may go back behind."""

    @property
    def compatible(self) -> str:
        """The name that bundles for this kind of machine carry."""
        return f"appliance-{self.board}"


def read(root: Path = Path("/")) -> Release:
    """Of the running system. Raises UpdateError when this is not the image."""
    path = root / FILE
    if not path.exists():
        raise UpdateError(
            "this is not the appliance's image: there is nothing to update as a whole",
            "in a checkout, update with: git pull && tools/run",
        )
    try:
        return msgspec.convert(parse_toml(read_bounded(path, MAX_BYTES), str(path)), Release)
    except msgspec.ValidationError as error:
        raise UpdateError(f"{path} is damaged: {error}", "flash the image again") from error
    except ConfigError as error:
        raise UpdateError(error.message, "flash the image again") from error
