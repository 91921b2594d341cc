"""Host and Origin headers: under which names we are asked, and by whose pages. Pure.

A page of somebody else can point a name of its own at our address (DNS rebinding) and is then, for the
browser, of the same origin: so only names are answered that no stranger can have. And it can make the browser
send a request to us: so what is done with a cookie must come from our own page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from appliance.web.access.addresses import is_home, parse

MAX_LENGTH = 260
PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::(?P<port>[0-9]{1,5}))?")
_ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<host>[^/?#@\s]{1,260})")


class Host(msgspec.Struct, frozen=True):
    """Lower case, without brackets; `port` is None where none was given."""

    name: str
    port: int | None


class Origin(msgspec.Struct, frozen=True):
    """`port` is the scheme's own where none was given."""

    scheme: str
    name: str
    port: int


def host(header: str) -> Host | None:
    """Of a Host header; None for what is none."""
    match = _HOST.fullmatch(header) if len(header) <= MAX_LENGTH else None
    if match is None:
        return None
    name, port = match["name"].strip("[]").lower(), int(match["port"]) if match["port"] else None
    if match["name"].startswith("[") and parse(name) is None:
        return None
    if port is not None and not 1 <= port <= 65_535:
        return None
    return Host(name.removesuffix("."), port)


def origin(header: str) -> Origin | None:
    """Of an Origin header; None for "null" and whatever else is none."""
    match = _ORIGIN.fullmatch(header.lower()) if len(header) <= MAX_LENGTH else None
    found = host(match["host"]) if match is not None else None
    if match is None or found is None:
        return None
    return Origin(match["scheme"], found.name, found.port or PORTS[match["scheme"]])


def is_ours(asked: Host, names: Iterable[str], allowed: Iterable[Origin]) -> bool:
    """Is that a name that nobody else can point at us: ours, this machine's, a private address, mDNS?"""
    if asked.name in {name.lower() for name in names} | {each.name for each in allowed}:
        return True
    address = parse(asked.name)
    if address is not None:
        return is_home(address)
    return asked.name == "localhost" or asked.name.endswith((".local", ".localhost"))


def is_same(from_page: Origin, asked: Host, scheme: str, allowed: Iterable[Origin]) -> bool:
    """Did our own page ask? `scheme` is that of the request; `asked` was found to be ours.

    A proxy that ends TLS before us makes another scheme and port of it: then the origin stands in
    `web.allow_origins` under the name that was asked for.
    """
    if (from_page.scheme, from_page.name) == (scheme, asked.name):
        return from_page.port == (asked.port or PORTS[scheme])
    return from_page.name == asked.name and from_page in tuple(allowed)
