"""Settings over HTTP: every key described; some chosen."""

from __future__ import annotations

import pytest

from appliance.config import schema
from appliance.web.routes.settings import described
from tests.web.routes.served import Served, refused


def test_every_key_is_described_in_words_and_types() -> None:
    known = described()
    assert set(known) == {schema.dotted(path) for path in schema.leaves()}
    assert [key for key, each in known.items() if not each.help and not each.takes] == []
    volume, level = known["audio.volume"], known["log.level"]
    assert (volume.type, volume.minimum, volume.maximum) == ("number", 0.0, 1.0)
    assert (level.type, set(level.choices)) == ("choice", {"debug", "info", "warning", "error"})
    assert known["mqtt.password"].secret
    assert known["turn.listen_seconds"].unit == "seconds"
    assert known["wake.words"].type == "list"
    assert known["llm.options"].type == "table"


def test_all_of_them_with_origin(served: Served) -> None:
    settings = {each["key"]: each for each in served.http.get("/api/settings").json()}
    assert list(settings) == [schema.dotted(path) for path in schema.leaves()]
    assert settings["web.port"]["value"] == served.port
    assert settings["web.port"]["origin"]["kind"] in {"environment", "default"}
    assert settings["audio.volume"]["changeable"]
    assert not settings["web.port"]["changeable"]
    assert settings["mqtt.port"]["needs_restart"]


def test_another_value_is_in_force_and_kept(served: Served) -> None:
    for value in (0.3, 0.8):
        answer = served.http.patch("/api/settings/audio.volume", json={"value": value})
        assert answer.status_code == 200, answer.text
        assert answer.json()["value"] == value
    settings = {each["key"]: each for each in served.http.get("/api/settings").json()}
    assert settings["audio.volume"]["value"] == 0.8


@pytest.mark.parametrize(
    ("key", "value", "status", "word"),
    [
        ("audio.volume", 7, 409, "from 0 to 1"),
        ("audio.volume", None, 409, "from 0 to 1"),
        ("tts.speed", 1.2, 409, "appliance.toml"),
        ("paths.data", "/tmp/x", 409, "appliance.toml"),
        ("nonsense", 1, 409, "nonsense"),
        ("log.level", "debug", 409, "APPLIANCE__LOG__LEVEL"),
    ],
)
def test_what_cannot_be_chosen(served: Served, key: str, value: object, status: int, word: str) -> None:
    refused(served.http.patch(f"/api/settings/{key}", json={"value": value}), status, word)


def test_only_for_the_owner(served: Served) -> None:
    with served.client("read", "control", "chat", "speak") as client:
        refused(client.get("/api/settings"), 403, "admin")
        refused(client.patch("/api/settings/audio.volume", json={"value": 0.5}), 403, "admin")
