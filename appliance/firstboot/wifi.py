"""Wi-Fi networks: what people write down about them, and NetworkManager's keyfile. Pure.

A `wifi.txt` is `ssid`, `password`, `country` and `hidden`, each as `name = value` or `name: value`. A keyfile
holds an SSID as numbers of its bytes, so that no SSID can be read as anything else. Source:
nm-settings-keyfile(5), nm-settings-nmcli(5) of NetworkManager 1.52; IEEE 802.11 for the lengths.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from typing import Final

import msgspec

from appliance.firstboot.errors import Fault
from appliance.firstboot.text import numbered

MAX_SSID_BYTES: Final = 32
MIN_PASSWORD, MAX_PASSWORD = 8, 63
RAW_KEY = re.compile(r"[0-9a-fA-F]{64}")
COUNTRY = re.compile(r"[A-Z]{2}")
ID_SPACE = uuid.UUID("6f4a6a1e-6d1c-5d55-9c39-0b8e5d4c2a77")
KEYS = ("ssid", "password", "country", "hidden")
ALIASES = {"psk": "password", "passphrase": "password", "key": "password", "name": "ssid", "network": "ssid"}
YES, NO = frozenset({"yes", "true", "1", "on"}), frozenset({"no", "false", "0", "off", ""})
LENGTH_HINT = "8 to 63 plain characters as the router shows them; leave it out for an open network"


class Wifi(msgspec.Struct, frozen=True):
    """One network; an empty password is an open one. Made by `checked`, so it is valid."""

    ssid: str
    password: str = ""
    country: str = ""
    hidden: bool = False

    def __repr__(self) -> str:
        return f"Wifi({self.ssid!r}, password={'set' if self.password else 'none'})"


def checked(ssid: str, password: str = "", country: str = "", *, hidden: bool = False) -> Wifi:
    """A network that can exist. Raises Fault that names what is wrong, never the password."""
    if not ssid or len(ssid.encode("utf-8", "surrogatepass")) > MAX_SSID_BYTES or not _is_text(ssid):
        raise Fault("the network's name (ssid) is not 1 to 32 bytes of text", "ssid = My Network")
    if password and not (_is_passphrase(password) or RAW_KEY.fullmatch(password)):
        raise Fault("that cannot be a Wi-Fi password", LENGTH_HINT)
    if country and not COUNTRY.fullmatch(country.upper()):
        raise Fault("the country is not a code of two letters", "country = DE")
    return Wifi(ssid, password, country.upper(), hidden)


def _is_text(ssid: str) -> bool:
    return all(char == " " or char.isprintable() for char in ssid)


def _is_passphrase(password: str) -> bool:
    return MIN_PASSWORD <= len(password) <= MAX_PASSWORD and password.isascii() and password.isprintable()


def parse_lines(text: str) -> Wifi:
    """A `wifi.txt`. Raises Fault with the line."""
    found: dict[str, tuple[int, str]] = {}
    for number, line in numbered(text):
        name, value = _pair(line, number)
        if name in found:
            raise Fault(f"{name} stands there twice", "one network a file", number)
        found[name] = (number, value)
    if "ssid" not in found:
        raise Fault("there is no ssid", "add a line like: ssid = My Network")
    return _from_values({name: value for name, (_, value) in found.items()}, found)


def _pair(line: str, number: int) -> tuple[str, str]:
    match = re.fullmatch(r"([A-Za-z]+)\s*[=:]\s*(.*)", line)
    if match is None:
        raise Fault("this line is not `name = value`", "write: ssid = My Network", number)
    name = ALIASES.get(match[1].lower(), match[1].lower())
    if name not in KEYS:
        raise Fault(f"{name[:40]!r} is not known here", f"known are: {', '.join(KEYS)}", number)
    return name, _unquoted(match[2])


def _unquoted(value: str) -> str:
    quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _from_values(values: dict[str, str], where: dict[str, tuple[int, str]]) -> Wifi:
    hidden = values.get("hidden", "").lower()
    if hidden not in YES | NO:
        raise Fault("hidden is neither yes nor no", "hidden = yes", where["hidden"][0])
    try:
        return checked(
            values["ssid"], values.get("password", ""), values.get("country", ""), hidden=hidden in YES
        )
    except Fault as fault:
        word = (
            "password" if "password" in fault.message else "country" if "country" in fault.message else "ssid"
        )
        raise Fault(fault.message, fault.hint, where[word][0]) from None


def profile_id(ssid: str) -> str:
    """The same for the same network, so that a new password replaces the old one."""
    return str(uuid.uuid5(ID_SPACE, ssid))


def file_name(ssid: str) -> str:
    """Name of the keyfile; says nothing about the SSID."""
    return f"wifi-{hashlib.sha256(ssid.encode()).hexdigest()[:16]}.nmconnection"


def keyfile(wifi: Wifi, profile: str, *, autoconnect: bool = True) -> str:
    """NetworkManager's profile of this network with this UUID."""
    lines = [
        "[connection]",
        f"id=appliance-{profile[:8]}",
        f"uuid={profile}",
        "type=wifi",
        f"autoconnect={str(autoconnect).lower()}",
        "",
        "[wifi]",
        "mode=infrastructure",
        f"ssid={_bytes(wifi.ssid)}",
        f"hidden={str(wifi.hidden).lower()}",
    ]
    if wifi.password:
        lines += ["", "[wifi-security]", "key-mgmt=wpa-psk", f"psk={_escaped(wifi.password)}"]
    return "\n".join([*lines, "", "[ipv4]", "method=auto", "", "[ipv6]", "method=auto", ""])


def hotspot_keyfile(ssid: str, password: str, profile: str, address: str, device: str) -> str:
    """NetworkManager's profile of our own access point: WPA2 with AES only, guests apart from each other."""
    return "\n".join(
        [
            *("[connection]", "id=appliance-hotspot", f"uuid={profile}", "type=wifi", "autoconnect=false"),
            *(f"interface-name={device}", "", "[wifi]", "mode=ap", "band=bg", "ap-isolation=1"),
            *(f"ssid={_bytes(ssid)}", "", "[wifi-security]", "key-mgmt=wpa-psk", "proto=rsn;"),
            *("pairwise=ccmp;", "group=ccmp;", f"psk={_escaped(password)}", "", "[ipv4]", "method=shared"),
            *(f"address1={address}/24", "", "[ipv6]", "method=disabled", ""),
        ]
    )


def _bytes(ssid: str) -> str:
    return "".join(f"{byte};" for byte in ssid.encode())


def _escaped(value: str) -> str:
    """GLib's escapes of a keyfile's value; spaces at the ends would be lost."""
    body = value.replace("\\", "\\\\")
    core = body.strip(" ")
    if not core:
        return "\\s" * len(body)
    left, right = len(body) - len(body.lstrip(" ")), len(body) - len(body.rstrip(" "))
    return "\\s" * left + core + "\\s" * right
