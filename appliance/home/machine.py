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
from appliance.folders import sync_folder
from appliance.home.accounts import NAME, Account, is_usable

LOG = logging.getLogger(__name__)
ACCOUNTS = ("mosquitto", "nobody")
NOBODY = 65_534
LOOPBACK = "127.0.0.1"
FIRST_FREE_PORT = 1_024
"""The broker is nobody special, so the ports below are not for it."""
MAX_CREDENTIALS_BYTES = 1_048_576
HIGHEST_PORT = 65_535
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
    """What was kept, or its copy; new only when both are missing or damaged. Raises OSError."""
    damaged = False
    for each in (path, copy_of(path)):
        try:
            with each.open("rb") as file:
                raw = file.read(MAX_CREDENTIALS_BYTES + 1)
        except FileNotFoundError:
            continue
        saved = _understood(raw)
        if saved is not None:
            return saved
        damaged = True
        aside = each.with_name(f"{each.name}.damaged")
        LOG.warning("home: %s is damaged; it is kept as %s", each, aside.name)
        with contextlib.suppress(OSError):  # who may only read it cannot put it aside
            each.replace(aside)
    if damaged:
        LOG.warning("home: nobody may connect any more; see: appliance satellite add, appliance device add")
    return Saved()


def _understood(raw: bytes) -> Saved | None:
    """What was kept; None when it is not all as `save` writes it."""
    try:
        saved = msgspec.json.decode(raw, type=Saved)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    ours = all(name and password for name, password in saved.passwords.items())
    others = all(_is_sound(name, each) for name, each in saved.accounts.items())
    return saved if ours and others and 0 <= saved.port <= HIGHEST_PORT else None


def _is_sound(name: str, account: Account) -> bool:
    known = name == account.name and NAME.fullmatch(name) is not None
    return (
        known
        and account.kind not in {"appliance", "program"}
        and account.secret is not None
        and is_usable(account.secret)
    )


def save(path: Path, saved: Saved) -> None:
    """Keep it, twice: the copy is for the day on which the file is damaged. Raises OSError.

    Both are the same: with an older copy, somebody who was locked out would come back.
    """
    text = msgspec.json.encode(saved).decode()
    for each in (path, copy_of(path)):
        if _content(each) != text.encode():
            write_private(each, text, None)


def copy_of(path: Path) -> Path:
    """Where its copy lies."""
    return path.with_name(f"{path.name}.copy")


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def make_private(folder: Path) -> None:
    """A folder of its owner alone; made by root, it belongs to the owner of the folder around it.

    Raises OSError.
    """
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True)
        owner = _owner(folder.parent)
        if owner is not None:
            os.chown(folder, *owner)


def write_private(path: Path, text: str, owner: tuple[int, int] | None) -> None:
    """Replace the file at once, readable for its owner alone: `owner`, or for root the folder's own.

    Raises OSError; then the file is as it was.
    """
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    owner = owner or _owner(path.parent)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        if owner is not None:
            os.fchown(file.fileno(), *owner)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def _owner(folder: Path) -> tuple[int, int] | None:
    """Whose files root writes there: the appliance must still be able to read them."""
    if os.geteuid() != 0:
        return None
    status = folder.stat()
    return status.st_uid, status.st_gid


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
