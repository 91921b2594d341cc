"""`custom.toml` as Raspberry Pi Imager's tools write it: its Wi-Fi and its SSH keys are taken.

The format is that of `init_config` in RPi-Distro's raspberrypi-sys-mods: `config_version = 1` and the tables
system, user, ssh, wlan and locale. There is no user to rename and no password here, so the rest is only
mentioned.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from appliance.config.load import parse_toml
from appliance.errors import ConfigError
from appliance.firstboot import keys, wifi
from appliance.firstboot.errors import Fault

VERSION = 1
UNUSED: Mapping[str, str] = {
    "system": "the appliance chooses its own host name",
    "user": "there are no passwords here; log in with an SSH key as `owner`",
    "locale": "language and time zone are set in appliance.toml",
}


class Custom(msgspec.Struct, frozen=True):
    """What of it is used."""

    wifi: wifi.Wifi | None
    keys: tuple[str, ...]
    unused: tuple[str, ...]
    """What was left out, in words."""


class _Wlan(msgspec.Struct):
    ssid: str = ""
    password: str = ""
    password_encrypted: bool = False
    hidden: bool = False
    country: str = ""


class _Ssh(msgspec.Struct):
    authorized_keys: list[str] = []


class _Document(msgspec.Struct):
    config_version: int = 0
    wlan: _Wlan | None = None
    ssh: _Ssh | None = None


def parse(text: str, name: str = "custom.toml") -> Custom:
    """Raises Fault for another version or values of the wrong kind."""
    try:
        raw = parse_toml(text.encode("utf-8", "replace"), name)
        document = msgspec.convert(raw, _Document)
    except ConfigError as error:
        raise Fault(error.message, error.hint) from error
    except msgspec.ValidationError as error:
        raise Fault(f"a value is of the wrong kind: {error}", "see docs/first-boot.md") from error
    if document.config_version != VERSION:
        raise Fault("config_version is not 1", "write config_version = 1 in the first line")
    given = document.ssh.authorized_keys if document.ssh else []
    return Custom(
        _wifi(document.wlan),
        keys.parse("\n".join(given)) if given else (),
        tuple(f"[{table}] is not used: {why}" for table, why in UNUSED.items() if table in raw),
    )


def _wifi(wlan: _Wlan | None) -> wifi.Wifi | None:
    if wlan is None or not wlan.ssid:
        return None
    if wlan.password_encrypted and not wifi.RAW_KEY.fullmatch(wlan.password):
        raise Fault("wlan.password is not an encrypted one", "64 hexadecimal digits of wpa_passphrase")
    return wifi.checked(wlan.ssid, wlan.password, wlan.country, hidden=wlan.hidden)


def wifi_table(text: str, name: str) -> wifi.Wifi:
    """A `wifi.toml`: ssid, password, country and hidden at the top. Raises Fault."""
    try:
        table = msgspec.convert(parse_toml(text.encode("utf-8", "replace"), name), _Plain)
    except ConfigError as error:
        raise Fault(error.message, error.hint) from error
    except msgspec.ValidationError as error:
        raise Fault(f"a value is of the wrong kind: {error}", 'ssid = "My Network"') from error
    return wifi.checked(table.ssid, table.password, table.country, hidden=table.hidden)


class _Plain(msgspec.Struct, forbid_unknown_fields=True):
    ssid: str
    password: str = ""
    country: str = ""
    hidden: bool = False
