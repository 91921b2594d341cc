"""Names of this machine, as others may use them."""

from __future__ import annotations

import ipaddress
import re
import socket

import pytest

from appliance.home import machine_names


def test_names_are_those_of_a_certificate_and_stay_the_same() -> None:
    names = machine_names.names()
    assert names == machine_names.names()
    assert len(names) == len(set(names)) <= machine_names.MAX_NAMES
    assert {machine_names.local_name(), "localhost", "127.0.0.1", "::1"} <= set(names)


def test_addresses_are_of_use_to_others() -> None:
    for each in machine_names.addresses():
        address = ipaddress.ip_address(each)
        assert not address.is_loopback
        assert not address.is_link_local


@pytest.mark.parametrize(
    ("called", "host"),
    [
        ("pi", "pi"),
        ("pi.lan", "pi"),
        ("", "appliance"),
        ("-x", "appliance"),
        ("a b", "appliance"),
        ("x" * 64, "appliance"),
    ],
)
def test_a_host_with_a_strange_name_still_has_one(
    monkeypatch: pytest.MonkeyPatch, called: str, host: str
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: called)
    assert machine_names.host() == host
    assert re.fullmatch(r"[A-Za-z0-9-]+\.local", machine_names.local_name())
