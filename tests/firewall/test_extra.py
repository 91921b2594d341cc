"""Lines of the section `firewall`."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from appliance.errors import ConfigError
from appliance.firewall import extra
from appliance.firewall.model import Flow, Offer


def test_good_lines() -> None:
    assert extra.offers(("tcp 9090", " udp  1 ")) == [
        Offer("firewall.allow_in", "tcp", 9_090),
        Offer("firewall.allow_in", "udp", 1),
    ]
    assert extra.flows(("tcp 192.168.1.5 445",), ("root",)) == [
        Flow("firewall.allow_out", ("root",), "tcp", 445, ip_network("192.168.1.5/32"))
    ]
    assert extra.networks(("2001:db8::/48",)) == [ip_network("2001:db8::/48")]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "tcp",
        "tcp 0",
        "tcp 65536",
        "tcp ١",
        "icmp 1",
        "tcp 1 2",
        "tcp 80;accept",
        "TCP 80",
        "tcp -1",
        "tcp 000001",
    ],
)
def test_bad_offers(line: str) -> None:
    with pytest.raises(ConfigError, match=r"firewall\.allow_in") as caught:
        extra.offers((line,))
    assert "tcp 9090" in caught.value.hint


@pytest.mark.parametrize(
    "line", ["tcp 445", "tcp host 445", "tcp 10.0.0.1/8 445", "tcp 10.0.0.1 http", "x 10.0.0.1 1"]
)
def test_bad_flows(line: str) -> None:
    with pytest.raises(ConfigError, match=r"firewall\.allow_out") as caught:
        extra.flows((line,), ())
    assert "192.168.1.5" in caught.value.hint


@pytest.mark.parametrize("line", ["0.0.0.0/0", "::/0", "2000::/3", "home", "10.0.0.1/8", "128.0.0.0/1"])
def test_bad_networks(line: str) -> None:
    with pytest.raises(ConfigError, match=r"firewall\.lan"):
        extra.networks((line,))
