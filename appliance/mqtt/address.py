"""Where the broker is, and what is wrong when it cannot be reached."""

from __future__ import annotations

import hashlib
import re
import socket
import ssl
from pathlib import Path
from typing import Any

import msgspec

from appliance.config.model import Mqtt
from appliance.errors import HomeError

MAX_PASSWORD_BYTES = 4_096
MAX_CLIENT_ID_CHARS = 64
GUARD_CHARS = 16
"""Hexadecimal digits: 64 bits."""
LOST_CODES = frozenset({0, 4, 128, 139, 141})
"""Reasons of a disconnection that only say that it happened."""


class Address(msgspec.Struct, frozen=True):
    """A broker, and who we are there. Its representation never shows the password."""

    host: str
    port: int
    username: str = ""
    password: str = ""
    tls: bool = False
    tls_ca_file: str = ""
    tls_certificate_file: str = ""
    tls_key_file: str = ""

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """What may be shown."""
        return [("host", self.host), ("port", self.port), ("username", self.username)]

    def __repr__(self) -> str:
        return f"Address({self.username}@{self.host}:{self.port})"


class Connection(msgspec.Struct, frozen=True):
    """The state of the connection; `reason` and `hint` are sentences for a person while there is none."""

    connected: bool
    reason: str = ""
    hint: str = ""


NEVER = Connection(connected=False, reason="the broker has not been asked yet")


def resolve(mqtt: Mqtt) -> Address:
    """The configured broker (not an embedded one). Raises HomeError for an unreadable password file."""
    password = mqtt.password
    if mqtt.password_file:
        password = _read_password(Path(mqtt.password_file))
    return Address(
        mqtt.host,
        mqtt.port,
        mqtt.username,
        password,
        mqtt.tls,
        mqtt.tls_ca_file,
        mqtt.tls_certificate_file,
        mqtt.tls_key_file,
    )


def _read_password(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_PASSWORD_BYTES + 1)
        if len(raw) > MAX_PASSWORD_BYTES:
            raise HomeError(f"mqtt.password_file: {path} is above {MAX_PASSWORD_BYTES} bytes")
        return raw.decode().rstrip("\r\n")
    except OSError as error:
        hint = f"make it readable for the appliance: chmod 600 {path}, and its owner the appliance's user"
        raise HomeError(f"mqtt.password_file: {path}: {error.strerror}", hint) from error
    except UnicodeDecodeError as error:
        raise HomeError(f"mqtt.password_file: {path} is no text", "write one line of UTF-8") from error


def client_id(mqtt: Mqtt) -> str:
    """The configured id, or one made from the host's name."""
    if mqtt.client_id:
        return mqtt.client_id
    host = re.sub(r"[^a-zA-Z0-9-]", "-", socket.gethostname())
    return f"appliance-{host}"[:MAX_CLIENT_ID_CHARS]


def guarded_id(name: str, password: str) -> str:
    """A client id that only who knows the password can know.

    A broker ends a connection when another client comes with its id: what can be guessed can be disturbed.
    """
    return f"{name}-{hashlib.sha256(password.encode()).hexdigest()[:GUARD_CHARS]}"


def satellite_id(name: str, password: str) -> str:
    """The client id of a satellite of our own protocol (docs/satellite-protocol.md)."""
    return guarded_id(f"satellite-{name}", password)


def backoff_seconds(low: float, high: float, failures: int, chance: float) -> float:
    """How long to wait after so many failures in a row.

    Half of it is `chance` (0 to 1), so that a house full of clients does not come back at once.
    """
    wait = min(max(low, high), low * 2.0 ** min(max(failures - 1, 0), 30))
    return wait * (0.5 + chance / 2)


def explain(address: Address, code: int | None, cause: BaseException | None) -> Connection:
    """Why there is no connection.

    `code` is the broker's own answer in numbers of MQTT 5, `cause` the system's error; both may be missing.
    """
    where = f"the MQTT broker {address.host}:{address.port}"
    if code is not None and code not in LOST_CODES:
        return _refused(where, code, address)
    if isinstance(cause, ssl.SSLError) or (address.tls and isinstance(cause, ConnectionResetError)):
        return _tls(where, cause)
    return _unreachable(where, cause, address)


def _unreachable(where: str, cause: BaseException | None, address: Address) -> Connection:
    if isinstance(cause, socket.gaierror):
        return _no(f"there is no host {address.host!r}", "check mqtt.host, or the network's name server")
    if isinstance(cause, ConnectionRefusedError):
        hint = f"is it running, and is mqtt.port right? try: mosquitto -p {address.port}"
        return _no(f"nothing listens at {address.host}:{address.port}", hint)
    if isinstance(cause, TimeoutError):
        return _no(f"{where} does not answer", "is the machine on, and is a firewall in between?")
    if isinstance(cause, OSError) and cause.filename:
        hint = "check mqtt.tls_ca_file, mqtt.tls_certificate_file and mqtt.tls_key_file"
        return _no(f"{cause.filename}: {cause.strerror}", hint)
    if isinstance(cause, OSError) and cause.strerror:
        return _no(f"{where} cannot be reached: {cause.strerror}", "check mqtt.host and the network")
    return _no(f"the connection to {where} was lost", "it is tried again by itself")


def _tls(where: str, cause: OSError) -> Connection:
    if isinstance(cause, ssl.SSLCertVerificationError):
        hint = "give its certificate authority in mqtt.tls_ca_file, and the certificate's name as mqtt.host"
        return _no(f"the certificate of {where} cannot be trusted: {cause.verify_message}", hint)
    said = getattr(cause, "reason", "") or ""
    if "ALERT" in said and ("CERTIFICATE" in said or "CA" in said):
        hint = "set mqtt.tls_certificate_file and mqtt.tls_key_file to one that this broker knows"
        return _no(f"{where} does not accept our certificate, or wants one", hint)
    if said in {"KEY_VALUES_MISMATCH", "NO_START_LINE", "PEM_LIB", "BAD_PASSWORD_READ", "BAD_DECRYPT"}:
        hint = "both must be PEM, belong together, and the key must have no password"
        return _no("mqtt.tls_certificate_file or mqtt.tls_key_file cannot be used", hint)
    return _no(f"{where} does not speak TLS", "check mqtt.tls and mqtt.port (8883 is usual with TLS)")


def _no(reason: str, hint: str) -> Connection:
    return Connection(False, reason, hint)


def _refused(where: str, code: int, address: Address) -> Connection:
    if code in {134, 135}:
        who = f"the user {address.username!r}" if address.username else "someone without a name"
        hint = "check mqtt.username and mqtt.password (or mqtt.password_file)"
        return _no(f"{where} refuses {who}: wrong name or password", hint)
    if code == 133:
        return _no(f"{where} refuses our client id", "set mqtt.client_id to letters and digits")
    if code in {136, 137}:
        return _no(f"{where} is busy or shutting down", "it is tried again by itself")
    if code == 142:
        hint = "another program uses the same mqtt.client_id; give one of them another"
        return _no(f"{where} gave our place to someone else", hint)
    return _no(f"{where} refuses the connection (code {code})", "its own log says why")
