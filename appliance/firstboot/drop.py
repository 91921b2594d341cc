"""What lies on the set-up partition, and what is to become of it. Pure: bytes in, a plan out.

Each file is judged for itself: a bad one stays where it is, the good ones are taken. Names that Windows made
of them (`wifi.txt.txt`, `authorized_keys.txt`) are understood.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from appliance.firstboot import codes, imager, keys, profiles, wifi
from appliance.firstboot.errors import Fault
from appliance.firstboot.text import decoded

MAX_FILE_BYTES: Final = 262_144
MAX_FILES: Final = 40
CONFIG, KEYS, CLAIM, COUNTRY = "appliance.toml", "authorized_keys", "claim-code", "wifi-country"
REPORT: Final = "setup-report.txt"
NETWORK: Final = "network"
"""Folder of NetworkManager's keyfiles."""

KINDS: Mapping[str, str] = {
    "appliance.toml": "config",
    "wifi.txt": "wifi",
    "wifi.toml": "wifi",
    "wifi": "wifi",
    "custom.toml": "imager",
    "authorized_keys": "keys",
    "authorized_keys.pub": "keys",
    "claim-code": "claim",
}


class Finding(msgspec.Struct, frozen=True):
    """One line of the report; `ok` is what was taken over."""

    file: str
    ok: bool
    message: str
    hint: str = ""
    line: int = 0


class Plan(msgspec.Struct):
    """What to write below the configuration folder, which sources to remove after it, and what to say."""

    outputs: dict[str, str] = {}
    claim_code: str = ""
    taken: dict[str, str] = {}
    """Source → SHA-256 of it; removed when all outputs are on the disk."""
    leftover: set[str] = set()
    """Sources that were taken over before and could not be removed then."""
    findings: list[Finding] = []


CheckConfig = Callable[[str], list[Finding]]


def kind_of(name: str) -> str:
    """What a file of this name holds; empty: it is none of ours."""
    plain = name.lower()
    if plain in KINDS:
        return KINDS[plain]
    stem = plain.removesuffix(".txt")
    if stem.endswith(".nmconnection"):
        return "profile"
    return KINDS.get(stem, KINDS.get(f"{stem}.txt", "")) if stem != plain else ""


def digest(content: bytes) -> str:
    """Tells whether a file is the one that was taken over already."""
    return hashlib.sha256(content).hexdigest()


def plan(files: Mapping[str, bytes], before: Mapping[str, str], check_config: CheckConfig) -> Plan:
    """`files` are the bytes by name; `before` the digests of what was taken over but not yet removed."""
    planner = _Planner(check_config)
    for name in sorted(files, key=str.lower):
        if not kind_of(name):
            continue
        if before.get(name) == digest(files[name]):
            planner.plan.leftover.add(name)
        else:
            planner.judge(name, files[name])
    return planner.finished()


class _Planner:
    """Adds up what the files bring."""

    def __init__(self, check_config: CheckConfig) -> None:
        self.plan = Plan()
        self._keys: list[tuple[str, ...]] = []
        self._check_config = check_config

    def judge(self, name: str, content: bytes) -> None:
        """Take one file, or find its fault."""
        try:
            self._judge(name, content)
        except Fault as fault:
            self.plan.findings.append(Finding(name, False, fault.message, fault.hint, fault.line))
        else:
            self.plan.taken[name] = digest(content)

    def finished(self) -> Plan:
        """The plan: keys of several files are one file."""
        if self._keys:
            self.plan.outputs[KEYS] = keys.merged(*self._keys)
        return self.plan

    def _judge(self, name: str, content: bytes) -> None:
        """Add what this file brings. Raises Fault before anything of it was added."""
        if len(content) > MAX_FILE_BYTES:
            raise Fault(f"it is larger than {MAX_FILE_BYTES // 1024} KiB", "is this the right file?")
        text = decoded(content)
        match kind_of(name):
            case "config":
                self._config(name, text)
            case "wifi":
                table = name.lower().startswith("wifi.toml")
                self._wifi(name, imager.wifi_table(text, name) if table else wifi.parse_lines(text))
            case "profile":
                profiles.check(text)
                self.plan.outputs[f"{NETWORK}/given-{digest(name.encode())[:16]}.nmconnection"] = text
                self._good(name, "taken over as a network connection")
            case "keys":
                self._add_keys(name, keys.parse(text))
            case "imager":
                self._imager(name, imager.parse(text, name))
            case _:
                self.plan.claim_code = codes.given(text)
                self._good(name, "taken over as the claim code")

    def _config(self, name: str, text: str) -> None:
        faults = self._check_config(text)
        if faults:
            self.plan.findings += faults[:-1]
            last = faults[-1]
            raise Fault(last.message, last.hint, last.line)
        self.plan.outputs[CONFIG] = text
        self._good(name, "taken over as the configuration")

    def _wifi(self, name: str, network: wifi.Wifi) -> None:
        profile = wifi.profile_id(network.ssid)
        self.plan.outputs[f"{NETWORK}/{wifi.file_name(network.ssid)}"] = wifi.keyfile(network, profile)
        if network.country:
            self.plan.outputs[COUNTRY] = f"{network.country}\n"
        self._good(name, "taken over as a Wi-Fi network")

    def _add_keys(self, name: str, lines: tuple[str, ...]) -> None:
        self._keys.append(lines)
        many = f"{len(lines)} SSH keys" if len(lines) > 1 else "an SSH key"
        self._good(name, f"{many} taken over; SSH is on for the user `owner`")

    def _imager(self, name: str, custom: imager.Custom) -> None:
        if custom.wifi is not None:
            self._wifi(name, custom.wifi)
        if custom.keys:
            self._add_keys(name, custom.keys)
        for each in custom.unused:
            self._good(name, each)

    def _good(self, name: str, message: str) -> None:
        self.plan.findings.append(Finding(name, True, message))
