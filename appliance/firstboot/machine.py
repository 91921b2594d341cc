"""What tells this machine from others: serial number, board's UUID, or the address of a network card."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

from appliance.firstboot import names
from appliance.firstboot.errors import SetupError

SERIALS = (
    "sys/firmware/devicetree/base/serial-number",
    "sys/class/dmi/id/product_serial",
    "sys/class/dmi/id/product_uuid",
    "sys/class/dmi/id/board_serial",
)
MAX_BYTES = 256


def identity(root: Path = Path("/")) -> str:
    """The best that this machine has; the same at every start. Raises SetupError when it has nothing."""
    found = names.first_usable([*_serials(root), *_addresses(root), _read(root / "etc/machine-id")])
    if not found:
        raise SetupError("this machine has neither a serial number nor a network address")
    return found


def _serials(root: Path) -> Iterator[str]:
    for each in SERIALS:
        yield _read(root / each)


def _addresses(root: Path) -> list[str]:
    """Of cards that are really there, in the order of their names; not of bridges and the like."""
    folder = root / "sys/class/net"
    cards = sorted(folder.iterdir()) if folder.is_dir() else []
    return [_read(card / "address") for card in cards if (card / "device").exists()]


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES).decode("ascii", "replace").strip("\0\n ")
    except OSError:
        return ""


def set_host_name(name: str) -> None:
    """The kernel's host name, until it is switched off. Raises SetupError."""
    try:
        socket.sethostname(name)
    except OSError as error:
        raise SetupError(f"the host name cannot be set: {error.strerror}", "this needs root") from error
