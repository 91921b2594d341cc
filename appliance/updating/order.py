"""What the helper tells the gate, and the gate the helper: small files that only root writes."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from appliance.updating import durable, state
from appliance.updating.places import Places

MAX_BYTES = 8_192
VALID_SECONDS = 7_200.0
"""An order that nobody withdrew, because its giver was killed, means nothing after that."""


class Order(msgspec.Struct, frozen=True):
    """What is being installed."""

    version: str = ""
    """The only one that is meant; empty: whatever the bundle is."""
    allow_downgrade: bool = False
    """The owner, at the console, wants to go back."""
    until: float = 0.0
    """On the monotonic clock."""


class Refusal(msgspec.Struct, frozen=True):
    """Why the gate said no."""

    message: str
    hint: str = ""


def give(places: Places, order: Order) -> None:
    """Before RAUC is asked. Raises UpdateError."""
    places.refusal.unlink(missing_ok=True)
    dated = msgspec.structs.replace(order, until=time.monotonic() + VALID_SECONDS)
    state.put(places.order, msgspec.json.encode(dated), 0o600)


def withdraw(places: Places) -> None:
    """After RAUC has answered."""
    places.order.unlink(missing_ok=True)


def given(places: Places) -> Order:
    """What was ordered; nothing special when there is no order, or it is damaged."""
    content = _read(places.order)
    try:
        order = Order() if content is None else msgspec.json.decode(content, type=Order)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Order()
    return order if time.monotonic() < order.until else Order()


def refuse(places: Places, refusal: Refusal) -> None:
    """Say no, for the helper to read. Raises UpdateError."""
    state.put(places.refusal, msgspec.json.encode(refusal), 0o600)


def refusal(places: Places) -> Refusal | None:
    """Why the gate said no, if it did."""
    content = _read(places.refusal)
    try:
        return None if content is None else msgspec.json.decode(content, type=Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _read(path: Path) -> bytes | None:
    try:
        return durable.read_small(path, MAX_BYTES)
    except OSError:
        return None
