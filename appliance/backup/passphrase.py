"""Where the passphrase comes from: a file, a variable, the configuration, a prompt; never an argument."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Mapping
from pathlib import Path

from appliance.backup.errors import BackupError
from appliance.config.load import read_bounded
from appliance.config.model import Config

VARIABLE = "APPLIANCE_BACKUP_PASSPHRASE"
MIN_CHARS = 8
MAX_BYTES = 1_024


def checked(text: str, where: str, *, new: bool) -> str:
    """A usable passphrase; a `new` one must not be too short. Raises BackupError."""
    line = text.removesuffix("\n").removesuffix("\r")
    if not line.isprintable() or not line or len(line.encode()) > MAX_BYTES:
        raise BackupError(
            f"{where} is not one line of at most {MAX_BYTES} bytes", "write the passphrase there alone"
        )
    if new and len(line) < MIN_CHARS:
        raise BackupError(f"{where} is shorter than {MIN_CHARS} characters", "four or five words are good")
    return line


def from_file(path: Path, *, new: bool) -> str:
    """Raises BackupError, ConfigError."""
    try:
        text = read_bounded(path, MAX_BYTES + 2).decode()
    except UnicodeDecodeError as error:
        raise BackupError(f"{path} is not text in UTF-8", "write the passphrase there alone") from error
    return checked(text, str(path), new=new)


def configured(config: Config, *, new: bool) -> str:
    """That of `backup.passphrase_file`; "" when none is set. Raises BackupError, ConfigError."""
    name = config.backup.passphrase_file
    return from_file(Path(config.paths.data) / name, new=new) if name else ""


def find(file: Path | None, config: Config | None, environ: Mapping[str, str], *, new: bool) -> str:
    """The first of: `file`, the environment, the configuration, a prompt on a terminal; else ""."""
    if file is not None:
        return from_file(file, new=new)
    if environ.get(VARIABLE):
        return checked(environ[VARIABLE], VARIABLE, new=new)
    found = configured(config, new=new) if config else ""
    if found or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return found
    return _asked_twice() if new else _asked()


def _asked() -> str:
    text = getpass.getpass("passphrase: ", sys.stderr)
    return checked(text, "what was typed", new=False)


def _asked_twice() -> str:
    text = getpass.getpass("passphrase (empty leaves secrets out): ", sys.stderr)
    if not text:
        return ""
    checked(text, "what was typed", new=True)
    if getpass.getpass("again: ", sys.stderr) != text:
        raise BackupError("the two are not the same", "try again")
    return text
