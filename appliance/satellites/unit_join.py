"""How this machine became a satellite: the line that `appliance satellite add` prints, kept privately.

`appliance-satellite://NAME:PASSWORD@HOST:PORT/PREFIX?tls=1&ca=…`: `ca` is the broker's certificate authority
(PEM) in base64url; it may be missing when the system knows it.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from appliance.config.model import Config
from appliance.errors import ConfigError
from appliance.mqtt.address import Address
from appliance.satellites.protocol import NAME

SCHEME = "appliance-satellite"
MAX_URI_CHARS = 16_384
MAX_FILE_BYTES = 65_536
DEFAULT_PREFIX = "appliance"
PLAIN_PORT, TLS_PORT = 1883, 8883
HINT = "copy the whole line that `appliance satellite add NAME` printed, in single quotes"
_PREFIX = re.compile(r"[A-Za-z0-9_-]{1,64}(?:/[A-Za-z0-9_-]{1,64}){0,3}")


class Joined(msgspec.Struct, frozen=True):
    """Where the hub's broker is, and who we are there."""

    name: str
    password: str
    host: str
    port: int
    prefix: str = DEFAULT_PREFIX
    tls: bool = False
    ca: str = ""
    """The certificate authority itself, in PEM."""

    def __rich_repr__(self) -> list[tuple[str, object]]:
        """What may be shown."""
        return [("name", self.name), ("host", self.host), ("port", self.port)]

    def __repr__(self) -> str:
        return f"Joined({self.name}@{self.host}:{self.port})"


def parse(uri: str) -> Joined:
    """What the line says. Raises ConfigError, which never repeats the password."""
    if len(uri) > MAX_URI_CHARS:
        raise _wrong(f"it has {len(uri)} characters")
    try:
        parts = urlsplit(uri.strip())
        port = parts.port
    except ValueError as error:
        raise _wrong("it has no valid host or port") from error
    if parts.scheme != SCHEME:
        raise _wrong(f"it does not begin with {SCHEME}://")
    query = parse_qs(parts.query)
    name, prefix = unquote(parts.username or ""), unquote(parts.path.strip("/")) or DEFAULT_PREFIX
    tls = query.get("tls", ["0"])[0] == "1"
    if not NAME.fullmatch(name):
        raise _wrong("its name is none that a satellite may have")
    if not parts.hostname or not parts.password:
        raise _wrong("the host or the password is missing")
    if not _PREFIX.fullmatch(prefix):
        raise _wrong("its topic prefix is none")
    certificate = _certificate(query.get("ca", [""])[0])
    port = port or (TLS_PORT if tls else PLAIN_PORT)
    return Joined(name, unquote(parts.password), parts.hostname, port, prefix, tls, certificate)


def _certificate(encoded: str) -> str:
    try:
        padded = encoded + "=" * (-len(encoded) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise _wrong("its certificate is damaged") from error
    if text and "-----BEGIN CERTIFICATE-----" not in text:
        raise _wrong("its certificate is none")
    return text


def _wrong(why: str) -> ConfigError:
    return ConfigError(f"this is no address of a hub: {why}", HINT)


def path(data: Path) -> Path:
    """Where it is kept."""
    return data / "satellite" / "hub.json"


def certificate_path(data: Path) -> Path:
    """Where the certificate authority is kept."""
    return data / "satellite" / "ca.pem"


def save(data: Path, joined: Joined) -> None:
    """Keep it, readable by this account alone. Raises ConfigError."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        path(data).parent.mkdir(mode=0o700, exist_ok=True)
        _write(certificate_path(data), joined.ca.encode())
        _write(path(data), msgspec.json.encode(joined))
    except OSError as error:
        raise ConfigError(
            f"{path(data)} cannot be written: {error.strerror}", "set paths.data to a folder you own"
        ) from error


def _write(file: Path, raw: bytes) -> None:
    fresh = file.with_name(f".{file.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(raw)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)


def load(data: Path) -> Joined | None:
    """What was kept; None when this machine never joined. Raises ConfigError for a damaged file."""
    try:
        with path(data).open("rb") as file:
            return msgspec.json.decode(file.read(MAX_FILE_BYTES), type=Joined)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path(data)}: {error.strerror}", "join again, with --join") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path(data)} is damaged", "join again, with --join") from error


class Way(msgspec.Struct, frozen=True):
    """How to reach the hub, whatever says so."""

    name: str
    prefix: str
    address: Address


def way(config: Config) -> Way:
    """From what was joined, or else from the settings `mqtt.*`. Raises ConfigError when neither says."""
    from appliance.mqtt.address import resolve

    data = Path(config.paths.data)
    joined = load(data)
    own = config.satellite.name
    if config.mqtt.host != "embedded":
        name = own or (joined.name if joined else "") or config.mqtt.username
        prefix = getattr(config.mqtt, "prefix", DEFAULT_PREFIX)
        return Way(_named(name), prefix, resolve(config.mqtt))
    if joined is None:
        raise ConfigError(
            "this satellite has not joined a hub yet",
            "on the hub: appliance satellite add NAME; here: appliance run --mode satellite --join 'appliance-satellite://…'",
        )
    certificate = str(certificate_path(data)) if joined.ca else ""
    address = Address(joined.host, joined.port, joined.name, joined.password, joined.tls, certificate)
    return Way(_named(own or joined.name), joined.prefix, address)


def _named(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} is no name for a satellite",
            "set satellite.name to letters, digits, _ and -, at most 64 characters",
        )
    return name
