"""Where Home Assistant is, and what is said when that does not work; the token is never said."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config.model import HomeAssistant
from appliance.errors import HomeError
from appliance.home.hass import address

SECRET = "eyJhbGciOiJIUzI1NiJ9.secret-part"


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("http://homeassistant.local:8123", "ws://homeassistant.local:8123/api/websocket"),
        ("http://homeassistant.local:8123/", "ws://homeassistant.local:8123/api/websocket"),
        ("https://home.example", "wss://home.example/api/websocket"),
        ("ws://10.0.0.5:8123/api/websocket", "ws://10.0.0.5:8123/api/websocket"),
        ("wss://home.example:443/ha", "wss://home.example:443/ha/api/websocket"),
        (" http://[fd00::1]:8123 ", "ws://[fd00::1]:8123/api/websocket"),
    ],
)
def test_what_people_write_becomes_the_websocket_api(written: str, url: str) -> None:
    assert address.websocket_url(written) == url


@pytest.mark.parametrize(
    "written",
    [
        "homeassistant.local:8123",
        "ftp://x",
        "http://",
        "http://user:pw@x",
        "http://x:99999",
        "http://x\n/y",
        "x" * 600,
    ],
)
def test_what_is_no_address_is_refused_with_a_hint(written: str) -> None:
    with pytest.raises(HomeError) as raised:
        address.websocket_url(written)
    assert raised.value.hint
    assert "pw" not in str(raised.value)


@given(st.text(max_size=60))
def test_no_text_is_a_traceback(written: str) -> None:
    with contextlib.suppress(HomeError):
        assert address.websocket_url(written).startswith(("ws://", "wss://"))


def settings(tmp_path, content: bytes | None, mode: int = 0o600) -> HomeAssistant:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
        file.chmod(mode)
    return HomeAssistant(url="http://x", token_file=str(file))


def test_the_token_comes_from_its_file(tmp_path) -> None:
    found = address.resolve(settings(tmp_path, f"{SECRET}\n".encode()))
    assert found.token == SECRET
    assert SECRET not in repr(found)
    assert address.resolve(HomeAssistant(url="http://x", token=SECRET)).token == SECRET


@pytest.mark.parametrize("content", [None, b"", b"\n", b"two words", "ähm".encode(), b"x" * 5_000, b"a\nb"])
def test_a_file_that_holds_no_token_is_said_so_without_its_content(tmp_path, content) -> None:
    with pytest.raises(HomeError) as raised:
        address.resolve(settings(tmp_path, content))
    assert raised.value.hint
    assert "two words" not in str(raised.value)


def test_no_token_at_all_tells_how_to_get_one() -> None:
    with pytest.raises(HomeError, match="without a token") as raised:
        address.resolve(HomeAssistant(url="http://x"))
    assert "Long-lived access tokens" in raised.value.hint


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o644, True)])
def test_a_token_that_everyone_may_read_is_said_so(tmp_path, caplog, mode: int, warned: bool) -> None:
    with caplog.at_level(logging.WARNING):
        address.warn_of_readers(settings(tmp_path, SECRET.encode(), mode))
    assert ("chmod 600" in caplog.text) is warned
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (socket.gaierror(-2, "no"), "there is no host"),
        (ConnectionRefusedError(111, "refused"), "nothing listens at home.example:8123"),
        (TimeoutError(), "does not answer"),
        (ssl.SSLError(1, "wrong version"), "does not speak TLS"),
        (OSError(113, "No route to host"), "No route to host"),
        (OSError(2, "No such file", "/ca.pem"), "/ca.pem"),
        (None, "was lost"),
    ],
)
def test_each_cause_has_its_words_and_a_hint(cause, words: str) -> None:
    where = address.Address("ws://home.example:8123/api/websocket", SECRET)
    said = address.explain(where, cause)
    assert not said.connected
    assert words in said.reason
    assert said.hint
    assert SECRET not in said.reason + said.hint


def test_a_refused_token_tells_how_to_get_another() -> None:
    said = address.refused(address.Address("ws://x/api/websocket", SECRET))
    assert "does not accept the token" in said.reason
    assert "Create token" in said.hint
