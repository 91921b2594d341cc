"""What the packet filter is made of, before it becomes text for nft."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import Literal

import msgspec

from appliance.errors import ApplianceError

Network = IPv4Network | IPv6Network
Protocol = Literal["tcp", "udp"]

ROOT_UID = 0


class FirewallError(ApplianceError):
    """The packet filter cannot be read or loaded."""


class Offer(msgspec.Struct, frozen=True):
    """A port that others may open a connection to."""

    why: str
    protocol: Protocol
    port: int
    to: Literal["home", "anywhere"] = "home"
    """Machines of the home, or all that can reach this one."""


class Flow(msgspec.Struct, frozen=True):
    """A connection that this machine may open."""

    why: str
    accounts: tuple[str, ...]
    """Names of the accounts that may; those that do not exist here are left out."""
    protocol: Protocol
    port: int
    to: Network | Literal["home", "anywhere"] = "anywhere"


class State(msgspec.Struct, frozen=True):
    """What is true of this machine now and stands in no configuration."""

    ssh: bool = False
    """An owner's key is there, so that sshd runs."""
    hotspots: tuple[str, ...] = ()
    """Interfaces on which the set-up hotspot is up."""
    fetch_seconds: int = 0
    """So long models may still be fetched from anywhere by HTTPS; 0 is not at all."""
    on_link: tuple[IPv6Network, ...] = ()
    """Public IPv6 networks of the home: those that routers announced as reachable without them."""
    uids: dict[str, int] = {}
    """Account → number, of those in `wanted.ACCOUNTS` that exist."""
