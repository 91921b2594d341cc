"""Who may connect to the own broker: added, listed and revoked, over the local socket or in its files.

A password is told once and not kept. With a broker of somebody else's, what to set up there is told instead.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, cast, get_args
from urllib.parse import quote

from appliance.claim import claim
from appliance.config.model import Config
from appliance.control import Answer, Handler
from appliance.errors import ControlError, HomeError
from appliance.home import accounts, machine, machine_names
from appliance.home.accounts import Account, Kind, Realm
from appliance.home.broker import EmbeddedBroker, admitted, revoked
from appliance.satellites import protocol

EMBEDDED = "embedded"
SCHEME = "appliance-satellite"
ADDED_KINDS = frozenset(get_args(Kind)) - {"appliance", "program"}
MAX_TEXT = 255
MAX_TOPICS = 16


class Posting(Protocol):
    """What is needed of the connection to the broker."""

    def post(self, topic: str, payload: bytes | str, qos: int = 0, *, retain: bool = False) -> None:
        """Send when there is a connection."""


class Credentials:
    """What the local socket can ask; also used on the files alone when no appliance runs."""

    def __init__(
        self, data: Path, config: Config, broker: EmbeddedBroker | None, client: Posting | None = None
    ) -> None:
        """`broker` runs, or is None: then another one is used, or nothing runs at all."""
        self._data = data
        self._config = config
        self._broker = broker
        self._client = client
        self._realm = Realm(config.home.discovery_prefix, config.mqtt.prefix)

    def handlers(self) -> dict[str, Handler]:
        """What is added to the table that `ControlServer` serves."""
        return {"account_add": self.add, "account_list": self.list, "account_revoke": self.revoke}

    async def add(self, request: Answer) -> Answer:
        """Let someone in: everything to type into it. Raises ControlError, HomeError."""
        account = _account(request)
        if self._config.mqtt.host != EMBEDDED:
            return self._advice(account)
        if self._broker is not None:
            password, authority = await self._broker.admit(account), self._broker.authority
        else:
            with claim(self._data):
                saved = machine.read_saved(self._file)
                password = admitted(saved, account, self._realm)
                self._keep(saved)
            authority = _authority(self._data)
        return self._told(account, password, authority, str(request.get("host") or ""))

    async def list(self, request: Answer) -> Answer:
        """Everyone who may connect, without secrets."""
        del request
        known = self._known()
        return {"accounts": [_shown(known[name]) for name in sorted(known)]}

    async def revoke(self, request: Answer) -> Answer:
        """Lock someone out at once, and take away what it left. Raises HomeError for an unknown name."""
        name = request.get("name")
        if not isinstance(name, str):
            raise ControlError("account_revoke needs a `name`")
        account = self._known().get(name)
        if self._broker is not None:
            await self._broker.revoke(name)
        else:
            with claim(self._data):
                saved = machine.read_saved(self._file)
                revoked(saved, name)
                self._keep(saved)
        if account is not None and account.kind == "satellite" and self._client is not None:
            for topic in _retained(self._realm.prefix, name):
                self._client.post(topic, b"", 1, retain=True)
        return {"revoked": name}

    @property
    def _file(self) -> Path:
        return self._data / "mosquitto" / "credentials.json"

    def _known(self) -> Mapping[str, Account]:
        return self._broker.accounts() if self._broker else machine.read_saved(self._file).accounts

    def _keep(self, saved: machine.Saved) -> None:
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            machine.save(self._file, saved)
        except OSError as error:
            raise machine.cannot_write(self._file, error) from error

    def _told(self, account: Account, password: str, authority: str, host: str) -> Answer:
        mqtt = self._config.mqtt
        encrypted = bool(mqtt.listen)
        plain = account.kind != "satellite" and mqtt.listen_plain_port > 0
        port = mqtt.listen_plain_port if plain else mqtt.listen_port
        host = host or machine_names.local_name()
        told: Answer = {
            "name": account.name,
            "kind": account.kind,
            "password": password,
            "host": host,
            "port": port,
            "tls": not plain,
            "authority": authority,
            "listens": encrypted,
        }
        if account.kind == "satellite":
            told["uri"] = uri(
                account.name, password, host, port, prefix=self._realm.prefix, authority=authority
            )
        return told

    def _advice(self, account: Account) -> Answer:
        """What to set up at a broker that is not ours."""
        may = accounts.rights(account, self._realm)
        return {
            "name": account.name,
            "kind": account.kind,
            "external": f"{self._config.mqtt.host}:{self._config.mqtt.port}",
            "read": list(may.read),
            "write": list(may.write),
            "denied": list(may.denied),
        }


def uri(name: str, password: str, host: str, port: int, *, prefix: str, authority: str) -> str:
    """The one line that makes a satellite; see docs/broker.md."""
    ca = base64.urlsafe_b64encode(authority.encode()).decode().rstrip("=")
    shown_host = f"[{host}]" if ":" in host else host
    who = f"{quote(name, safe='')}:{quote(password, safe='')}"
    return f"{SCHEME}://{who}@{shown_host}:{port}/{prefix}?tls=1&ca={ca}"


def _account(request: Answer) -> Account:
    """Raises ControlError for a request that is none."""
    name, kind, area = request.get("name"), request.get("kind"), request.get("area", "")
    topics = request.get("topics", [])
    if not isinstance(name, str) or kind not in ADDED_KINDS:
        raise ControlError("account_add needs a `name` and a `kind`")
    if not isinstance(area, str) or len(area) > MAX_TEXT or not area.isprintable():
        raise ControlError("the area is too long, or no text")
    texts = isinstance(topics, list) and all(isinstance(topic, str) for topic in topics)
    if not texts or len(topics) > MAX_TOPICS:
        raise ControlError(f"topics: a list of at most {MAX_TOPICS} names")
    return Account(name, cast("Kind", kind), topics=tuple(topics), area=area)


def _shown(account: Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "kind": account.kind,
        "area": account.area,
        "topics": list(account.topics),
    }


def _authority(data: Path) -> str:
    try:
        return (data / "mosquitto" / "tls" / "ca.pem").read_text()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise HomeError(f"{error.filename}: {error.strerror}", "run this as the appliance's user") from error


def _retained(prefix: str, name: str) -> list[str]:
    """The topics on which a satellite leaves something behind."""
    return [
        protocol.topic(prefix, name, direction, leaf)
        for direction, leaves in protocol.LEAVES.items()
        for leaf, what in leaves.items()
        if what.retain
    ]
