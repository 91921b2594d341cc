"""Configuration and state → the text that nft loads. One table of our own, replaced in one step.

What others have in tables of their own (NetworkManager's address translation, a container's) stays; but a
packet refused here is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, ip_network

from appliance.config.model import Config
from appliance.firewall import extra, wanted
from appliance.firewall.model import Flow, Network, Offer, State

TABLE = "inet appliance"
PRIVATE: tuple[Network, ...] = tuple(
    map(
        ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fe80::/10", "fc00::/7"),
    )
)
"""Not routed on the Internet: RFC 1918, 3927, 4193, 4291."""
MDNS_GROUPS = ("ip daddr 224.0.0.251", "ip6 daddr ff02::fb")
LOG = 'limit rate 6/minute burst 10 packets log prefix "firewall {}: " level info'

HEAD = f"""\
table {TABLE}
delete table {TABLE}
table {TABLE} {{
\tcomment "DIGEST"
\tcounter refused_in {{}}
\tcounter refused_out {{}}
\tcounter refused_through {{}}
"""
FETCHING = "\tset fetching {\n\t\ttypeof meta skuid\n\t\tflags timeout\n\t}\n"
"""Accounts that may fetch models now."""
OPEN_IN = (
    'iifname "lo" accept',
    "# Neighbours of IPv6; a hop limit of 255 says that no router passed it on.",
    "icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept",
    "icmpv6 type mld-listener-query ip6 hoplimit 1 accept",
    "ip protocol igmp ip ttl 1 accept",
    "ct state vmap { established : accept, related : accept, invalid : drop }",
    "# Leases",
    "udp sport 67 udp dport 68 accept",
    "ip6 saddr fe80::/10 udp dport 546 accept",
)
OPEN_OUT = (
    'oifname "lo" accept',
    "icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept",
    "icmpv6 type { mld-listener-report, mld2-listener-report, mld-listener-done } ip6 hoplimit 1 accept",
    "ip protocol igmp ip ttl 1 accept",
    "ct state vmap { established : accept, related : accept, invalid : drop }",
)


def ruleset(config: Config, state: State) -> str:
    """Text for `nft -f`. Raises ConfigError for a wrong line of the section `firewall`."""
    home = [*PRIVATE, *extra.networks(config.firewall.lan), *state.on_link]
    body = "".join(
        (
            _set("home4", "ipv4_addr", [str(each) for each in home if isinstance(each, IPv4Network)]),
            _set("home6", "ipv6_addr", [str(each) for each in home if not isinstance(each, IPv4Network)]),
            FETCHING,
            _chain("input", _incoming(wanted.offers(config, state), state), "refused_in", "drop"),
            _chain(
                "output",
                _outgoing(wanted.flows(config), state),
                "refused_out",
                "reject with icmpx admin-prohibited",
            ),
            _chain("forward", (), "refused_through", "drop"),
        )
    )
    return _table(body) + _fetching(state)


def closed() -> str:
    """The same with nothing but leases and neighbours: for the time before the configuration is known."""
    leases = [f"{each} accept" for each in _leases("meta skuid 0")]
    body = _chain("input", (), "refused_in", "drop")
    body += _chain("output", leases, "refused_out", "reject with icmpx admin-prohibited")
    body += _chain("forward", (), "refused_through", "drop")
    return _table(body)


def none() -> str:
    """Text that takes the table away."""
    return f"table {TABLE}\ndelete table {TABLE}\n"


def _table(body: str) -> str:
    return HEAD.replace("DIGEST", digest(body)) + body + "}\n"


def digest(body: str) -> str:
    """What tells two rule sets apart, short enough for a comment."""
    return hashlib.sha256(body.encode()).hexdigest()[:32]


def _set(name: str, kind: str, elements: Sequence[str]) -> str:
    listed = ", ".join(dict.fromkeys(elements))
    lines = (f"type {kind}", "flags interval", "auto-merge", f"elements = {{ {listed} }}")
    return f"\tset {name} {{\n" + "".join(f"\t\t{line}\n" for line in lines) + "\t}\n"


def _chain(name: str, rules: Iterable[str], counter: str, verdict: str) -> str:
    opening = {"input": OPEN_IN, "output": OPEN_OUT}.get(name, ())
    end = (LOG.format(counter.replace("_", " ")), f'counter name "{counter}" {verdict}')
    lines = "".join(f"\t\t{rule}\n" for rule in (*opening, *rules, *end))
    return f"\tchain {name} {{\n\t\ttype filter hook {name} priority filter; policy drop;\n{lines}\t}}\n"


def _incoming(offers: Iterable[Offer], state: State) -> list[str]:
    rules = [f"{group} udp dport 5353 accept" for group in MDNS_GROUPS]
    rules += _from_home("udp dport 5353")
    rules += _from_home(
        "icmp type echo-request limit rate 10/second", v6="icmpv6 type echo-request limit rate 10/second"
    )
    for offer in offers:
        match = f"{offer.protocol} dport {offer.port}"
        rules += [f"# {offer.why}", *(_from_home(match) if offer.to == "home" else [f"{match} accept"])]
    if state.hotspots:
        rules += [f"iifname {_names(state.hotspots)} {each} accept" for each in _HOTSPOT_SERVICES]
    return rules


_HOTSPOT_SERVICES = ("udp dport { 53, 67 }", "tcp dport { 53, 80 }")


def _from_home(match: str, v6: str = "") -> list[str]:
    return [f"ip saddr @home4 {match} accept", f"ip6 saddr @home6 {v6 or match} accept"]


def _outgoing(flows: Iterable[Flow], state: State) -> list[str]:
    rules = [f"{each} accept" for each in _leases(_who(wanted.DHCP_CLIENTS, state))]
    rules += _mdns(_who(wanted.MDNS, state))
    for flow in flows:
        rules += _flow(flow, state)
    rules.append("meta skuid @fetching tcp dport 443 accept")
    who = _who(wanted.HOTSPOT_SERVERS, state)
    if state.hotspots and who:
        rules.append(f"oifname {_names(state.hotspots)} {who} udp sport 67 udp dport 68 accept")
    return rules


def _fetching(state: State) -> str:
    """Behind the table, for the kernel ends it by itself and it makes no other rule set."""
    uids = [uid for name in wanted.FETCHERS if (uid := state.uids.get(name)) is not None]
    if not state.fetch_seconds or not uids:
        return ""
    elements = ", ".join(f"{uid} timeout {state.fetch_seconds}s" for uid in uids)
    return f"add element {TABLE} fetching {{ {elements} }}\n"


def _leases(who: str) -> list[str]:
    return (
        [
            f"{who} udp sport 68 udp dport 67",
            f"{who} ip6 daddr {{ fe80::/10, ff02::1:2 }} udp sport 546 udp dport 547",
        ]
        if who
        else []
    )


def _mdns(who: str) -> list[str]:
    if not who:
        return []
    groups = [f"{group} {who} udp dport 5353 accept" for group in MDNS_GROUPS]
    return [
        *groups,
        f"ip daddr @home4 {who} udp sport 5353 accept",
        f"ip6 daddr @home6 {who} udp sport 5353 accept",
    ]


def _flow(flow: Flow, state: State) -> list[str]:
    who = _who(flow.accounts, state)
    if not who:
        return []
    match = f"{who} {flow.protocol} dport {flow.port} accept"
    if flow.to == "anywhere":
        rules = [match]
    elif flow.to == "home":
        rules = [f"ip daddr @home4 {match}", f"ip6 daddr @home6 {match}"]
    else:
        rules = [f"{'ip' if flow.to.version == 4 else 'ip6'} daddr {flow.to} {match}"]
    return [f"# {flow.why}", *rules]


def _who(accounts: Iterable[str], state: State) -> str:
    """The match for those of the accounts that exist; empty when none does."""
    uids = sorted({state.uids[name] for name in accounts if name in state.uids})
    return f"meta skuid {{ {', '.join(map(str, uids))} }}" if uids else ""


def _names(interfaces: Iterable[str]) -> str:
    return "{ " + ", ".join(f'"{name}"' for name in interfaces) + " }"
