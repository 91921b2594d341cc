"""What the screen shows during set-up, and its file. The text is pure."""

from __future__ import annotations

from collections.abc import Mapping

from appliance.firstboot.codes import grouped
from appliance.firstboot.hotspot import Phase

WIDTH = 60
LINES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "online": "In the network: {name}.local",
        "open": "No network. Set-up hotspot: {name}   Password: {password}\n  then open http://10.42.0.1",
        "joining": "Connecting to the Wi-Fi …",
        "other": "Looking for the network …",
        "code": "Claim code: {code}",
        "fixed": "Claim code: the one that you chose",
        "report": "Something in your set-up files is wrong: see setup-report.txt beside them.",
    },
    "de": {
        "online": "Im Netz: {name}.local",
        "open": "Kein Netz. Hotspot: {name}   Passwort: {password}\n  dann http://10.42.0.1 öffnen",
        "joining": "Verbinde mit dem WLAN …",
        "other": "Suche das Netz …",
        "code": "Einrichtungscode: {code}",
        "fixed": "Einrichtungscode: der, den du gewählt hast",
        "report": "In deinen Einrichtungsdateien stimmt etwas nicht: siehe setup-report.txt daneben.",
    },
}


def text(
    name: str,
    language: str,
    phase: Phase,
    *,
    password: str = "",
    code: str = "",
    fixed: bool = False,
    faulty: bool = False,
) -> str:
    """The whole screen; `code` is empty when the appliance has an owner, or nobody knows it."""
    lines = LINES.get(language.partition("-")[0].lower(), LINES["en"])
    where = {Phase.ONLINE: "online", Phase.OPEN: "open", Phase.JOINING: "joining"}.get(phase, "other")
    parts = [name, "=" * len(name), lines[where].format(name=name, password=grouped(password))]
    if code:
        parts.append(lines["code"].format(code=grouped(code)))
    elif fixed:
        parts.append(lines["fixed"])
    if faulty:
        parts.append(lines["report"])
    return "\n\n".join(["\n".join(parts[:2]), *parts[2:]]) + "\n"
