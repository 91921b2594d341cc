from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.firstboot import nmcli
from appliance.firstboot.nmcli import Device, Seen

DEVICES = r"""eth0:ethernet:unavailable:
wlan0:wifi:connected:Caf\:e \\ 5
p2p-dev-wlan0:wifi-p2p:disconnected:
lo:loopback:connected (externally):lo
"""


def test_devices_are_read_with_colons_in_their_names() -> None:
    found = nmcli.devices(DEVICES)
    assert found[1] == Device("wlan0", "wifi", "connected", "Caf:e \\ 5")
    assert nmcli.is_online(found)
    assert nmcli.wifi_device(found) == "wlan0"


@pytest.mark.parametrize(
    "line",
    [
        "lo:loopback:connected (externally):lo",
        "wlan0:wifi:connected:appliance-hotspot",
        "wlan0:wifi:connecting (getting IP configuration):Home",
        "eth0:ethernet:disconnected:",
        "docker0:bridge:connected (externally):docker0",
    ],
)
def test_what_is_no_way_into_a_network(line: str) -> None:
    assert not nmcli.is_online(nmcli.devices(line))


def test_a_network_of_its_own_without_internet_is_a_network() -> None:
    assert nmcli.is_online(nmcli.devices("eth0:ethernet:connected (site only):Wired"))


@pytest.mark.parametrize("state", ["unmanaged", "unavailable"])
def test_a_card_that_cannot_be_used_is_none(state: str) -> None:
    assert nmcli.wifi_device(nmcli.devices(f"wlan0:wifi:{state}:")) == ""


def test_networks_are_told_once_the_strongest_first() -> None:
    text = (
        "Home:40:WPA2:2412 MHz\nHome:70:WPA2:5180 MHz\n:90:WPA2:2412 MHz\n"
        "Cafe:55::2412 MHz\nOffice:99:WPA2 802.1X:2412 MHz\nbroken line\n"
    )
    assert nmcli.networks(text) == [Seen("Home", 70, True), Seen("Cafe", 55, False)]


@given(st.text(max_size=500))
def test_any_output_is_read(text: str) -> None:
    assert len(nmcli.networks(text)) <= nmcli.MAX_NETWORKS
    nmcli.devices(text)


@given(st.lists(st.text(st.characters(blacklist_characters="\n\r")), min_size=1, max_size=5))
def test_columns_survive_nmclis_escaping(columns: list[str]) -> None:
    line = ":".join(column.replace("\\", "\\\\").replace(":", "\\:") for column in columns)
    assert nmcli.fields(line) == columns


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Error: Connection activation failed: Secrets were required, but not provided.", "password"),
        ("Error: Connection activation failed: (7) Secrets were required, but not provided.", "password"),
        ("Error: Connection activation failed: The Wi-Fi network could not be found", "not_found"),
        ("Error: Connection activation failed: IP configuration could not be reserved (…)", "no_address"),
        ("Error: something else", "other"),
    ],
)
def test_the_reason_is_told(said: str, reason: str) -> None:
    assert nmcli.reason_of(said) == reason
