"""Ask root's helper."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import msgspec

from appliance.updating.errors import UpdateError
from appliance.updating.places import Places

MAX_LINE_BYTES = 65_536
ANSWER_SECONDS = 20.0
LOG_HINT = "journalctl -u appliance-update"


def ask(places: Places, do: str, **arguments: object) -> dict[str, Any]:
    """One request, its answer. Raises UpdateError for a refusal, and when nobody listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(ANSWER_SECONDS)
        try:
            sock.connect(str(places.socket))
            sock.sendall(msgspec.json.encode({"do": do, **arguments}) + b"\n")
            line = _line(sock)
        except PermissionError as error:
            raise UpdateError("you may not ask for updates", "with sudo: sudo appliance update …") from error
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise UpdateError(
                "nobody on this machine installs updates",
                "systemctl status appliance-update.socket",
            ) from error
        except OSError as error:
            raise UpdateError(f"the update helper did not answer: {error}", LOG_HINT) from error
    return _parsed(line)


async def ask_later(places: Places, do: str, **arguments: object) -> dict[str, Any]:
    """The same without blocking the event loop."""
    return await asyncio.to_thread(ask, places, do, **arguments)


def _line(sock: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n") and len(line) <= MAX_LINE_BYTES:
        piece = sock.recv(MAX_LINE_BYTES)
        if not piece:
            break
        line += piece
    return line


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        answer = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UpdateError("the update helper's answer cannot be read", LOG_HINT) from error
    if not isinstance(answer, dict):
        raise UpdateError("the update helper's answer cannot be read", LOG_HINT)
    if "error" in answer:
        raise UpdateError(str(answer["error"]), str(answer.get("hint", "")))
    return answer
