"""The files for the set-up partition: appliance.toml, wifi.toml and authorized_keys, checked beforehand.

The appliance takes them over when it first starts, and removes them there.
"""

from __future__ import annotations

import getpass
import json
import os
import re
import sys
import tomllib
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from appliance.firstboot import keys, text
from appliance.firstboot.errors import Fault
from tools.flashing.errors import FlashError
from tools.flashing.image import read_bounded

MAX_CONFIG_BYTES = 1024 * 1024
MAX_KEYS_BYTES = 64 * 1024
MAX_SSID_BYTES = 32
HEX_KEY = re.compile(r"[0-9a-fA-F]{64}")
PASSPHRASE = re.compile(r"[ -~]{8,63}")
COUNTRY = re.compile(r"[A-Z]{2}")
Files = Mapping[str, bytes]
"""Name on the partition → content."""


def config(path: Path) -> bytes:
    """A configuration for the appliance. Raises FlashError with the line when it is not TOML.

    In a checkout that has its environment every key is judged too, and ConfigError is raised for wrong ones.
    """
    content = read_bounded(path, MAX_CONFIG_BYTES)
    try:
        tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FlashError(f"{path} is not TOML: {error}", "mend it; see docs/configuration.md") from error
    if all(find_spec(name) for name in ("msgspec", "tomli")):
        from appliance.config import load

        load.load(path, environ={}, in_memory={})
    return content


def authorized_keys(path: Path) -> bytes:
    """Public SSH keys, one a line. Raises FlashError for anything else, a private key before all."""
    content = read_bounded(path, MAX_KEYS_BYTES)
    try:
        lines = keys.parse(text.decoded(content))
    except Fault as fault:
        where = f" (line {fault.line})" if fault.line else ""
        raise FlashError(f"{path}{where}: {fault.message}", fault.hint) from fault
    return "".join(f"{line}\n" for line in lines).encode()


def wifi(ssid: str, password: str, country: str) -> bytes:
    """wifi.toml: `ssid`, `password` ("" for an open network), `country` (ISO 3166). Raises FlashError."""
    if not ssid.isprintable() or not 0 < len(ssid.encode()) <= MAX_SSID_BYTES:
        raise FlashError(
            "a Wi-Fi name has 1 to 32 bytes, without control characters", "look at your router's"
        )
    if password and not (PASSPHRASE.fullmatch(password) or HEX_KEY.fullmatch(password)):
        raise FlashError(
            "a Wi-Fi password has 8 to 63 letters of ASCII (or 64 hexadecimal digits)", "type it again"
        )
    if not COUNTRY.fullmatch(country):
        raise FlashError(f"{country!r} is not a country's two letters", "such as --wifi-country DE")
    values = {"ssid": ssid, "password": password, "country": country}
    # Without control characters, which are refused above, JSON's strings are TOML's.
    lines = (f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items())
    return "".join(lines).encode()


def ask_password(ssid: str) -> str:
    """From the terminal without showing it; otherwise the first line of standard input."""
    if sys.stdin.isatty():
        return getpass.getpass(f"Password of the Wi-Fi {ssid} (empty for none): ")
    return sys.stdin.readline(MAX_CONFIG_BYTES).rstrip("\r\n")


def country_here() -> str:
    """The country of this PC's language setting (de_AT → AT), "" when it says none."""
    said = (os.environ.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    found = re.match(r"[a-z]+_([A-Z]{2})\b", next(filter(None, said), ""))
    return found[1] if found else ""
