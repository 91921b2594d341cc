"""Joining a hub: the printed line, what is kept of it, and what people paste instead."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config.model import Config, Mqtt, Paths, Satellite
from appliance.errors import ConfigError
from appliance.satellites import unit_join

PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
CA = base64.urlsafe_b64encode(PEM.encode()).decode().rstrip("=")
URI = f"appliance-satellite://kitchen:s%40cret@hub.local:8883/appliance?tls=1&ca={CA}"


def test_the_printed_line() -> None:
    joined = unit_join.parse(f" {URI}\n")
    assert joined == unit_join.Joined("kitchen", "s@cret", "hub.local", 8883, "appliance", True, PEM)
    assert "s@cret" not in repr(joined)


def test_defaults() -> None:
    joined = unit_join.parse("appliance-satellite://k:p@10.0.0.1")
    assert (joined.port, joined.prefix, joined.tls, joined.ca) == (1883, "appliance", False, "")
    assert unit_join.parse("appliance-satellite://k:p@10.0.0.1?tls=1").port == 8883


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "http://kitchen:topsecret@hub",
        "appliance-satellite://kitchen@hub",
        "appliance-satellite://:topsecret@hub",
        "appliance-satellite://kitchen:topsecret@",
        "appliance-satellite://kit%2Fchen:topsecret@hub",
        "appliance-satellite://kitchen:topsecret@hub:99999",
        "appliance-satellite://kitchen:topsecret@hub/a/%23",
        "appliance-satellite://kitchen:topsecret@hub?ca=!!!!",
        "appliance-satellite://kitchen:topsecret@hub?ca=AAAA",
        "appliance-satellite://kitchen:topsecret@[hub",
        "x" * 20_000,
    ],
)
def test_anything_else_is_refused_without_repeating_the_secret(uri: str) -> None:
    with pytest.raises(ConfigError) as caught:
        unit_join.parse(uri)
    assert "topsecret" not in str(caught.value)
    assert caught.value.hint


@given(st.text(max_size=80))
def test_noise_is_refused_or_understood_and_never_worse(text: str) -> None:
    try:
        joined = unit_join.parse(f"appliance-satellite://{text}")
    except ConfigError:
        return
    assert joined.name
    assert joined.password
    assert joined.host


def test_what_was_joined_is_kept_privately_and_used(tmp_path: Path) -> None:
    data = tmp_path / "data"
    unit_join.save(data, unit_join.parse(URI))
    unit_join.save(data, unit_join.parse(URI))
    kept = [unit_join.path(data), unit_join.certificate_path(data)]
    assert [file.stat().st_mode & 0o777 for file in kept] == [0o600] * 2
    assert unit_join.path(data).parent.stat().st_mode & 0o777 == 0o700
    way = unit_join.way(Config(paths=Paths(data=str(data))))
    assert (way.name, way.prefix) == ("kitchen", "appliance")
    assert way.address.password == "s@cret"
    assert Path(way.address.tls_ca_file).read_text() == PEM


def test_settings_win_over_what_was_joined(tmp_path: Path) -> None:
    unit_join.save(tmp_path, unit_join.parse(URI))
    mqtt = Mqtt(host="other", username="me", password="x")
    config = Config(paths=Paths(data=str(tmp_path)), mqtt=mqtt, satellite=Satellite(name="hall"))
    assert (unit_join.way(config).name, unit_join.way(config).address.host) == ("hall", "other")


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff", b'{"name":1}'])
def test_a_damaged_file_is_named(tmp_path: Path, damage: bytes) -> None:
    unit_join.save(tmp_path, unit_join.parse(URI))
    unit_join.path(tmp_path).write_bytes(damage)
    with pytest.raises(ConfigError, match="damaged"):
        unit_join.load(tmp_path)


def test_who_never_joined_is_told_how(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        unit_join.way(Config(paths=Paths(data=str(tmp_path))))
    assert "--join" in caught.value.hint


def test_a_name_that_cannot_be_a_topic_is_refused(tmp_path: Path) -> None:
    config = Config(paths=Paths(data=str(tmp_path)), mqtt=Mqtt(host="h"), satellite=Satellite(name="a/b"))
    with pytest.raises(ConfigError, match="no name"):
        unit_join.way(config)
