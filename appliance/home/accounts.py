"""Who may connect to the own broker, and what each may read and write. Pure.

Everything that is not listed is forbidden. A satellite reaches only its own topics; a device announces itself
and owns the topics named for it; nobody but Home Assistant may speak as Home Assistant.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Literal

import msgspec

from appliance.mqtt.topics import is_filter

Kind = Literal["appliance", "program", "satellite", "hermes", "device", "home_assistant"]

HASH_ROUNDS = 101
"""Mosquitto's own number; the passwords are random and long, so rounds add nothing."""
SALT_BYTES = 12
"""The only length that Mosquitto 2.0 accepts."""
HASH_BYTES = 64
SATELLITE_SAYS = (
    "audio", "stream", "playing", "wake", "played", "finish", "cancel", "button",
    "availability", "capabilities", "mute", "volume", "intercom", "level",
)  # fmt: skip
"""Last levels of the topics that a satellite may publish (docs/satellite-protocol.md). Not all below `up/`:
the broker keeps retained messages, and who may invent topics can fill its memory."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
CONTROL = "$CONTROL/dynamic-security"


class Secret(msgspec.Struct, frozen=True):
    """A password as the broker keeps it."""

    hash: str
    salt: str

    def __repr__(self) -> str:
        return "Secret()"


def secret(password: str, salt: bytes) -> Secret:
    """PBKDF2-SHA512 as Mosquitto 2 computes it."""
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, HASH_ROUNDS)
    return Secret(base64.b64encode(digest).decode(), base64.b64encode(salt).decode())


def is_usable(kept: Secret) -> bool:
    """Can Mosquitto read it? One that it cannot read would keep the whole broker from starting."""
    try:
        sizes = [len(base64.b64decode(each, validate=True)) for each in (kept.hash, kept.salt)]
    except (binascii.Error, ValueError):
        return False
    return sizes == [HASH_BYTES, SALT_BYTES]


class Account(msgspec.Struct, frozen=True):
    """Someone who may connect. Only programs of our own have their password kept; of others its hash."""

    name: str
    kind: Kind
    secret: Secret | None = None
    topics: tuple[str, ...] = ()
    """First levels of the topics that a device owns."""
    area: str = ""
    client_id: str = ""
    """The only client id that it may use; empty is any."""


class Realm(msgspec.Struct, frozen=True):
    """First levels of the topics that the rights are about."""

    discovery: str = "homeassistant"
    prefix: str = "appliance"


class Rights(msgspec.Struct, frozen=True):
    """Topic filters; what is denied is denied although it is within what is allowed."""

    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()


def rights(account: Account, realm: Realm) -> Rights:
    """What this account may do."""
    return _RIGHTS[account.kind](account, realm)


def _appliance(account: Account, realm: Realm) -> Rights:
    del account, realm
    everything = ("#", f"{CONTROL}/#")
    return Rights(everything, everything)


def _announcements(realm: Realm) -> tuple[str, ...]:
    return f"{realm.discovery}/+/+/config", f"{realm.discovery}/+/+/+/config"


def _device(account: Account, realm: Realm) -> Rights:
    owned = tuple(f"{topic}/#" for topic in account.topics or (account.name,))
    return Rights((f"{realm.discovery}/status", *owned), (*_announcements(realm), *owned))


def _satellite(account: Account, realm: Realm) -> Rights:
    base = f"{realm.prefix}/satellites/{account.name}"
    return Rights((f"{base}/down/#",), tuple(f"{base}/up/{leaf}" for leaf in SATELLITE_SAYS))


def _hermes(account: Account, realm: Realm) -> Rights:
    """Topics of its own site, and the few shared ones without words that its lights and microphone need.

    It may say that it heard a wake word only under its own name: that is how we know who speaks.
    """
    del realm
    site = f"hermes/audioServer/{account.name}"
    read = (
        f"{site}/playBytes/#",
        f"{site}/playFinished",
        "hermes/hotword/toggleOn",
        "hermes/hotword/toggleOff",
        "hermes/hotword/#",
        "hermes/asr/toggleOn",
        "hermes/asr/toggleOff",
        "hermes/asr/startListening",
        "hermes/asr/stopListening",
        "hermes/audioServer/toggleOn",
        "hermes/audioServer/toggleOff",
        "rhasspy/audioServer/setVolume",
        f"{account.name}/#",
    )
    write = (
        f"{site}/audioFrame",
        f"{site}/+/audioSessionFrame",
        f"{site}/playFinished",
        f"hermes/hotword/{account.name}/detected",
    )
    return Rights(read, write)


def _home_assistant(account: Account, realm: Realm) -> Rights:
    """All devices, but nobody's voice, and nothing of the broker's own."""
    del account
    return Rights(("#",), ("#",), (f"{realm.prefix}/satellites/#", "hermes/#", "$CONTROL/#", "$SYS/#"))


_RIGHTS = {
    "appliance": _appliance,
    "program": _device,
    "device": _device,
    "satellite": _satellite,
    "hermes": _hermes,
    "home_assistant": _home_assistant,
}


def fault_of_name(name: str, kind: Kind, realm: Realm, taken: dict[str, Account]) -> str:
    """Why nobody can be added under this name; empty when it is a good one."""
    if not NAME.fullmatch(name):
        return "use letters, digits, _ and -, at most 64 characters, no space"
    reserved = {realm.discovery.split("/")[0], realm.prefix.split("/")[0], "hermes", "rhasspy", "local"}
    owned = {topic.split("/")[0] for account in taken.values() for topic in account.topics}
    if name.casefold() in {each.casefold() for each in taken}:
        return "there is one of this name already"
    if kind in {"hermes", "device"} and name in reserved | owned:
        return "its topics would be somebody else's"
    if kind in {"satellite", "hermes"} and name == "local":
        return "that is the appliance itself"
    return ""


def fault_of_topic(topic: str, realm: Realm, taken: dict[str, Account]) -> str:
    """Why a device cannot own the topics below this one; empty when it can."""
    if not is_filter(topic) or "+" in topic or "#" in topic or topic.startswith(("$", "/")):
        return "is the beginning of no topic: leave out +, #, $ and a slash in front"
    first = topic.split("/", maxsplit=1)[0]
    if first in {realm.discovery.split("/")[0], realm.prefix.split("/")[0], "hermes", "rhasspy"}:
        return "is used by the appliance itself"
    satellites = {name for name, account in taken.items() if account.kind == "hermes"}
    if first in satellites:
        return "belongs to a satellite"
    return ""
