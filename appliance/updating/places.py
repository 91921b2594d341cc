"""Where updates keep their things."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Places(msgspec.Struct, frozen=True):
    """Everything below `root`."""

    root: Path = Path("/")

    @property
    def kept(self) -> Path:
        """The record; root writes, everybody reads."""
        return self.root / "data/updates"

    @property
    def downloads(self) -> Path:
        """Bundles on their way."""
        return self.kept / "download"

    @property
    def run(self) -> Path:
        """What lasts until the next start."""
        return self.root / "run/appliance-update"

    @property
    def state(self) -> Path:
        """How things stand, for everybody."""
        return self.run / "state.json"

    @property
    def order(self) -> Path:
        """What is being installed, and what the owner allowed."""
        return self.run / "order.json"

    @property
    def refusal(self) -> Path:
        """Why the gate said no."""
        return self.run / "refusal.json"

    @property
    def settled(self) -> Path:
        """There while the running slot is the committed one."""
        return self.run / "settled"

    @property
    def socket(self) -> Path:
        """Where the helper listens."""
        return self.run / "helper.sock"

    @property
    def rauc(self) -> Path:
        """Configuration and public keys."""
        return self.root / "etc/rauc"
