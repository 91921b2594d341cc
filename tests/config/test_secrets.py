"""The broker's password and its file."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from appliance.config.model import Mqtt
from appliance.config.secrets import mqtt_password
from appliance.errors import ConfigError


def secret(tmp_path: Path, content: bytes, mode: int = 0o600) -> Mqtt:
    path = tmp_path / "password"
    path.write_bytes(content)
    path.chmod(mode)
    return Mqtt(password="other", password_file=str(path))


def test_the_file_goes_before_the_setting(tmp_path: Path) -> None:
    assert mqtt_password(Mqtt(password="direct")) == "direct"
    assert mqtt_password(secret(tmp_path, b"from file\n")) == "from file"
    assert mqtt_password(secret(tmp_path, "schlüssel\r\n".encode())) == "schlüssel"


@pytest.mark.parametrize("content", [b"", b"\n", b"two\nlines\n", b"\xff\xfe", b"nul\0", b"x" * 5_000])
def test_anything_but_one_line_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ConfigError) as caught:
        mqtt_password(secret(tmp_path, content))
    assert "password" in caught.value.message
    assert "xxxx" not in caught.value.message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        mqtt_password(Mqtt(password_file=str(tmp_path / "none")))


def test_a_file_for_everyone_is_warned_about(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        mqtt_password(secret(tmp_path, b"x\n", 0o600))
        assert caplog.messages == []
        mqtt_password(secret(tmp_path, b"hunter2\n", 0o644))
    assert "chmod 600" in caplog.text
    assert "hunter2" not in caplog.text
