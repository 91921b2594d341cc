"""Mosquitto's dynamic-security plugin: its configuration file and its commands. Pure.

https://mosquitto.org/documentation/dynamic-security/. Every account has a role of its own, so that taking it
away takes all of its rights with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from appliance.home.accounts import CONTROL, HASH_ROUNDS, Account, Realm, Secret, rights

FILE = "dynamic-security.json"
TOPIC = f"{CONTROL}/v1"
ANSWERS = f"{TOPIC}/response"
DENIED_FIRST = 10
"""Rules of a higher priority are asked first."""

Command = dict[str, Any]


def document(accounts: Iterable[Account], secrets: Mapping[str, Secret], realm: Realm) -> str:
    """The plugin's whole configuration: what is not allowed is forbidden."""
    listed = list(accounts)
    clients = [_client(account, secrets[account.name]) for account in listed]
    roles = [{"rolename": account.name, "acls": _acls(account, realm)} for account in listed]
    defaults = {
        "publishClientSend": False,
        "publishClientReceive": False,
        "subscribe": False,
        "unsubscribe": True,
    }
    whole = {"defaultACLAccess": defaults, "clients": clients, "groups": [], "roles": roles}
    return msgspec.json.format(msgspec.json.encode(whole), indent=1).decode()


def creation(account: Account, password: str, realm: Realm) -> list[Command]:
    """Commands that let someone in at once."""
    return [
        {"command": "createRole", "rolename": account.name, "acls": _acls(account, realm)},
        {"command": "createClient", "password": password, **_identity(account)},
    ]


def removal(name: str) -> list[Command]:
    """Commands that lock someone out at once; an open connection is closed."""
    return [
        {"command": "deleteClient", "username": name},
        {"command": "deleteRole", "rolename": name},
    ]


def errors(answer: bytes) -> list[str]:
    """What the plugin refused, in its own words. An answer that is none is one error."""
    try:
        responses = msgspec.json.decode(answer, type=dict[str, list[dict[str, Any]]])["responses"]
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError):
        return ["the answer of the broker's access control cannot be read"]
    return [f"{each.get('command')}: {each['error']}" for each in responses if "error" in each]


def _client(account: Account, secret: Secret) -> dict[str, Any]:
    kept = {"password": secret.hash, "salt": secret.salt, "iterations": HASH_ROUNDS}
    return _identity(account) | kept


def _identity(account: Account) -> dict[str, Any]:
    identity: dict[str, Any] = {"username": account.name, "roles": [{"rolename": account.name}]}
    return identity | ({"clientid": account.client_id} if account.client_id else {})


def _acls(account: Account, realm: Realm) -> list[dict[str, Any]]:
    may = rights(account, realm)
    acls = [_acl("publishClientSend", topic) for topic in may.write]
    for topic in may.read:
        acls += [_acl("subscribePattern", topic), _acl("publishClientReceive", topic)]
    for topic in may.denied:
        for kind in ("publishClientSend", "publishClientReceive", "subscribePattern"):
            acls.append(_acl(kind, topic, allow=False, priority=DENIED_FIRST))
    return acls


def _acl(kind: str, topic: str, *, allow: bool = True, priority: int = 0) -> dict[str, Any]:
    return {"acltype": kind, "topic": topic, "priority": priority, "allow": allow}
