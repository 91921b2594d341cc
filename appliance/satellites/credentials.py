"""Who may connect to the own broker: added, listed and revoked, over the local socket or in its files.

A password is told once and not kept. With a broker of somebody else's, what to set up there is told instead.
"""

from __future__ import annotations

import base64
import re
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
from appliance.home.admission import admitted, revoked
from appliance.home.broker import EmbeddedBroker
from appliance.mqtt.address import client_id
from appliance.satellites import protocol

EMBEDDED = "embedded"
SCHEME = "appliance-satellite"
ADDED_KINDS = frozenset(get_args(Kind)) - {"appliance", "program"}
MAX_TEXT = 255
MAX_TOPICS = 16
MAX_NAMES_SHOWN = 8
HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}|[0-9A-Fa-f:.]{2,45}")


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
        account, host = _account(request), _host(request) or machine_names.local_name()
        self._keep_own_topics(account)
        if self._config.mqtt.host != EMBEDDED:
            return self._advice(account)
        if self._by_tls(account):
            _must_be_certified(host)
        if self._broker is not None:
            password, authority = await self._broker.admit(account), self._broker.authority
        else:
            with claim(self._data):
                saved = self._saved()
                password = admitted(saved, account, self._realm)
                self._keep(saved)
            authority = _authority(self._data)
        return self._told(account, password, authority, host)

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
        if self._config.mqtt.host != EMBEDDED:
            where = self._config.mqtt.host
            raise HomeError(f"the broker {where} decides itself who may connect", "take the user away there")
        account = self._known().get(name)
        if self._broker is not None:
            await self._broker.revoke(name)
        else:
            with claim(self._data):
                saved = self._saved()
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
        if self._config.mqtt.host != EMBEDDED:
            return {}
        return self._broker.accounts() if self._broker else self._saved().accounts

    def _saved(self) -> machine.Saved:
        try:
            return machine.read_saved(self._file)
        except OSError as error:
            raise _unreadable(error) from error

    def _by_tls(self, account: Account) -> bool:
        return account.kind == "satellite" or self._config.mqtt.listen_plain_port == 0

    def _keep_own_topics(self, account: Account) -> None:
        """What the appliance says about itself, below its own client id, is nobody else's."""
        own = client_id(self._config.mqtt).split("/", maxsplit=1)[0]
        owned = account.topics or (() if account.kind == "satellite" else (account.name,))
        if own in {topic.split("/", maxsplit=1)[0] for topic in owned}:
            raise HomeError(f"the topics of {own!r} are the appliance's own", "choose another name or topic")

    def _keep(self, saved: machine.Saved) -> None:
        try:
            machine.make_private(self._file.parent)
            machine.save(self._file, saved)
        except OSError as error:
            raise machine.cannot_write(self._file, error) from error

    def _told(self, account: Account, password: str, authority: str, host: str) -> Answer:
        mqtt = self._config.mqtt
        tls = self._by_tls(account)
        port = mqtt.listen_port if tls else mqtt.listen_plain_port
        told: Answer = {
            "name": account.name,
            "kind": account.kind,
            "password": password,
            "host": host,
            "port": port,
            "tls": tls,
            "authority": authority,
            "listens": bool(mqtt.listen),
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
    if not (isinstance(name, str) and isinstance(kind, str)) or kind not in ADDED_KINDS:
        raise ControlError("account_add needs a `name` and a `kind`")
    if not isinstance(area, str) or len(area) > MAX_TEXT or not area.isprintable():
        raise ControlError("the area is too long, or no text", "give the name of a room")
    texts = isinstance(topics, list) and all(isinstance(topic, str) for topic in topics)
    if not texts or len(topics) > MAX_TOPICS:
        raise ControlError(f"topics: a list of at most {MAX_TOPICS} names", "name first levels only")
    return Account(name, cast("Kind", kind), topics=tuple(topics), area=area)


def _host(request: Answer) -> str:
    host = request.get("host", "")
    if not isinstance(host, str) or (host and not HOST.fullmatch(host)):
        raise ControlError(
            "the host is neither a name nor an address", "give what others reach this machine by"
        )
    return host


def _must_be_certified(host: str) -> None:
    """A satellite would not believe a certificate for other names. Raises HomeError."""
    names = machine_names.names()
    if host.casefold() not in {name.casefold() for name in names}:
        shown = ", ".join(names[:MAX_NAMES_SHOWN])
        raise HomeError(f"the broker's certificate is not for {host!r}", f"it is for {shown}")


def _unreadable(error: OSError) -> HomeError:
    return HomeError(f"{error.filename}: {error.strerror}", "run this as the appliance's user")


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
        raise _unreadable(error) from error


def _retained(prefix: str, name: str) -> list[str]:
    """The topics on which a satellite leaves something behind."""
    return [
        protocol.topic(prefix, name, direction, leaf)
        for direction, leaves in protocol.LEAVES.items()
        for leaf, what in leaves.items()
        if what.retain
    ]
