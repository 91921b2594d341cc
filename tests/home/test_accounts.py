"""Who may do what, on paper. tests/satellites/test_attacks.py tries it out."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from appliance.home import accounts
from appliance.home.accounts import Account, Kind, Realm, Secret, rights
from appliance.satellites import protocol

REALM = Realm()
ADDED: list[Kind] = ["satellite", "hermes", "device", "home_assistant", "program"]
GOOD = accounts.secret("x", bytes(accounts.SALT_BYTES))
NAMES = st.from_regex(accounts.NAME, fullmatch=True)


@given(NAMES, NAMES, st.sampled_from(["up", "down"]), st.sampled_from(["audio", "wake", "availability"]))
def test_no_satellite_reaches_another(one: str, other: str, way: str, leaf: str) -> None:
    may = rights(Account(one, "satellite"), REALM)
    topic = f"appliance/satellites/{other}/{way}/{leaf}"
    reached = any(topic_matches_sub(each, topic) for each in (*may.read, *may.write))
    assert reached == (one == other)


@pytest.mark.parametrize("kind", ADDED)
@given(name=NAMES)
def test_nobody_else_touches_the_access_control(kind: Kind, name: str) -> None:
    may = rights(Account(name, kind), REALM)
    for topic in (f"{accounts.CONTROL}/v1", f"{accounts.CONTROL}/v1/response"):
        assert not any(topic_matches_sub(each, topic) for each in (*may.read, *may.write))


@pytest.mark.parametrize("kind", ["satellite", "hermes", "device", "program"])
@pytest.mark.parametrize("topic", ["homeassistant/status", "appliance/node/set/volume", "hermes/tts/say"])
def test_only_home_assistant_speaks_as_home_assistant(kind: Kind, topic: str) -> None:
    may = rights(Account("kitchen", kind), REALM)
    assert not any(topic_matches_sub(each, topic) for each in may.write)


def test_a_satellite_may_say_what_the_protocol_knows_and_invent_nothing() -> None:
    """The broker keeps retained messages: invented topics would fill its memory."""
    base = "appliance/satellites/k/up"
    written = rights(Account("k", "satellite"), REALM).write
    assert set(written) == {f"{base}/{leaf}" for leaf in protocol.LEAVES["up"]}


def test_rights_follow_the_realm() -> None:
    realm = Realm("ha", "home/voice")
    assert rights(Account("k", "satellite"), realm).read == ("home/voice/satellites/k/down/#",)
    assert "home/voice/satellites/k/up/wake" in rights(Account("k", "satellite"), realm).write
    assert "ha/status" in rights(Account("z", "device"), realm).read
    denied = rights(Account("h", "home_assistant"), realm).denied
    assert set(denied) == {"home/voice/satellites/#", "hermes/#", "$CONTROL/#", "$SYS/#"}


TAKEN = {
    "kitchen": Account("kitchen", "satellite"),
    "esp": Account("esp", "hermes"),
    "zigbee": Account("zigbee", "device", topics=("zigbee2mqtt", "shelly/one")),
}


@pytest.mark.parametrize(
    ("name", "kind", "fault"),
    [
        ("hall", "satellite", ""),
        ("hall", "hermes", ""),
        ("", "satellite", "use letters"),
        ("a b", "satellite", "use letters"),
        ("a/b", "device", "use letters"),
        ("#", "satellite", "use letters"),
        ("-x", "satellite", "use letters"),
        ("x" * 65, "satellite", "use letters"),
        ("kitchen", "satellite", "already"),
        ("KITCHEN", "device", "already"),
        ("local", "satellite", "itself"),
        ("local", "hermes", "somebody else's"),
        ("zigbee2mqtt", "hermes", "somebody else's"),
        ("shelly", "device", "somebody else's"),
        ("homeassistant", "device", "somebody else's"),
        ("hermes", "device", "somebody else's"),
        ("appliance", "device", "somebody else's"),
    ],
)
def test_names(name: str, kind: Kind, fault: str) -> None:
    found = accounts.fault_of_name(name, kind, REALM, TAKEN)
    assert fault in found
    assert bool(fault) == bool(found)


@pytest.mark.parametrize(
    ("topic", "good"),
    [
        ("zigbee2mqtt", True), ("tasmota/discovery", True), ("a b", True),
        ("", False), ("#", False), ("a/#", False), ("+", False), ("$SYS", False), ("/a", False),
        ("homeassistant", False), ("appliance/x", False), ("hermes/x", False),
        ("esp", False), ("esp/x", False), ("x" * 70_000, False),
    ],
)  # fmt: skip
def test_topics_of_devices(topic: str, good: bool) -> None:
    assert (accounts.fault_of_topic(topic, REALM, TAKEN) == "") == good


def test_passwords_are_hashed_as_mosquitto_does(tmp_path: Path) -> None:
    salt = bytes(range(accounts.SALT_BYTES))
    file = tmp_path / "passwords"
    file.write_text("")
    subprocess.run(["mosquitto_passwd", "-b", str(file), "me", "a secret ü"], check=True, capture_output=True)
    _, kind, rounds, found, hashed = file.read_text().strip().replace("me:", "me", 1).split("$")
    assert (kind, int(rounds)) == ("7", accounts.HASH_ROUNDS)
    assert accounts.secret("a secret ü", base64.b64decode(found)).hash == hashed
    assert accounts.secret("other", salt) != accounts.secret("a secret ü", salt)
    assert "hash" not in repr(accounts.secret("x", salt)).replace("Secret", "")


@pytest.mark.parametrize(
    "kept",
    [
        Secret("", ""),
        Secret("nonsense", "AAAA"),
        Secret("ü", "ü"),
        Secret(GOOD.hash, "AAAA"),
        Secret(GOOD.hash[:-8], GOOD.salt),
        Secret(GOOD.hash.replace("=", ""), GOOD.salt),
    ],
)
def test_what_the_broker_could_not_read_is_recognised(kept: Secret) -> None:
    assert accounts.is_usable(GOOD)
    assert not accounts.is_usable(kept)
