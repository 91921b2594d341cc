"""What an own broker is given."""

from __future__ import annotations

import pytest

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
    words = mosquitto.argv("/bin/setpriv", "/sbin/mosquitto", (103, 106))
    assert words[-3:] == ["/sbin/mosquitto", "-c", "mosquitto.conf"]
    assert words[words.index("--reuid") + 1] == "103"
    assert "--reuid" not in mosquitto.argv("/bin/setpriv", "/sbin/mosquitto", None)
