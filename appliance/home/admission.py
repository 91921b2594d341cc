"""Letting someone in and locking someone out, in what is kept. No I/O."""

from __future__ import annotations

import secrets

import msgspec

from appliance.errors import HomeError
from appliance.home import accounts, machine
from appliance.home.accounts import Account, Realm
from appliance.mqtt.address import satellite_id

OWN = "appliance"
MAX_ACCOUNTS = 250


def hidden(password: str) -> accounts.Secret:
    """A password as the broker keeps it."""
    return accounts.secret(password, secrets.token_bytes(accounts.SALT_BYTES))


def admitted(saved: machine.Saved, account: Account, realm: Realm) -> str:
    """Write someone into what is kept; the password. Raises HomeError for a name that cannot be."""
    taken = saved.accounts | {name: Account(name, "program") for name in (OWN, *saved.passwords)}
    fault = accounts.fault_of_name(account.name, account.kind, realm, taken)
    if fault:
        raise HomeError(f"nobody can be added as {account.name[:64]!r}: {fault}", "choose another name")
    if len(saved.accounts) >= MAX_ACCOUNTS:
        raise HomeError(f"{MAX_ACCOUNTS} satellites and devices are known already", "revoke one")
    for topic in account.topics:
        wrong = accounts.fault_of_topic(topic, realm, saved.accounts)
        if wrong:
            raise HomeError(f"the topic {topic[:80]!r} {wrong}", "name the first level of its own topics")
    password = secrets.token_urlsafe(18)
    # Only our own satellites are known to keep to it; the firmware of others chooses an id of its own.
    known_as = satellite_id(account.name, password) if account.kind == "satellite" else ""
    saved.accounts[account.name] = msgspec.structs.replace(
        account, secret=hidden(password), client_id=known_as
    )
    return password


def revoked(saved: machine.Saved, name: str) -> None:
    """Take someone out of what is kept. Raises HomeError for an unknown name."""
    if saved.accounts.pop(name, None) is None:
        known = ", ".join(sorted(saved.accounts)) or "nobody"
        raise HomeError(f"there is no {name[:64]!r}", f"there is: {known}")
