"""Lines of `firewall.allow_in`, `firewall.allow_out` and `firewall.lan`, checked word by word."""

from __future__ import annotations

from ipaddress import ip_network

from appliance.errors import ConfigError
from appliance.firewall.model import Flow, Network, Offer, Protocol

IN_HINT = 'write a protocol and a port, such as "tcp 9090"'
OUT_HINT = 'write a protocol, an address or network, and a port, such as "tcp 192.168.1.5 445"'
LAN_HINT = 'write networks such as "192.0.2.0/24"'
MIN_PREFIX = {4: 8, 6: 16}
"""Anything shorter is no home but a part of the Internet."""


def offers(lines: tuple[str, ...]) -> list[Offer]:
    """What else machines of the home may reach here. Raises ConfigError."""
    return [_offer(line) for line in lines]


def _offer(line: str) -> Offer:
    words = line.split()
    if len(words) != 2:
        raise ConfigError(f"firewall.allow_in: {line[:100]!r} is not understood", IN_HINT)
    where = f"firewall.allow_in: {line[:100]!r}"
    return Offer("firewall.allow_in", _protocol(words[0], where, IN_HINT), _port(words[1], where, IN_HINT))


def flows(lines: tuple[str, ...], accounts: tuple[str, ...]) -> list[Flow]:
    """What else these accounts may reach. Raises ConfigError."""
    return [_flow(line, accounts) for line in lines]


def _flow(line: str, accounts: tuple[str, ...]) -> Flow:
    words = line.split()
    where = f"firewall.allow_out: {line[:100]!r}"
    if len(words) != 3:
        raise ConfigError(f"{where} is not understood", OUT_HINT)
    protocol, port = _protocol(words[0], where, OUT_HINT), _port(words[2], where, OUT_HINT)
    return Flow("firewall.allow_out", accounts, protocol, port, _network(words[1], where, OUT_HINT))


def networks(lines: tuple[str, ...]) -> list[Network]:
    """More networks of the home. Raises ConfigError."""
    found = [_network(line, f"firewall.lan: {line[:100]!r}", LAN_HINT) for line in lines]
    for network in found:
        if network.prefixlen < MIN_PREFIX[network.version]:
            raise ConfigError(f"firewall.lan: {network} is too much of the Internet", LAN_HINT)
    return found


def _protocol(word: str, where: str, hint: str) -> Protocol:
    if word == "tcp":
        return "tcp"
    if word == "udp":
        return "udp"
    raise ConfigError(f"{where} names no protocol", hint)


def _port(word: str, where: str, hint: str) -> int:
    if not (word.isascii() and word.isdecimal() and len(word) <= 5 and 1 <= int(word) <= 65_535):
        raise ConfigError(f"{where} names no port between 1 and 65535", hint)
    return int(word)


def _network(word: str, where: str, hint: str) -> Network:
    try:
        return ip_network(word)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}", hint) from error
