"""What NetworkManager's `nmcli` says, in its terse form. Pure.

nmcli and not D-Bus: its terse output is made for scripts and documented, it needs no further library, and a
process that hangs is killed. No password is ever an argument: profiles are files that NetworkManager loads.
Source: nmcli(1) of NetworkManager 1.52, "--terse" and "--escape".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from appliance.firstboot.phrases import Reason

DEVICES: Final = ("--terse", "--fields", "DEVICE,TYPE,STATE,CONNECTION", "device")
SCAN: Final = (*["-t", "-f", "SSID,SIGNAL,SECURITY,FREQ", "device", "wifi", "list", "--rescan", "yes"],)
ACTIVE: Final = (*["-t", "-f", "ACTIVE,SSID", "device", "wifi", "list", "--rescan", "no"],)
MAX_NETWORKS: Final = 40
HOTSPOT_ID: Final = "appliance-hotspot"
UNUSABLE = frozenset({"unmanaged", "unavailable"})
NO_SECRETS = ("secrets were required", "802-1x", "wrong password", "no-secrets")


class Device(msgspec.Struct, frozen=True):
    """One network card."""

    name: str
    kind: str
    state: str
    connection: str


class Seen(msgspec.Struct, frozen=True):
    """One network in the air: its strongest access point."""

    ssid: str
    signal: int
    """0 to 100."""
    secured: bool


def fields(line: str) -> list[str]:
    r"""The columns of a terse line: `:` parts them, `\\:` and `\\\\` are themselves."""
    found, current, escaped = [], "", False
    for char in line:
        if escaped:
            current, escaped = current + char, False
        elif char == "\\":
            escaped = True
        elif char == ":":
            found.append(current)
            current = ""
        else:
            current += char
    return [*found, current]


def devices(text: str) -> list[Device]:
    """Of `nmcli … device`."""
    rows = (fields(line) for line in text.splitlines())
    return [Device(*row) for row in rows if len(row) == 4]


def is_online(found: Iterable[Device]) -> bool:
    """Is one connected that is a way into a network? Our hotspot is none."""
    return any(
        device.kind in {"wifi", "ethernet"}
        and device.state.startswith("connected")
        and "externally" not in device.state
        and device.connection != HOTSPOT_ID
        for device in found
    )


def wifi_device(found: Iterable[Device]) -> str:
    """The name of the first Wi-Fi card that NetworkManager may use; empty when there is none."""
    cards = (each for each in found if each.kind == "wifi")
    return min((each.name for each in cards if each.state not in UNUSABLE), default="")


def networks(text: str) -> list[Seen]:
    """Of `SCAN`: each SSID once, the strongest first; not those without a name or with user names."""
    best: dict[str, Seen] = {}
    for line in text.splitlines():
        row = fields(line)
        if len(row) != 4 or not row[0].strip() or "802.1X" in row[2]:
            continue
        signal = int(row[1]) if row[1].isdecimal() else 0
        seen = Seen(row[0][:32], min(signal, 100), row[2] not in {"", "--"})
        if seen.ssid not in best or best[seen.ssid].signal < signal:
            best[seen.ssid] = seen
    return sorted(best.values(), key=lambda each: (-each.signal, each.ssid))[:MAX_NETWORKS]


def active(text: str) -> str:
    """Of `ACTIVE`: the SSID of the network that it is in; empty when it is in none."""
    rows = (fields(line) for line in text.splitlines())
    return next((row[1][:32] for row in rows if len(row) == 2 and row[0] == "yes"), "")


def reason_of(output: str) -> Reason:
    """Why `nmcli connection up` failed."""
    text = output.lower()
    if any(words in text for words in NO_SECRETS):
        return "password"
    if "not be found" in text or "not available" in text or "no suitable device" in text:
        return "not_found"
    if "ip configuration" in text or "dhcp" in text:
        return "no_address"
    return "other"
