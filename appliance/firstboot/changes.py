"""What the appliance, which has no rights, asks of the root side when the owner changes name or Wi-Fi.

A request is one small JSON file in the appliance's own folder in memory; the root side (`applying`) takes it
away before it does anything, so that no password stays, and checks all of it again. Its answer is a file in a
folder of root's, which holds no secret. Pure.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from appliance.firstboot.errors import SetupError
from appliance.firstboot.nmcli import Seen

REQUEST = Path("/run/appliance/change-request")
"""In the folder that systemd makes for the service, and removes with it."""
ANSWER = "change-answer.json"
MAX_REQUEST_BYTES = 2_048
MAX_ANSWER_BYTES = 65_536

Id = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$")]
State = Literal["working", "done", "failed"]
Why = Literal["", "password", "not_found", "no_address", "other", "busy", "refused"]


class Asked(msgspec.Struct, frozen=True, tag_field="do", forbid_unknown_fields=True):
    """Base of every request; the answer names its `id`."""

    id: Id


class Rename(Asked, frozen=True, tag="rename"):
    """Another name in the network."""

    name: Annotated[str, Meta(max_length=63)]


class Look(Asked, frozen=True, tag="look"):
    """Which networks are in the air, and which one is it in?"""


class Join(Asked, frozen=True, tag="join"):
    """Connect to this network, and keep it if that works."""

    ssid: Annotated[str, Meta(min_length=1, max_length=32)]
    password: Annotated[str, Meta(max_length=64)] = ""

    def __repr__(self) -> str:
        return f"Join({self.ssid!r})"


Request = Rename | Look | Join


class Told(msgspec.Struct, frozen=True):
    """The answer; `message` is for people, in English."""

    id: Id
    state: State
    why: Why = ""
    message: str = ""
    connected: str = ""
    """SSID of the network that it is in; empty: none, or not looked."""
    networks: tuple[Seen, ...] = ()


_requests: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
_answers = msgspec.json.Decoder(Told)


def encode(message: Request | Told) -> bytes:
    """For the file."""
    return msgspec.json.encode(message)


def request(content: bytes) -> Request:
    """Raises SetupError for what is none; its text never holds what was asked."""
    if len(content) > MAX_REQUEST_BYTES:
        raise SetupError(f"a request above {MAX_REQUEST_BYTES} bytes")
    try:
        return _requests.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SetupError("that is no request") from error


def told(content: bytes) -> Told | None:
    """None for what is no answer."""
    if len(content) > MAX_ANSWER_BYTES:
        return None
    try:
        return _answers.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
