"""What a caller and the appliance say to each other over the local socket, and how it is framed. Pure.

A frame is a 4-byte length (big endian), then one msgpack map with a `type`. The first frame of a caller is
`Open`, answered by `Opened` or `Refused`. One connection is one place (`pipeline.places`) while it lasts.
"""

from __future__ import annotations

import struct
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from appliance.errors import Malformed, TooBig

MAX_FRAME_BYTES = 128 * 1024
MAX_PCM_BYTES = 64 * 1024
MAX_TEXT = 1_000
LENGTH = struct.Struct(">I")

Name = Annotated[str, Meta(pattern=r"\A[a-z0-9][a-z0-9-]{0,39}\Z")]
Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]


class Frame(msgspec.Struct, frozen=True, tag=True, tag_field="type", forbid_unknown_fields=True):
    """Base of every message."""


# --- caller → appliance ---------------------------------------------------------------------------------


class Open(Frame, frozen=True):
    """First of all: what this place is called, where it is, and how it is spoken with."""

    name: Name
    area: Annotated[str, Meta(max_length=100)] = ""
    """Area id or name; "" when that is not known."""
    sound: bool = True
    """False: a typed conversation. No speech is sent, and nothing is waited for until it was heard."""
    speed: Annotated[float, Meta(ge=0.5, le=2.0)] | None = None
    """Pace of its voice; None is `tts.speed`."""


class Audio(Frame, frozen=True):
    """Its microphone: 16 kHz mono s16le that starts at `at_ms` of its own clock."""

    at_ms: Annotated[int, Meta(ge=0)]
    pcm: Annotated[bytes, Meta(max_length=MAX_PCM_BYTES)]


class Search(Frame, frozen=True):
    """Search what it hears for the wake word from now on, or do not; answered by `Searched` when refused."""

    on: bool


class Talk(Frame, frozen=True):
    """A button was pressed: listen without a wake word. Interrupts what is being said here."""


class Finish(Frame, frozen=True):
    """The button was released: the speaker is done."""


class Ask(Frame, frozen=True):
    """As if this had been heard. `id` comes back in `Begun`."""

    text: Text
    id: int = 0


class Say(Frame, frozen=True):
    """Speak this here. `id` comes back in `Begun`."""

    text: Text
    id: int = 0


class Hush(Frame, frozen=True):
    """Silence; end what goes on here."""


class Playing(Frame, frozen=True):
    """The first sample of this turn's speech left its loudspeaker; `at_ms` of its own clock if it knows."""

    turn: int
    at_ms: int | None = None


class Played(Frame, frozen=True):
    """All of this turn's speech was heard."""

    turn: int


FromCaller = Open | Audio | Search | Talk | Finish | Ask | Say | Hush | Playing | Played

# --- appliance → caller ---------------------------------------------------------------------------------


class Opened(Frame, frozen=True):
    """It is a place now."""


class Refused(Frame, frozen=True):
    """What was asked cannot be; after `Open` the connection ends."""

    message: str
    hint: str = ""
    id: int = 0
    """Of the `Ask` or `Say` that is refused."""


class Begun(Frame, frozen=True):
    """An `Ask` or `Say` has its turn."""

    id: int
    turn: int


class Note(Frame, frozen=True):
    """Something happened in a turn here; see `pipeline.trace.TurnNote`."""

    turn: int
    kind: str
    at_ms: int
    data: dict[str, Any] = {}


class Play(Frame, frozen=True):
    """The next piece of a turn's speech: mono s16le."""

    turn: int
    rate_hz: int
    pcm: bytes


class End(Frame, frozen=True):
    """Nothing more follows for this turn: `Played` is owed when all of it was heard."""

    turn: int


class Cancel(Frame, frozen=True):
    """Silence at once."""

    turn: int


class Sound(Frame, frozen=True):
    """The caller makes a sound of its own: the wake word was heard, or an answer takes long."""

    turn: int
    what: Literal["chime", "tick"]


class Searched(Frame, frozen=True):
    """Its audio is searched for the wake word from now on; or it is not, and why."""

    on: bool
    reason: str = ""


class Volume(Frame, frozen=True):
    """Play everything from now on at this loudness, 0.0 to 1.0."""

    level: float


ToCaller = Opened | Refused | Begun | Note | Play | End | Cancel | Sound | Searched | Volume

_ENCODER = msgspec.msgpack.Encoder()
_FROM_CALLER: msgspec.msgpack.Decoder[FromCaller] = msgspec.msgpack.Decoder(FromCaller)
_TO_CALLER: msgspec.msgpack.Decoder[ToCaller] = msgspec.msgpack.Decoder(ToCaller)


def encode(frame: FromCaller | ToCaller) -> bytes:
    """With its length. Raises TooBig."""
    body = _ENCODER.encode(frame)
    if len(body) > MAX_FRAME_BYTES:
        raise TooBig(f"a frame of {len(body)} bytes; at most {MAX_FRAME_BYTES}")
    return LENGTH.pack(len(body)) + body


def length(head: bytes) -> int:
    """Of the body that follows. Raises TooBig."""
    (size,) = LENGTH.unpack(head)
    if size > MAX_FRAME_BYTES:
        raise TooBig(f"a frame of {size} bytes is announced; at most {MAX_FRAME_BYTES}")
    return int(size)


def decode_caller(body: bytes) -> FromCaller:
    """What a caller said. Raises Malformed."""
    try:
        return _FROM_CALLER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"no frame of a caller: {error}") from error


def decode_appliance(body: bytes) -> ToCaller:
    """What the appliance said. Raises Malformed."""
    try:
        return _TO_CALLER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"no frame of an appliance: {error}") from error
