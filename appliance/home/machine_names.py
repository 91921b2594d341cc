"""Under which names and addresses this machine can be reached from its network."""

from __future__ import annotations

import fcntl
import ipaddress
import re
import socket
import struct
from contextlib import suppress
from pathlib import Path

SIOCGIFADDR = 0x8915
MAX_NAMES = 32
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def host() -> str:
    """The host's name without its domain."""
    name = socket.gethostname().split(".")[0]
    return name if _LABEL.fullmatch(name) else "appliance"


def local_name() -> str:
    """Its name for mDNS."""
    return f"{host()}.local"


def addresses() -> list[str]:
    """IPv4 and IPv6 addresses that others can use; not those of the loopback or of one link alone."""
    found: list[ipaddress.IPv4Address | ipaddress.IPv6Address] = [*_ipv4(), *_ipv6()]
    usable = [each for each in found if not (each.is_loopback or each.is_link_local)]
    return [str(each) for each in dict.fromkeys(usable)]


def names() -> tuple[str, ...]:
    """Everything that a certificate of this machine must hold, the same in the same network."""
    wanted = [local_name(), host(), "localhost", "127.0.0.1", "::1", *sorted(addresses())]
    return tuple(dict.fromkeys(wanted))[:MAX_NAMES]


def _ipv4() -> list[ipaddress.IPv4Address]:
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _, interface in socket.if_nameindex():
            request = struct.pack("256s", interface.encode()[:15])
            with suppress(OSError):  # an interface without an IPv4 address
                answer = fcntl.ioctl(asking.fileno(), SIOCGIFADDR, request)
                found.append(ipaddress.IPv4Address(answer[20:24]))
    return found


def _ipv6() -> list[ipaddress.IPv6Address]:
    try:
        lines = Path("/proc/net/if_inet6").read_text().splitlines()
    except OSError:
        return []
    return [ipaddress.IPv6Address(int(line.split()[0], 16)) for line in lines]
