"""Proof that the running system has passed its self test: a file that holds the id of this very start."""

from __future__ import annotations

from appliance.updating import durable, state
from appliance.updating.places import Places

BOOT_ID = "proc/sys/kernel/random/boot_id"


def boot_id(places: Places) -> bytes:
    """Of this start; empty when the kernel does not tell."""
    try:
        return (durable.read_small(places.root / BOOT_ID) or b"").strip()
    except OSError:
        return b""


def attest(places: Places) -> None:
    """It has passed. Raises UpdateError."""
    state.put(places.run / "healthy", boot_id(places), 0o600)


def found(places: Places) -> bool:
    """Has it, since this start?"""
    try:
        proof = durable.read_small(places.run / "healthy", 256)
    except OSError:
        return False
    return bool(proof) and proof == boot_id(places)
