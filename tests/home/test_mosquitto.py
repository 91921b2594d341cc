"""What an own broker is given."""

from __future__ import annotations

import pytest

from appliance.errors import HomeError
from appliance.home import mosquitto
from appliance.home.mosquitto import Outside


def test_configuration_is_for_loopback_and_bounded():
    lines = mosquitto.configuration(1234, 5_000, "/lib/x.so").splitlines()
    assert "listener 1234 127.0.0.1" in lines
    assert "allow_anonymous false" in lines
    assert "max_packet_size 5000" in lines
    assert "plugin /lib/x.so" in lines
    assert [line for line in lines if line.startswith("listener")] == ["listener 1234 127.0.0.1"]


@pytest.mark.parametrize(
    ("outside", "listeners"),
    [
        (Outside("0.0.0.0", tls_port=8883), ["8883 0.0.0.0"]),
        (Outside("::", plain_port=1884), ["1884 ::"]),
        (Outside("::", 8883, 1884), ["8883 ::", "1884 ::"]),
    ],
)
def test_others_connect_where_it_is_wished_and_by_tls_unless_told_otherwise(
    outside: Outside, listeners: list[str]
):
    lines = mosquitto.configuration(1234, 5_000, "x", outside).splitlines()
    wanted = [f"listener {each}" for each in ("1234 127.0.0.1", *listeners)]
    assert [line for line in lines if line.startswith("listener")] == wanted
    assert ("keyfile server.key" in lines) == bool(outside.tls_port)


def test_the_command_line_holds_no_secret_and_is_nobody():
    words = mosquitto.argv("/bin/prlimit", "/bin/setpriv", "/sbin/mosquitto", (103, 106))
    assert words[:2] == ["/bin/prlimit", f"--data={mosquitto.MAX_DATA_BYTES}"]
    assert words[-3:] == ["/sbin/mosquitto", "-c", "mosquitto.conf"]
    assert words[words.index("--reuid") + 1] == "103"
    assert "--reuid" not in mosquitto.argv("/bin/prlimit", "/bin/setpriv", "/sbin/mosquitto", None)


def test_it_does_not_count_its_own_memory():
    """With its access control it counts wrongly, and drops everybody: a limit of the system does not."""
    assert "memory_limit" not in mosquitto.configuration(1234, 5_000, "x")


def test_every_listener_has_a_bound_of_its_own():
    """Who fills the outer ones must not keep the appliance from its broker."""
    lines = mosquitto.configuration(1234, 5_000, "x", Outside("0.0.0.0", 8883, 1884)).splitlines()
    after = {lines[at].split()[1]: lines[at + 1] for at, line in enumerate(lines) if "listener " in line[:9]}
    assert after == dict.fromkeys(("1234", "8883", "1884"), "max_connections 256")


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "fe80::1", "::1", "192.168.1.7", "house.local"])
def test_addresses_to_listen_on(address: str):
    assert f"listener 8883 {address}" in mosquitto.configuration(1, 5_000, "x", Outside(address, 8883))


@pytest.mark.parametrize(
    "address", ["", " ", "0.0.0.0\nallow_anonymous true", "a b", "#", "/run/x", "\u00fc", "x" * 300]
)
def test_what_is_no_address_never_reaches_the_configuration(address: str):
    with pytest.raises(HomeError) as caught:
        mosquitto.configuration(1, 5_000, "x", Outside(address, 8883))
    assert "mqtt.listen" in caught.value.message
    assert "0.0.0.0" in caught.value.hint


def test_a_port_that_somebody_has_is_told_from_other_troubles():
    outside = Outside("0.0.0.0", 8883)
    assert "mqtt.listen_port" in mosquitto.hint("Error: Address already in use", outside)
    assert "mqtt.host" in mosquitto.hint("Error: Address already in use", None)
    assert "mqtt.host" in mosquitto.hint("out of memory", outside)
