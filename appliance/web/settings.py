"""What the appliance tells its web process at the start, on standard input."""

from __future__ import annotations

from pathlib import Path

import msgspec

from appliance.config.model import Web


class Settings(msgspec.Struct, frozen=True):
    """All that the web process knows of the configuration."""

    web: Web
    language: str
    version: str
    data: str
    """The data directory; its `web/` is all that this process may write."""
    names: tuple[str, ...] = ()
    """This machine's names and addresses, for its certificate and against foreign ones."""

    @property
    def folder(self) -> Path:
        """What the web process keeps: tokens, sessions, its certificate."""
        return Path(self.data) / "web"


def encode(settings: Settings) -> bytes:
    """For standard input."""
    return msgspec.json.encode(settings)


def decode(raw: bytes) -> Settings:
    """Raises msgspec.DecodeError."""
    return msgspec.json.decode(raw, type=Settings)
