from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.firstboot import wifi
from appliance.firstboot.errors import Fault

PROFILE = "9a2e4f0e-57c4-4c8e-bb53-2c1f5c1d7b11"
PASSWORDS = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=8, max_size=63)


def test_what_people_write_is_understood() -> None:
    text = '# mine\nSSID: Café 5 = 6\npassword = "p#ss: word"\nCountry=de\nhidden = yes\n'
    assert wifi.parse_lines(text) == wifi.Wifi("Café 5 = 6", "p#ss: word", "DE", hidden=True)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("password = 12345678", 0, "no ssid"),
        ("ssid = a\nsomething", 2, "not `name = value`"),
        ("ssid = a\nsecurity = wpa", 2, "not known"),
        ("ssid = a\n\npassword = short", 3, "Wi-Fi password"),
        ("ssid = a\npassword = with ümlaut", 2, "Wi-Fi password"),
        ("ssid = a\ncountry = Germany", 2, "two letters"),
        ("ssid = a\nssid = b", 2, "twice"),
        (f"ssid = {'ä' * 17}", 1, "32 bytes"),
        ("ssid = a\nhidden = maybe", 2, "hidden"),
    ],
)
def test_a_fault_has_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(Fault) as caught:
        wifi.parse_lines(text)
    assert caught.value.line == line
    assert words in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("ssid", ["", "x" * 33, "a\nb"])
def test_no_fault_or_repr_tells_a_password(ssid: str) -> None:
    password = "zq9!Xk%0aPW"
    with pytest.raises(Fault) as caught:
        wifi.checked(ssid, password)
    assert password not in str(caught.value)
    assert password not in repr(wifi.checked("x", password))


@given(st.text(max_size=200))
def test_any_text_is_a_network_or_a_fault(text: str) -> None:
    try:
        found = wifi.parse_lines(text)
    except Fault:
        return
    assert 1 <= len(found.ssid.encode()) <= 32


def test_the_same_network_replaces_its_profile() -> None:
    assert wifi.profile_id("Home") == wifi.profile_id("Home") != wifi.profile_id("home")
    assert "Home" not in wifi.file_name("Home")


def test_an_open_network_has_no_security_in_its_profile() -> None:
    assert "security" not in wifi.keyfile(wifi.Wifi("Cafe"), PROFILE)


def unescaped(value: str) -> str:
    """GLib's reading of a keyfile's string."""
    return value.lstrip(" ").replace("\\\\", "\0").replace("\\s", " ").replace("\0", "\\")


@given(PASSWORDS)
def test_every_password_survives_the_keyfile(password: str) -> None:
    text = wifi.keyfile(wifi.Wifi("x", password), PROFILE)
    (line,) = [line for line in text.split("\n") if line.startswith("psk=")]
    assert unescaped(line.removeprefix("psk=")) == password
    assert len(line) == len(line.rstrip(" "))


@pytest.fixture(scope="module")
def nmcli() -> str:
    found = shutil.which("nmcli")
    if found is None:
        pytest.skip("NetworkManager is not installed: apt install network-manager")
    return found


def as_networkmanager_reads_it(nmcli: str, keyfile: str) -> dict[str, str]:
    """Every value by section and name, as NetworkManager writes it again."""
    done = subprocess.run(
        [nmcli, "--offline", "connection", "modify", "connection.autoconnect-priority", "1"],
        input=keyfile, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    section, found = "", {}
    for line in done.stdout.split("\n"):
        if line.startswith("["):
            section = line.strip("[]")
        elif "=" in line:
            name, _, value = line.partition("=")
            found[f"{section}.{name}"] = value
    return found


@settings(max_examples=20, deadline=None)
@given(password=PASSWORDS)
def test_networkmanager_reads_every_password_as_it_was_meant(nmcli: str, password: str) -> None:
    text = wifi.keyfile(wifi.Wifi("Home", password), PROFILE)
    assert unescaped(as_networkmanager_reads_it(nmcli, text)["wifi-security.psk"]) == password


@pytest.mark.parametrize("ssid", ["Home", "12;13;", "1", "  x ", "a\\b", "Zuhaus ü", "#", "[x]"])
def test_networkmanager_reads_every_ssid_as_it_was_meant(nmcli: str, ssid: str) -> None:
    text = wifi.keyfile(wifi.Wifi(ssid, "12345678"), PROFILE)
    shown = as_networkmanager_reads_it(nmcli, text)["wifi.ssid"]
    numbers = [part for part in shown.split(";") if part]
    as_bytes = "\\" not in shown and shown.endswith(";") and all(part.isdecimal() for part in numbers)
    read = bytes(map(int, numbers)).decode() if as_bytes else unescaped(shown).replace("\\;", ";")
    assert read == ssid


def test_networkmanager_takes_the_hotspot(nmcli: str) -> None:
    text = wifi.hotspot_keyfile("appliance-ab3d", "1234567812345678", PROFILE, "10.42.0.1", "wlan0")
    read = as_networkmanager_reads_it(nmcli, text)
    assert read["wifi.mode"] == "ap"
    assert read["wifi.ap-isolation"] in {"1", "true"}
    assert read["wifi-security.proto"] == "rsn;"
    assert (read["ipv4.method"], read["ipv4.address1"]) == ("shared", "10.42.0.1/24")
