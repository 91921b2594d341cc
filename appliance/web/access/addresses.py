"""Which addresses may come. Pure."""

from __future__ import annotations

import ipaddress
from typing import Literal

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
HOME = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8"),
        *("fc00::/7", "fe80::/10", "::1/128"),
    )
)
"""Networks of a home: private, link-local, this machine. A provider's shared addresses are not."""
IPV6_HOME_BITS = 64
"""One house, one network: it has more addresses than could be counted one by one."""


def parse(text: str) -> Address | None:
    """Also of an IPv4 address in the clothes of IPv6, and without a zone; None for what is no address."""
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def is_home(address: Address) -> bool:
    """Does it belong to this machine or to a private network?"""
    return any(address in network for network in HOME if network.version == address.version)


def may_come(peer: str, listen: Literal["loopback", "lan", "any"]) -> bool:
    """`peer`: from where the connection came."""
    address = parse(peer)
    if address is None:
        return False
    if listen == "loopback":
        return address.is_loopback
    return listen == "any" or is_home(address)


def is_loopback(peer: str) -> bool:
    """Is it this machine?"""
    address = parse(peer)
    return address is not None and address.is_loopback


def group(peer: str) -> str:
    """Who is counted together: an IPv4 address, an IPv6 network."""
    address = parse(peer)
    if isinstance(address, ipaddress.IPv6Address) and not address.is_loopback:
        return str(ipaddress.ip_network((int(address), IPV6_HOME_BITS), strict=False))
    return str(address)
