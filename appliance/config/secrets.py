"""Secrets of the configuration: read from their files when they are needed, never printed."""

from __future__ import annotations

import logging
import stat
from pathlib import Path

from appliance.config.load import read_bounded
from appliance.config.model import Mqtt
from appliance.errors import ConfigError

MAX_SECRET_BYTES = 4_096

_log = logging.getLogger(__name__)


def mqtt_password(mqtt: Mqtt) -> str:
    """The broker's password: the content of `password_file` when one is set, else `password`.

    A file that everyone may read is used, with a warning. Raises ConfigError when it cannot be read, is
    longer than 4 KiB, or holds anything but one line of text.
    """
    if not mqtt.password_file:
        return mqtt.password
    path = Path(mqtt.password_file)
    text = _one_line(read_bounded(path, MAX_SECRET_BYTES), path)
    if is_world_readable(path):
        _log.warning("%s can be read by everyone on this machine; chmod 600 %s", path, path)
    return text


def is_world_readable(path: Path) -> bool:
    """May any user of this machine read the file?"""
    return bool(path.stat().st_mode & stat.S_IROTH)


def _one_line(content: bytes, path: Path) -> str:
    try:
        text = content.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not text in UTF-8", "it must hold the password alone") from error
    if not text or not text.isprintable():
        raise ConfigError(f"{path} is empty or more than one line", "it must hold the password alone")
    return text
