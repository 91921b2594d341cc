"""Configuration → what is offered to the home, and what this machine may open a connection to.

Names are not resolved here: they change, a resolver in a root process reads what strangers say, and the rules
are loaded before there is a network. So an address is pinned, a name of the home (`.local`, no dot …) leads
to addresses of the home only, and any other name to its port; always for the account that needs it alone.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Literal
from urllib.parse import urlsplit

from appliance.config.model import Config
from appliance.firewall import extra
from appliance.firewall.model import Flow, Network, Offer, State

APPLIANCE = "appliance"
UPDATERS = ("root", APPLIANCE, "rauc", "nobody")
"""RAUC's download runs as `nobody` unless its configuration says otherwise."""
RESOLVERS = ("root", APPLIANCE, "systemd-resolve", "systemd-timesync", "nobody")
FETCHERS = ("root", APPLIANCE)
CLOCKS = ("systemd-timesync",)
DHCP_CLIENTS = ("root", "systemd-network")
MDNS = ("avahi", "systemd-resolve")
HOTSPOT_SERVERS = ("root", "nobody", "dnsmasq")
ACCOUNTS = tuple(sorted({*UPDATERS, *RESOLVERS, *CLOCKS, *DHCP_CLIENTS, *MDNS, *HOTSPOT_SERVERS}))

SSH_PORT = 22
HOME_SUFFIXES = (".local", ".lan", ".home", ".internal", ".home.arpa")
DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def offers(config: Config, state: State) -> list[Offer]:
    """Every port that others may reach. Raises ConfigError for a wrong line of `firewall.allow_in`."""
    found = [*_web(config), *_broker(config)]
    if state.ssh:
        found.append(Offer("ssh", "tcp", SSH_PORT))
    return found + extra.offers(config.firewall.allow_in)


def _web(config: Config) -> list[Offer]:
    web = config.web
    if not web.enabled or web.listen == "loopback":
        return []
    return [Offer("web page", "tcp", web.port, "anywhere" if web.listen == "any" else "home")]


def _broker(config: Config) -> list[Offer]:
    mqtt = config.mqtt
    if mqtt.host != "embedded" or not mqtt.listen or is_loopback(mqtt.listen):
        return []
    ports = (("broker, encrypted", mqtt.listen_port), ("broker, plain", mqtt.listen_plain_port))
    return [Offer(why, "tcp", port) for why, port in ports if port]


def flows(config: Config) -> list[Flow]:
    """Every connection to a configured host. Raises ConfigError for a wrong line of `firewall.allow_out`."""
    found = [
        Flow("DNS", RESOLVERS, "udp", 53),
        Flow("DNS", RESOLVERS, "tcp", 53),
        Flow("NTP", CLOCKS, "udp", 123),
    ]
    if config.mqtt.host != "embedded":
        found += _flow("broker", (APPLIANCE,), config.mqtt.host, config.mqtt.port)
    for why, url, accounts in _urls(config):
        found += _flow(why, accounts, *address(url))
    return found + extra.flows(config.firewall.allow_out, UPDATERS)


def _urls(config: Config) -> list[tuple[str, str, tuple[str, ...]]]:
    """What for, the address, and who goes there."""
    llm = config.llm.options.get("url", "")
    return [
        ("Home Assistant", config.home_assistant.url, (APPLIANCE,)),
        ("language model", llm if isinstance(llm, str) else "", (APPLIANCE,)),
        ("traces", config.observe.otlp_url, (APPLIANCE,)),
        ("updates", config.update.url, UPDATERS),
    ]


def _flow(why: str, accounts: tuple[str, ...], host: str, port: int) -> list[Flow]:
    if not host or is_loopback(host):
        return []
    return [Flow(why, accounts, "tcp", port, place(host))]


def address(url: str) -> tuple[str, int]:
    """Host and port of an address of the web; ("", 0) when it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:
        return "", 0
    return (parts.hostname or "", port) if port else ("", 0)


def place(host: str) -> Network | Literal["home", "anywhere"]:
    """Where a configured host can be: one address, somewhere in the home, or anywhere."""
    try:
        return ip_network(ip_address(host.partition("%")[0]))
    except ValueError:
        name = host.lower().rstrip(".")
        return "home" if "." not in name or name.endswith(HOME_SUFFIXES) else "anywhere"


def is_loopback(host: str) -> bool:
    """Is it this machine itself? Nothing on loopback is filtered."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"
