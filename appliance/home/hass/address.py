"""Where Home Assistant is, who we are there, and what is wrong when that does not work."""

from __future__ import annotations

import logging
import socket
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from appliance.config import secrets
from appliance.config.load import read_bounded
from appliance.config.model import HomeAssistant
from appliance.errors import ConfigError, HomeError
from appliance.mqtt.address import Connection

LOG = logging.getLogger(__name__)
PATH = "/api/websocket"
SCHEMES = {"http": "ws", "ws": "ws", "https": "wss", "wss": "wss"}
MAX_URL_CHARS = 500
MAX_TOKEN_BYTES = 4_096
HOW_TO_GET_ONE = (
    "in Home Assistant: your profile → Security → Long-lived access tokens → Create token; write it into the "
    "file that home_assistant.token_file names"
)
NEVER = Connection(connected=False, reason="Home Assistant has not been asked yet")
STOPPED = Connection(connected=False, reason="the connection to Home Assistant was closed by ourselves")


class Address(msgspec.Struct, frozen=True):
    """A Home Assistant. Its representation never shows the token, nor what an URL may hide."""

    url: str
    """Of the WebSocket API: ws or wss."""
    token: str
    tls_ca_file: str = ""

    @property
    def where(self) -> str:
        """Host and port, as people read them."""
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        return f"{host}:{parts.port}" if parts.port else host

    @property
    def encrypted(self) -> bool:
        """Does the connection need TLS?"""
        return self.url.startswith("wss:")

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """What may be shown."""
        return [("where", self.where)]

    def __repr__(self) -> str:
        return f"Address({self.where})"


def websocket_url(text: str) -> str:
    """The WebSocket API's address for what a person wrote. Raises HomeError."""
    hint = 'home_assistant.url is like "http://homeassistant.local:8123"'
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError as error:
        raise HomeError("home_assistant.url is no address", hint) from error
    scheme = SCHEMES.get(parts.scheme)
    if len(text) > MAX_URL_CHARS or scheme is None or not parts.hostname or not text.isprintable():
        raise HomeError("home_assistant.url is no address of http, https, ws or wss", hint)
    if parts.username is not None or parts.password is not None:
        raise HomeError(
            "home_assistant.url holds a name or password", f"{hint}; the token goes into token_file"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    path = parts.path.rstrip("/").removesuffix(PATH)
    return f"{scheme}://{host}{f':{port}' if port else ''}{path}{PATH}"


def resolve(settings: HomeAssistant) -> Address:
    """The configured Home Assistant. Raises HomeError for a bad URL, and for a token that cannot be read."""
    return Address(websocket_url(settings.url), read_token(settings), settings.tls_ca_file)


def read_token(settings: HomeAssistant) -> str:
    """The token: the content of `token_file` when one is set, else `token`. Raises HomeError."""
    if not settings.token_file:
        if not settings.token:
            raise HomeError("Home Assistant is configured without a token", HOW_TO_GET_ONE)
        return _one_word(settings.token.encode(), "home_assistant.token")
    path = Path(settings.token_file)
    try:
        return _one_word(read_bounded(path, MAX_TOKEN_BYTES), str(path))
    except ConfigError as error:
        raise HomeError(
            f"home_assistant.token_file: {error.message}", error.hint or HOW_TO_GET_ONE
        ) from error


def is_open_to_all(settings: HomeAssistant) -> bool:
    """May everyone on this machine read the token's file? False also when it cannot be looked at."""
    try:
        return bool(settings.token_file) and secrets.is_world_readable(Path(settings.token_file))
    except OSError:
        return False


def warn_of_readers(settings: HomeAssistant) -> None:
    """Say so when everyone on this machine may read the token; it is used all the same."""
    if is_open_to_all(settings):
        path = settings.token_file
        LOG.warning("%s can be read by everyone on this machine; chmod 600 %s", path, path)


def _one_word(content: bytes, where: str) -> str:
    """The token itself, which is letters, digits and signs without spaces; never quoted in an error."""
    try:
        token = content.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise HomeError(f"{where} holds no token", HOW_TO_GET_ONE) from error
    if not token or not token.isprintable() or " " in token:
        raise HomeError(f"{where} holds no token", HOW_TO_GET_ONE)
    return token


def refused(address: Address) -> Connection:
    """The token is not accepted."""
    return _no(f"Home Assistant at {address.where} does not accept the token", HOW_TO_GET_ONE)


def explain(address: Address, cause: BaseException | None) -> Connection:
    """Why there is no connection, in sentences for a person."""
    where = f"Home Assistant at {address.where}"
    if isinstance(cause, ssl.SSLCertVerificationError):
        hint = (
            "give its certificate authority in home_assistant.tls_ca_file, and its certificate's name in url"
        )
        return _no(f"the certificate of {where} cannot be trusted: {cause.verify_message}", hint)
    if isinstance(cause, ssl.SSLError):
        return _no(f"{where} does not speak TLS", "write http:// in home_assistant.url, or another port")
    if isinstance(cause, socket.gaierror):
        return _no(
            f"there is no host for {address.where}", "check home_assistant.url, or the network's name server"
        )
    if isinstance(cause, ConnectionRefusedError):
        return _no(f"nothing listens at {address.where}", "is Home Assistant running, and is its port right?")
    if isinstance(cause, TimeoutError):
        return _no(f"{where} does not answer", "is the machine on, and is a firewall in between?")
    if isinstance(cause, OSError) and cause.filename:
        return _no(f"{cause.filename}: {cause.strerror}", "check home_assistant.tls_ca_file")
    if isinstance(cause, OSError) and cause.strerror:
        return _no(f"{where} cannot be reached: {cause.strerror}", "check home_assistant.url and the network")
    return _no(f"the connection to {where} was lost", "it is tried again by itself")


def _no(reason: str, hint: str) -> Connection:
    return Connection(False, reason, hint)
