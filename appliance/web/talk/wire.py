"""What a browser and the web process say to each other, byte for byte. Pure; see docs/talk-protocol.md.

Binary frames are sound, text frames are JSON objects with a `type`. Both sides number what they send (`n`,
from 1, over both kinds), so that after a lost connection each can send again what the other did not get.
"""

from __future__ import annotations

import struct
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from appliance.calls.protocol import MAX_TEXT
from appliance.errors import Malformed, TooBig

VERSION = 1
RATE_HZ = 16_000
"""Of the microphone's sound: mono s16le."""
AUDIO, SPEECH = 1, 2
AUDIO_HEAD = struct.Struct("<BBHII")
"""kind 1, flags 0, reserved 0, n, clock in ms."""
SPEECH_HEAD = struct.Struct("<BBHII")
"""kind 2, flags 0, rate in Hz, n, turn."""
MAX_PCM_BYTES = 6_400
"""200 ms; browsers send 20 ms at a time."""
MAX_TEXT_BYTES = 8 * 1024
MAX_U32 = 2**32 - 1
MAX_RATE_HZ = 2**16 - 1
MAX_BACK_MS = 1_000

Number = Annotated[int, Meta(ge=1, le=MAX_U32)]
Turn = Annotated[int, Meta(ge=0, le=MAX_U32)]
Clock = Annotated[int, Meta(ge=0, le=MAX_U32)]
Mode = Literal["voice", "text"]


class Frame(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag=lambda name: name.lower()
):
    """Base of every text frame."""


# --- browser → server -----------------------------------------------------------------------------------


class Hello(Frame, frozen=True):
    """First of all; the only one without a number."""

    version: Literal[1] = 1
    area: Annotated[str, Meta(max_length=100)] = ""
    """Where this browser is: area id or name; "" when that is not known."""
    language: Annotated[str, Meta(max_length=35)] = ""
    """What its page is in; the appliance speaks its own, which `Welcome` tells."""
    mode: Mode = "voice"
    wake: bool = False
    speed: Annotated[float, Meta(ge=0.5, le=2.0)] | None = None
    """Pace of the voice; null is the appliance's."""
    token: Annotated[str, Meta(max_length=64)] = ""
    """Of an earlier `Welcome`: go on with that conversation."""
    heard: Turn = 0
    """With a token: number of the last frame that arrived."""


class Press(Frame, frozen=True):
    """Listen, without a wake word; ends what is being said. Sound of the `back_ms` before it follows."""

    n: Number
    back_ms: Annotated[int, Meta(ge=0, le=MAX_BACK_MS)] = 0


class Release(Frame, frozen=True):
    """The speaker is done."""

    n: Number


class Text(Frame, frozen=True):
    """As if this had been said; `id` comes back in `begun`."""

    n: Number
    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT, pattern=r"\S")]
    id: Turn = 0


class Hush(Frame, frozen=True):
    """Silence; end what goes on."""

    n: Number


class Playing(Frame, frozen=True):
    """The first sample of this turn's speech left the loudspeaker, at `at_ms` of the browser's clock."""

    n: Number
    turn: Turn
    at_ms: Clock | None = None


class Played(Frame, frozen=True):
    """All of this turn's speech was heard."""

    n: Number
    turn: Turn


class SetMode(Frame, frozen=True, tag="mode"):
    """From now on with sound, or without."""

    n: Number
    mode: Mode


class SetWake(Frame, frozen=True, tag="wake"):
    """Search the sound for the wake word, or do not; answered by `wake`."""

    n: Number
    on: bool


class Ping(Frame, frozen=True):
    """Are you there? Answered by `pong` with the same `at`."""

    n: Number
    at: Clock = 0


class Bye(Frame, frozen=True):
    """The end: the conversation is not kept."""

    n: Number


Numbered = Press | Release | Text | Hush | Playing | Played | SetMode | SetWake | Ping | Bye
_TEXT: msgspec.json.Decoder[Hello | Numbered] = msgspec.json.Decoder(Hello | Numbered)


class Audio(msgspec.Struct, frozen=True):
    """A piece of the microphone: 16 kHz mono s16le that begins at `clock_ms` of the browser's clock."""

    n: int
    clock_ms: int
    pcm: bytes


def decode_text(raw: str) -> Hello | Numbered:
    """Raises Malformed, TooBig."""
    if len(raw) > MAX_TEXT_BYTES:
        raise TooBig(f"a text frame above {MAX_TEXT_BYTES} characters")
    try:
        return _TEXT.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Malformed(f"no text frame of a talk: {error}") from error


def decode_audio(raw: bytes) -> Audio:
    """Raises Malformed, TooBig."""
    if len(raw) < AUDIO_HEAD.size:
        raise Malformed("a binary frame without its head")
    kind, flags, reserved, number, clock_ms = AUDIO_HEAD.unpack_from(raw)
    pcm = raw[AUDIO_HEAD.size :]
    if (kind, flags, reserved) != (AUDIO, 0, 0) or number == 0:
        raise Malformed("a binary frame that is no sound of a microphone")
    if len(pcm) > MAX_PCM_BYTES:
        raise TooBig(f"{len(pcm)} bytes of sound in a frame; at most {MAX_PCM_BYTES}")
    if not pcm or len(pcm) % 2:
        raise Malformed("sound without samples, or half a sample")
    return Audio(number, clock_ms, pcm)


def encode_audio(audio: Audio) -> bytes:
    """As a browser does it."""
    return AUDIO_HEAD.pack(AUDIO, 0, 0, audio.n, audio.clock_ms) + audio.pcm


def encode_text(frame: Hello | Numbered) -> str:
    """As a browser does it."""
    return msgspec.json.encode(frame).decode()


# --- server → browser -----------------------------------------------------------------------------------


class Speech(msgspec.Struct, frozen=True):
    """A piece of a turn's speech: mono s16le."""

    turn: int
    rate_hz: int
    pcm: bytes


class Told(msgspec.Struct, frozen=True):
    """A text frame: `type`, and what belongs to it."""

    type: str
    fields: dict[str, Any] = {}


Out = Speech | Told


def encode_out(frame: Out, number: int) -> bytes | str:
    """Bytes are a binary frame, a string a text frame. Raises TooBig."""
    if isinstance(frame, Told):
        return msgspec.json.encode({"type": frame.type, "n": number} | frame.fields).decode()
    if not 0 < frame.rate_hz <= MAX_RATE_HZ:
        raise TooBig(f"speech at {frame.rate_hz} Hz")
    return SPEECH_HEAD.pack(SPEECH, 0, frame.rate_hz, number, frame.turn & MAX_U32) + frame.pcm


def decode_speech(raw: bytes) -> tuple[int, Speech]:
    """Number and piece, as a browser does it. Raises Malformed."""
    if len(raw) < SPEECH_HEAD.size:
        raise Malformed("a binary frame without its head")
    kind, flags, rate_hz, number, turn = SPEECH_HEAD.unpack_from(raw)
    if (kind, flags) != (SPEECH, 0):
        raise Malformed("a binary frame that is no speech")
    return number, Speech(turn, rate_hz, raw[SPEECH_HEAD.size :])
