"""`llm.options` of a server: where it is, and the key it wants. Errors name the key of the configuration."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from appliance.config.load import read_bounded
from appliance.config.model import Llm
from appliance.errors import ConfigError

PROTOCOLS = ("openai", "ollama")
"""What `llm.engine` may be besides a file of engines/llm."""
MAX_URL_CHARS = 500
MAX_KEY_BYTES = 4_096
EXAMPLES = {"openai": "http://127.0.0.1:8080/v1", "ollama": "http://127.0.0.1:11434"}
_HOME_SUFFIXES = (".local", ".lan", ".home", ".internal", ".home.arpa")
_Seconds = Annotated[float, Meta(gt=0.0, le=600.0)]


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The server's own settings."""

    url: str = ""
    """Base of the server's addresses."""
    model: str = ""
    """What the server calls the model; empty takes `llm.model`, which cannot hold a slash."""
    key_file: str = ""
    """Holds the key and nothing else; empty when the server wants none."""
    tls_ca_file: str = ""
    """Certificate authority for https, in PEM; empty takes the system's."""
    connect_seconds: _Seconds = 5.0
    """How long one attempt to connect may take."""
    quiet_seconds: _Seconds = 20.0
    """A server that sends nothing for so long is gone."""
    retry_seconds: _Seconds = 15.0
    """Pause before a server that was away is looked for again."""
    grammar: bool = False
    """Send the grammar too: for llama.cpp's own server; others may refuse what they do not know."""


class Server(msgspec.Struct, frozen=True):
    """One server. Its representation never shows the key."""

    protocol: str
    host: str
    port: int
    path: str
    tls: bool
    model: str
    key: str
    options: Options

    @property
    def where(self) -> str:
        """Host and port, as people read them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __repr__(self) -> str:
        return f"Server({self.protocol}, {self.where})"


def is_remote(llm: Llm) -> bool:
    """Is another machine to be asked?"""
    return llm.engine in PROTOCOLS


def resolve(llm: Llm) -> Server:
    """The configured server. Raises ConfigError for what cannot be used, naming the key."""
    options = _options(llm.options)
    hint = f'set url in [llm.options], such as "{EXAMPLES[llm.engine]}"'
    tls, host, port, path = _address(options.url, hint)
    model = options.model or llm.model
    if not model:
        raise ConfigError("llm.model is empty", f"name the model as {host} calls it")
    key = _key(options.key_file)
    if not tls and not is_at_home(host):
        raise ConfigError(
            f"llm.options.url: {host} is not at home, and http is read by everyone on the way", "use https://"
        )
    if key and not tls and not _is_loopback(host):
        raise ConfigError(
            "llm.options.key_file: the key would be sent without encryption", "use https://, or no key"
        )
    return Server(llm.engine, host, port, path, tls, model, key, options)


def is_at_home(host: str) -> bool:
    """Is it this machine, an address that is not routed, or a name of a home network?"""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.lower().rstrip(".")
        return "." not in name or name.endswith(_HOME_SUFFIXES)
    return address.is_private or address.is_loopback or address.is_link_local


def _options(given: Mapping[str, object]) -> Options:
    try:
        return msgspec.convert(dict(given), Options)
    except msgspec.ValidationError as error:
        known = ", ".join(Options.__struct_fields__)
        raise ConfigError(f"llm.options: {error}", f"known keys: {known}") from error


def _address(text: str, hint: str) -> tuple[bool, str, int, str]:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ConfigError("llm.options.url is no address", hint) from error
    host = parts.hostname or ""
    if parts.username is not None or parts.password is not None:
        raise ConfigError("llm.options.url holds a name or password", f"{hint}; the key goes into key_file")
    plain = text.isascii() and text.isprintable() and " " not in text and len(text) <= MAX_URL_CHARS
    plain &= len(host) <= 253 and all(len(label) <= 63 for label in host.split("."))
    if parts.scheme not in {"http", "https"} or not host or not plain or parts.query or parts.fragment:
        raise ConfigError("llm.options.url is no address of http or https", hint)
    tls = parts.scheme == "https"
    return tls, host, port or (443 if tls else 80), parts.path.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _key(file: str) -> str:
    """One word of printable ASCII; never quoted in an error."""
    if not file:
        return ""
    content = read_bounded(Path(file), MAX_KEY_BYTES)
    key = content.decode("ascii", "replace").strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigError(
            f"llm.options.key_file: {file} holds no key", "it must hold the key and nothing else"
        )
    return key
