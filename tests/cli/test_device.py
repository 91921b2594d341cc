"""`appliance device`: bridges, devices and Home Assistant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from appliance.cli import _accounts
from appliance.mqtt.address import Address
from appliance.mqtt.client import probe
from appliance.satellites.credentials import ADDED_KINDS
from tests.cli.test_satellite import beside, command, form
from tests.satellites.test_credentials import hub_of


async def test_what_is_typed_into_a_device_lets_it_in(tmp_path: Path) -> None:
    async with hub_of(tmp_path / "data") as hub:
        arguments = ("device", "add", "zigbee", "--topic", "zigbee2mqtt", "--topic", "zigbee/two")
        status, out, err, seen = await beside(hub, *arguments, "--host", "localhost")
        assert (status, err) == (0, "")
        fields = form(out)
        (tmp_path / "ca.pem").write_text(out[out.index("-----BEGIN") :])
        assert fields["encryption"].startswith("TLS")
        assert fields["password"] not in seen
        address = Address(
            fields["host"], hub.config.mqtt.listen_port, fields["user"], fields["password"], True,
            str(tmp_path / "ca.pem"),
        )  # fmt: skip
        assert (await probe(address)).connected
        listed = (await beside(hub, "device", "list"))[1]
        assert listed.split() == ["zigbee", "device", "zigbee2mqtt/#,", "zigbee/two/#"]
        assert (await beside(hub, "satellite", "list"))[1] == "nobody was added\n"
        assert (await beside(hub, "device", "revoke", "zigbee"))[1] == "zigbee may not connect any more\n"
        assert "refuses" in (await probe(address)).reason


def test_home_assistant_has_an_account_of_its_own_kind(tmp_path: Path) -> None:
    told = json.loads(command(tmp_path, "device", "--json", "add", "hass", "--home-assistant").stdout)
    assert (told["kind"], len(told["password"]) >= 20) == ("home_assistant", True)
    assert command(tmp_path, "device", "list").stdout.split() == ["hass", "Home", "Assistant"]


def test_a_device_that_cannot_do_tls_is_told_the_other_port(tmp_path: Path) -> None:
    done = command(tmp_path, "device", "add", "plug", mqtt__listen_plain_port="11884")
    assert "port        11884" in done.stdout
    assert "encryption  none" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "zigbee"), "already"),
        (("add", "homeassistant"), "somebody else's"),
        (("add", "appliance"), "already"),
        (("add", "hermes"), "somebody else's"),
        (("add", "x", "--topic", "#"), "is the beginning of no topic"),
        (("add", "x", "--topic", "+/y"), "is the beginning of no topic"),
        (("add", "x", "--topic", "$CONTROL/dynamic-security"), "is the beginning of no topic"),
        (("add", "x", "--topic", "homeassistant/status"), "is used by the appliance itself"),
        (("add", "x", "--topic", "appliance/satellites"), "is used by the appliance itself"),
        (("add", "x", "--topic", "esp/play"), "belongs to a satellite"),
        (("revoke", "x"), "there is: esp, zigbee"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence_with_a_hint(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    assert command(tmp_path, "device", "add", "zigbee").returncode == 0
    assert command(tmp_path, "satellite", "add", "esp", "--protocol", "hermes").returncode == 0
    done = command(tmp_path, "device", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert "→" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_kind_of_account_has_a_word_for_people() -> None:
    assert set(_accounts.WHAT) == ADDED_KINDS
