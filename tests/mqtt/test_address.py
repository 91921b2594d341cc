"""Where the broker is, and sentences about why it cannot be reached."""

from __future__ import annotations

import socket
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config.model import Mqtt
from appliance.errors import HomeError
from appliance.mqtt import address
from appliance.mqtt.address import Address

HERE = Address("broker.lan", 1883, "me", "hunter2")


@pytest.mark.parametrize(
    ("code", "cause", "reason", "hint"),
    [
        (135, None, "refuses the user 'me': wrong name or password", "mqtt.password"),
        (134, None, "wrong name or password", "mqtt.password"),
        (133, None, "client id", "mqtt.client_id"),
        (142, None, "our place", "mqtt.client_id"),
        (151, None, "code 151", "log"),
        (None, socket.gaierror(-2, "x"), "there is no host 'broker.lan'", "mqtt.host"),
        (None, ConnectionRefusedError(111, "x"), "nothing listens at broker.lan:1883", "mosquitto -p 1883"),
        (None, TimeoutError(), "does not answer", "firewall"),
        (None, OSError(113, "No route to host"), "No route to host", "network"),
        (None, FileNotFoundError(2, "No such file", "/ca.pem"), "/ca.pem: No such file", "mqtt.tls_ca_file"),
        (None, ssl.SSLError("WRONG_VERSION_NUMBER"), "does not speak TLS", "mqtt.tls"),
        (128, None, "was lost", "by itself"),
        (None, None, "was lost", "by itself"),
    ],
)
def test_every_cause_has_its_sentence_and_its_remedy(code, cause, reason, hint):
    said = address.explain(HERE, code, cause)
    assert not said.connected
    assert reason in said.reason
    assert hint in said.hint
    assert "hunter2" not in said.reason + said.hint


def test_the_password_is_never_shown():
    assert "hunter2" not in repr(HERE) + str(HERE) + str(HERE.__rich_repr__())


def test_the_password_comes_from_its_file(tmp_path):
    file = tmp_path / "password"
    file.write_text("s e c r e t\n")
    found = address.resolve(Mqtt(host="h", port=1, username="u", password="x", password_file=str(file)))
    assert found == Address("h", 1, "u", "s e c r e t")


@pytest.mark.parametrize("content", [None, b"x" * 5_000, b"\xff\xfe"])
def test_a_password_file_that_cannot_be_used_is_named(tmp_path, content):
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(HomeError, match=str(file)):
        address.resolve(Mqtt(password_file=str(file)))


def test_the_client_id_is_made_from_the_host():
    assert address.client_id(Mqtt(client_id="mine")) == "mine"
    made = address.client_id(Mqtt())
    assert made.startswith("appliance-")
    assert len(made) <= address.MAX_CLIENT_ID_CHARS


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_the_wait_grows_to_its_bound(failures, chance):
    wait = address.backoff_seconds(0.5, 30.0, failures, chance)
    assert 0.25 <= wait <= 30.0
    assert address.backoff_seconds(0.5, 30.0, failures + 1, chance) >= wait
