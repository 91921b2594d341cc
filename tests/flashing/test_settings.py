"""What is put on the set-up partition is what the first start takes over."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import ApplianceError
from appliance.firstboot import imager, keys
from tools.flashing import settings
from tools.flashing.errors import FlashError

KEY = "ssh-ed25519 " + base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0 " + bytes(range(32))).decode()
SSIDS = st.text(min_size=1, max_size=32).filter(lambda text: text.isprintable() and len(text.encode()) <= 32)
PASSWORDS = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=8, max_size=63)


@given(SSIDS, PASSWORDS | st.just("") | st.just("0f" * 32), st.sampled_from(["DE", "GB", "US"]))
def test_a_network_is_understood_by_the_first_start(ssid: str, password: str, country: str) -> None:
    found = imager.wifi_table(settings.wifi(ssid, password, country).decode(), "wifi.toml")
    assert (found.ssid, found.password, found.country) == (ssid, password, country)


@pytest.mark.parametrize(
    ("ssid", "password", "country", "said"),
    [
        ("", "password", "DE", "Wi-Fi name"),
        ("x" * 33, "password", "DE", "Wi-Fi name"),
        ("ü" * 17, "password", "DE", "Wi-Fi name"),
        ("a\nb", "password", "DE", "Wi-Fi name"),
        ("a\udcff", "password", "DE", "Wi-Fi name"),
        ("home", "short", "DE", "password"),
        ("home", "x" * 64, "DE", "password"),
        ("home", "pässword", "DE", "password"),
        ("home", "pass\tword", "DE", "password"),
        ("home", "password", "Germany", "country"),
        ("home", "password", "", "country"),
    ],
)
def test_a_network_that_cannot_be_is_refused(ssid: str, password: str, country: str, said: str) -> None:
    with pytest.raises(FlashError, match=said) as caught:
        settings.wifi(ssid, password, country)
    assert caught.value.hint
    assert "pässword" not in str(caught.value)


def test_keys_are_taken_as_the_first_start_takes_them(tmp_path: Path) -> None:
    path = tmp_path / "id.pub"
    path.write_bytes(f"\ufeff# mine\r\n{KEY} me@pc\r\n\r\n".encode())
    assert settings.authorized_keys(path) == f"{KEY} me@pc\n".encode()
    assert keys.parse(settings.authorized_keys(path).decode()) == (f"{KEY} me@pc",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nx\n", "private key"),
        (b"", "no key"),
        (b"hello\n", "line 1"),
        (f"{KEY}\n{KEY[:30]}\n".encode(), "line 2"),
        (b"\xff\xff\xff", "UTF-8"),
        (b"#" * (settings.MAX_KEYS_BYTES + 1), "larger"),
    ],
)
def test_what_is_no_public_key_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "id"
    path.write_bytes(content)
    with pytest.raises(FlashError, match=said):
        settings.authorized_keys(path)


def test_a_configuration_is_kept_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "appliance.toml"
    path.write_text('# mine\nlanguage = "de"\n')
    assert settings.config(path) == path.read_bytes()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'language = "de', "not TOML"),
        (b"\xff", "not TOML"),
        (b'[mqtt]\nhots = "x"\n', "mqtt.hots"),
        (b"#" * (settings.MAX_CONFIG_BYTES + 1), "larger"),
    ],
)
def test_a_wrong_configuration_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "appliance.toml"
    path.write_bytes(content)
    with pytest.raises(ApplianceError, match=said):
        settings.config(path)


@pytest.mark.parametrize(("language", "country"), [("de_AT.UTF-8", "AT"), ("C.UTF-8", ""), ("POSIX", "")])
def test_the_country_comes_from_the_language_setting(language: str, country: str) -> None:
    program = "from tools.flashing import settings; print(settings.country_here())"
    environment = {"LC_ALL": language, "PATH": "/usr/bin"}
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, env=environment
    )
    assert done.stdout.strip() == country
