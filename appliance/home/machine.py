"""What the own broker needs of the machine: programs, an account, a port, and private files."""

from __future__ import annotations

import contextlib
import logging
import os
import pwd
import shutil
import socket
from pathlib import Path

import msgspec

from appliance.errors import HomeError
from appliance.home.accounts import Account

LOG = logging.getLogger(__name__)
ACCOUNTS = ("mosquitto", "nobody")
NOBODY = 65_534
LOOPBACK = "127.0.0.1"
FIRST_FREE_PORT = 1_024
"""The broker is nobody special, so the ports below are not for it."""
MAX_CREDENTIALS_BYTES = 1_048_576
PLUGIN = "mosquitto_dynamic_security.so"
PLUGIN_FOLDERS = ("/usr/lib", "/usr/local/lib", "/usr/lib64")
SEARCH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/sbin"))


class Saved(msgspec.Struct):
    """What is kept over restarts: this file is the truth, the broker's own files are made from it."""

    passwords: dict[str, str] = {}
    """Of our own programs."""
    port: int = 0
    accounts: dict[str, Account] = {}
    """Everyone else."""


def program(name: str, package: str) -> str:
    """The path of a program. Raises HomeError with the package that brings it."""
    path = shutil.which(name, path=SEARCH)
    if path is None:
        raise HomeError(f"the program {name} is not installed", f"sudo apt-get install {package}")
    return path


def plugin() -> str:
    """The broker's access control. Raises HomeError with the package that brings it."""
    for folder in PLUGIN_FOLDERS:
        for pattern in (PLUGIN, f"*/{PLUGIN}", f"*/mosquitto/{PLUGIN}"):
            found = next(Path(folder).glob(pattern), None)
            if found is not None:
                return str(found)
    raise HomeError(f"{PLUGIN} is not installed", "sudo apt-get install mosquitto (2.0 or later)")


def account() -> tuple[int, int] | None:
    """Whom the broker runs as when we are root; None when we are not."""
    if os.geteuid() != 0:
        return None
    for name in ACCOUNTS:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
    return NOBODY, NOBODY


def read_saved(path: Path) -> Saved:
    """What was kept, or its copy from before the last change; new only when both are missing or damaged."""
    for each in (path, copy_of(path)):
        try:
            with each.open("rb") as file:
                return msgspec.json.decode(file.read(MAX_CREDENTIALS_BYTES), type=Saved)
        except FileNotFoundError:
            continue
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            LOG.warning("home: %s is damaged", each)
            with contextlib.suppress(OSError):
                each.rename(each.with_name(f"{each.name}.damaged"))
    return Saved()


def save(path: Path, saved: Saved) -> None:
    """Keep it; the file before stays beside it as a copy. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        before = path.read_text()
        if before != (text := msgspec.json.encode(saved).decode()):
            write_private(copy_of(path), before, None)
            write_private(path, text, None)
        return
    write_private(path, msgspec.json.encode(saved).decode(), None)


def copy_of(path: Path) -> Path:
    """Where the file from before the last change lies."""
    return path.with_name(f"{path.name}.before")


def write_private(path: Path, text: str, owner: tuple[int, int] | None) -> None:
    """Replace the file at once, readable for its owner alone."""
    fresh = path.with_name(f".{path.name}.new")
    with contextlib.suppress(FileNotFoundError):
        fresh.unlink()
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        if owner is not None:
            os.fchown(file.fileno(), *owner)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def cannot_write(path: Path, error: OSError) -> HomeError:
    """The error for a person."""
    return HomeError(
        f"{error.filename or path}: {error.strerror}", "make paths.data writable for the appliance"
    )


def free_port(wish: int, last: int) -> int:
    """The wished port, or the one of the last time, or any that is free. Raises HomeError."""
    for port in (wish, last, 0):
        if 0 < port < FIRST_FREE_PORT:
            continue
        with contextlib.suppress(OSError), socket.socket() as probing:
            probing.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probing.bind((LOOPBACK, port))
            return int(probing.getsockname()[1])
    raise HomeError("no free port on loopback", "is the loopback interface up? try: ip link set lo up")


def listens(port: int) -> bool:
    """Does anyone listen on this port of the loopback?"""
    with socket.socket() as trying:
        trying.settimeout(0.2)
        return trying.connect_ex((LOOPBACK, port)) == 0
