"""What is private is found where it lies."""

from __future__ import annotations

from pathlib import Path

from appliance.config import load
from appliance.config.model import Config, Paths
from appliance.support import known
from tests.support.planted import PERSON, plant


def test_secrets_people_and_hosts(tmp_path: Path) -> None:
    home = plant(tmp_path, "Xq9vZrT2")
    config = load.load(home.config, {}).config
    found = known.of(config, {"SOME_TOKEN": "from-outside", "PATH": "/usr/bin", "TOKEN_FILE": "/a/file"})
    wanted = ("brokerpass", "hasstoken", "apikey", "cloudid", "cloudkey", "credential", "hubpass", "pinhash")
    for name in wanted:
        assert f"{name}Xq9vZrT2" in found.secrets, name
    assert {"from-outside", "urlpass"} <= set(found.secrets)
    assert not {"/usr/bin", "/a/file"} & set(found.secrets)
    assert {PERSON, "Quastenflosser"} <= set(found.people)
    assert {"homeassistant-drosselgasse.example", "nas-drosselgasse.example"} <= set(found.hosts)


def test_nothing_there_is_nothing_known(tmp_path: Path) -> None:
    found = known.of(Config(paths=Paths(data=str(tmp_path / "none"))), {})
    assert [each for each in found.secrets if each] == []


def test_damaged_files_are_no_error(tmp_path: Path) -> None:
    (tmp_path / "judgement").mkdir()
    (tmp_path / "mosquitto").mkdir()
    (tmp_path / "judgement" / "people.db").write_bytes(b"\xff" * 5_000)
    (tmp_path / "mosquitto" / "credentials.json").write_bytes(b'{"a": "long enough to be one\xff')
    found = known.of(Config(paths=Paths(data=str(tmp_path))), {})
    assert any("long enough" in each for each in found.secrets)
