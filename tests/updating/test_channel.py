"""Channel files."""

from __future__ import annotations

import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.updating import channel, signing
from appliance.updating.channel import Latest
from appliance.updating.errors import Refused, UpdateError
from tests.updating.servers import Key

WHERE = "https://updates.example.org/a/stable-n100.json"
LATEST = Latest(
    format=1, channel="stable", board="n100", serial=7, version="2.0.0", epoch=1, url="new.raucb", size=9,
    sha256="0" * 64,
)  # fmt: skip


def unseal(content: bytes, key: Key) -> Latest:
    return channel.unseal(content, [key.public], channel="stable", board="n100", where=WHERE)


def test_its_address() -> None:
    assert channel.address("https://updates.example.org/a/", "stable", "n100") == WHERE


def test_what_is_sealed_is_unsealed(key: Key) -> None:
    found = unseal(channel.seal(LATEST, key.private_pem), key)
    assert found.url == "https://updates.example.org/a/new.raucb"
    assert found.offer.version == "2.0.0"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"board": "pi5"}, "stable-pi5"),
        ({"channel": "beta"}, "beta-n100"),
        ({"format": 2}, "format 2"),
        ({"version": "new"}, "not a version"),
        ({"sha256": "0" * 63}, "checksum"),
        ({"size": 0}, "size"),
        ({"size": 10**13}, "size"),
        ({"epoch": 0}, "epoch"),
        ({"notes": "x" * 4_001}, "notes"),
    ],
)
def test_signed_and_yet_wrong(key: Key, changed: dict[str, object], why: str) -> None:
    sealed = channel.seal(msgspec.structs.replace(LATEST, **changed), key.private_pem)
    with pytest.raises(UpdateError, match=why):
        unseal(sealed, key)


def test_another_key(key: Key) -> None:
    with pytest.raises(Refused, match="not signed"):
        unseal(channel.seal(LATEST, Key().private_pem), key)


@given(
    st.one_of(st.binary(max_size=300), st.recursive(st.none() | st.text(), st.lists).map(msgspec.json.encode))
)
def test_rubbish(content: bytes) -> None:
    with pytest.raises(UpdateError):
        channel.unseal(content, [], channel="stable", board="n100", where=WHERE)


@given(st.binary(max_size=200))
def test_signed_rubbish(payload: bytes) -> None:
    name, signature = signing.sign(payload, KEY.private_pem)
    text = {
        "payload": base64.b64encode(payload).decode(),
        "signatures": {name: base64.b64encode(signature).decode()},
    }
    with pytest.raises(UpdateError):
        unseal(msgspec.json.encode(text), KEY)


KEY = Key()


def test_an_older_file_than_before_is_refused() -> None:
    channel.check_serial(LATEST, 7)
    with pytest.raises(Refused, match="older channel file"):
        channel.check_serial(LATEST, 8)
