"""Which addresses belong to a home."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from appliance.web.access.addresses import group, is_home, is_loopback, may_come, parse


@pytest.mark.parametrize(
    "peer",
    ["127.0.0.1", "127.1.2.3", "::1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.178.20",
     "169.254.1.1", "fe80::1%eth0", "fd00::2", "::ffff:192.168.1.1"],
)  # fmt: skip
def test_of_the_home(peer: str) -> None:
    assert may_come(peer, "lan")
    assert may_come(peer, "any")
    assert may_come(peer, "loopback") == is_loopback(peer)


@pytest.mark.parametrize(
    "peer",
    ["8.8.8.8", "172.32.0.1", "172.15.255.255", "192.169.0.1", "11.0.0.1", "100.64.0.1", "2001:db8::1",
     "0.0.0.0", "2a00:1450::1", "::ffff:8.8.8.8", "224.0.0.1"],
)  # fmt: skip
def test_of_elsewhere(peer: str) -> None:
    assert not may_come(peer, "lan")
    assert not may_come(peer, "loopback")
    assert may_come(peer, "any")


@pytest.mark.parametrize("peer", ["", "testclient", "1.2.3", "127.0.0.1:80", "::g", "10.0.0.1 ", "01.2.3.4"])
def test_what_is_no_address_may_never_come(peer: str) -> None:
    assert not any(may_come(peer, listen) for listen in ("loopback", "lan", "any"))


@given(some.ip_addresses(v=4))
def test_an_address_in_the_clothes_of_ipv6_is_the_same(address: ipaddress.IPv4Address) -> None:
    mapped = f"::ffff:{address}"
    assert parse(mapped) == address
    assert group(mapped) == group(str(address)) == str(address)


@given(some.ip_addresses(v=6))
def test_a_whole_network_is_counted_together(address: ipaddress.IPv6Address) -> None:
    if address.ipv4_mapped is None and not address.is_loopback:
        first = ipaddress.IPv6Address(int(address) >> 64 << 64)
        if not first.is_loopback and first.ipv4_mapped is None:
            assert group(str(address)) == group(str(first)) == f"{first}/64"


@given(some.ip_addresses())
def test_who_is_of_the_home_is_never_a_public_address(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if is_home(address):
        assert not address.is_global
