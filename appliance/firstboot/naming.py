"""The name that the owner chose in place of the one that comes from the machine's number."""

from __future__ import annotations

from appliance.firstboot import machine, names
from appliance.firstboot.disk import RealDisk, put
from appliance.firstboot.errors import Fault
from appliance.firstboot.places import Places

MAX_BYTES = 128


def rename(places: Places, name: str) -> None:
    """Another name, now and at every start. Raises Fault for what can be none, SetupError."""
    good = names.chosen(name)
    put(RealDisk(), places.name, f"{good}\n".encode(), 0o644)
    machine.set_host_name(good)


def remembered(places: Places) -> str:
    """The name that somebody chose; empty when nobody did. Raises SetupError."""
    content = RealDisk().read(places.name, MAX_BYTES) or b""
    try:
        return names.chosen(content.decode("ascii", "replace"))
    except Fault:
        return ""
