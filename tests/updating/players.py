"""RAUC's part of an installation, where its kernel modules are not: the same calls in the same order.

The gate and the backend are the real ones, asked with what the real RAUC 1.13 gives them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from appliance.errors import ApplianceError
from appliance.updating import backend, gate, order
from appliance.updating.boards import ENTRIES
from appliance.updating.errors import UpdateError
from appliance.updating.order import Refusal
from appliance.updating.rauc import Report
from appliance.updating.slots import Slot, other
from tests.updating.machines import Machine, System


@dataclass
class Rauc:
    """Call it as `rauc.install`. `manifest` is what is signed in the bundle."""

    machine: Machine
    manifest: dict[str, str] = field(default_factory=dict)
    fails: list[UpdateError] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __call__(self, bundle: str | Path, report: Report) -> None:
        self.asked.append(str(bundle))
        if self.fails:
            raise self.fails.pop(0)
        report(0, "Installing")
        places = self.machine.places
        told = {"VERSION": "2.0.0", "BOARD": self.machine.board, "EPOCH": "1", **self.manifest}
        try:
            gate.judge({gate.META + name: value for name, value in told.items()}, places)
        except ApplianceError as error:
            order.refuse(places, Refusal(error.message, error.hint))
            raise UpdateError("Pre-install handler error: Child process exited with code 1") from error
        target = other(self.machine.firmware.running())
        self._ask("set-state", target, "bad")
        self._write(target, told["VERSION"])
        report(90, "Updating slots done.")
        self._ask("set-primary", target)
        report(100, "Installing done.")

    def _ask(self, *words: str) -> None:
        backend.answer(words, self.machine.firmware, self.machine.places)

    def _write(self, target: Slot, version: str) -> None:
        self.machine.systems[target] = System(version)
        (self.machine.root / "efi/EFI/Linux" / ENTRIES[target]).write_bytes(b"kernel")
