"""What others may read of the set-up: for `appliance setup`, `appliance status` and the web page."""

from __future__ import annotations

import json
import socket
from typing import Literal

from appliance.firstboot import codes
from appliance.firstboot.disk import RealDisk
from appliance.firstboot.errors import SetupError
from appliance.firstboot.hotspot import Phase
from appliance.firstboot.ownership import Claim
from appliance.firstboot.places import Places

MAX_NOTE_BYTES = 4_096

OwnerState = Literal["unprepared", "open", "claimed", "unknown"]


def network_phase(places: Places) -> str:
    """A value of `hotspot.Phase`; empty when the keeper has said nothing. Raises SetupError."""
    content = RealDisk().read(places.hotspot_state, MAX_NOTE_BYTES) or b"{}"
    try:
        note = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    phase = note.get("phase") if isinstance(note, dict) else ""
    return phase if phase in {each.value for each in Phase} else ""


def owner_state(places: Places) -> OwnerState:
    """Has it an owner? "unknown" to those who may not look."""
    if not places.claim.exists():
        return "unprepared"
    try:
        return Claim(places.claim).state
    except SetupError:
        return "unknown"


def claim_code(places: Places) -> str:
    """The plain claim code of this start. Raises SetupError when there is none, or it may not be read."""
    code = (RealDisk().read(places.code, codes.MAX_TYPED) or b"").decode("ascii", "replace")
    if not code:
        raise SetupError(
            "there is no claim code to show: it was used, or somebody chose it, or this is no image",
            "appliance setup reset-claim",
        )
    return code


def summary(places: Places) -> dict[str, str] | None:
    """For `appliance status`: name, network, owner, and the code for those who may read it; None elsewhere
    than on an image. Raises SetupError.
    """
    if not places.run.exists():
        return None
    try:
        code = codes.grouped(claim_code(places))
    except SetupError:
        code = ""
    return {
        "name": socket.gethostname(),
        "network": network_phase(places) or "unknown",
        "claim": owner_state(places),
        "code": code,
    }


def line(found: dict[str, str] | None) -> str:
    """One line of `appliance status`; empty when there is nothing to say."""
    if found is None:
        return ""
    code = f", claim code {found['code']}" if found["code"] else ""
    return f"set-up: {found['name']}, network {found['network']}, {found['claim']}{code}"
