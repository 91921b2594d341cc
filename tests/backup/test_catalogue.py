"""What is in a backup, and what a backup may write."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from appliance.backup.catalogue import ITEMS, holds_secret, is_allowed, named, without_secrets


def test_its_own_items_are_allowed() -> None:
    assert [item.path for item in ITEMS if not is_allowed(item.path)] == []


@pytest.mark.parametrize(
    "path",
    [
        "", "/etc/passwd", "../x", "a/../b", "a//b", ".hidden", "a/.ssh/x", "a\\b", "a\0b", "a\n", "x" * 300,
        "é",
        "run/lock", "run/control.sock", "models/voice/weights.bin", "models", "snapshots/x", "set-aside/x",
        "timers.sqlite-journal", "judgement/audit.db-wal", "mosquitto/broker/acl.json", "a/b/c/d/e/f/g",
        "a/", "~/x",
    ],
)  # fmt: skip
def test_other_places_are_not(path: str) -> None:
    assert not is_allowed(path)


@given(st.text() | st.from_regex(r"[a./\\-]{1,30}"))
def test_whatever_is_allowed_stays_below(path: str) -> None:
    if is_allowed(path):
        root = Path("/a/b")
        assert (root / path).resolve().is_relative_to(root)
        assert Path(path).as_posix() == path


def test_files_that_the_configuration_names() -> None:
    settings = [
        ("mqtt.password_file", "/data/mqtt.password"),
        ("understanding.sentences_file", "/data/own.yaml"),
        ("home_assistant.token_file", "/etc/token"),
        ("mqtt.tls_ca_file", "/data/models/x.pem"),
        ("mqtt.tls_key_file", "/data/timers.sqlite"),
        ("backup.passphrase_file", "/data/passphrase"),
    ]
    inside, outside = named(settings, PurePosixPath("/data"))
    assert {item.path: item.secret for item in inside} == {"mqtt.password": True, "own.yaml": False}
    assert outside == ["/etc/token"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('[mqtt]\nport = 1\npassword = "x"\n', {"mqtt": {"port": 1}}),
        ('[home_assistant]\n"token"="x"\n', {"home_assistant": {}}),
        ('mqtt.password = "x"\nlanguage = "de"\n', {"language": "de"}),
        ('[llm.options]\napi_key = "x"\n', {"llm": {"options": {}}}),
        ('[mqtt]\npassword_file = "/x"\n', {"mqtt": {"password_file": "/x"}}),
    ],
)
def test_secrets_go_by_the_line(text: str, left: object) -> None:
    shortened = without_secrets(text)
    assert tomli.loads(shortened) == left
    assert not holds_secret(tomli.loads(shortened))


@pytest.mark.parametrize("text", ['mqtt = { password = "x" }', '["mqtt"]\n"pass\\u0077ord" = "x"'])
def test_a_secret_that_no_line_shows_is_still_seen(text: str) -> None:
    assert holds_secret(tomli.loads(without_secrets(text)))


def test_an_empty_secret_is_none() -> None:
    assert not holds_secret({"mqtt": {"password": "", "port": 1}})
