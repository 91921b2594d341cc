"""The messages between hub and satellites, both ways, and their topics (docs/satellite-protocol.md). Pure."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from appliance.errors import Malformed
from appliance.satellites.protocol_audio import (
    MAX_UP_PCM_BYTES,
    UP_RATE_HZ,
    Chunk,
    decode_chunk,
    encode_chunk,
)

VERSION = 1
VERSIONS = (VERSION,)
MAX_JSON_BYTES = 4_096
HUB_RUN = 1 << 31
"""Set in the number of every run that the hub begins."""
MAX_RUN = (1 << 32) - 1
MAX_TEXT_CHARS = 1_000
ROOT = "satellites"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_TEXT = r"^[^\x00-\x1f\x7f-\x9f]*\Z"
Run = Annotated[int, Meta(ge=1, le=MAX_RUN)]
OwnRun = Annotated[int, Meta(ge=1, lt=HUB_RUN)]
Milliseconds = Annotated[int, Meta(ge=0, lt=1 << 62)]
Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
Line = Annotated[str, Meta(max_length=64, pattern=_TEXT)]
Short = Annotated[str, Meta(min_length=1, max_length=32, pattern=_TEXT)]
Word = Annotated[str, Meta(min_length=1, max_length=64, pattern=_TEXT)]
Reason = Annotated[str, Meta(max_length=300, pattern=_TEXT)]
Peer = Annotated[str, Meta(max_length=64, pattern=r"^(?:[A-Za-z0-9][A-Za-z0-9_-]*)?\Z")]
Rate = Annotated[int, Meta(ge=1_000, le=384_000)]

State = Literal["listening", "transcribing", "thinking", "acting", "speaking", "done"]
Outcome = Literal["", "answered", "silent", "interrupted", "late", "captured", "elsewhere", "refused"]


class Message(msgspec.Struct, frozen=True):
    """Base of all that travels as JSON."""


# --- up: the satellite says ------------------------------------------------------------------------------


class Availability(Message, frozen=True):
    """Is it there? Travels as the word `online` or `offline`."""

    online: bool


class Capabilities(Message, frozen=True):
    """What it is and what it can do."""

    protocol: Annotated[tuple[Annotated[int, Meta(ge=0, le=65_535)], ...], Meta(min_length=1, max_length=8)]
    name: Line = ""
    area: Line = ""
    model: Line = ""
    software: Line = ""
    microphone: bool = True
    loudspeaker: bool = True
    detects: bool = True
    """It finds its wake word itself."""
    wake_words: Annotated[tuple[Word, ...], Meta(max_length=8)] = ()
    rates: tuple[Rate, Rate] = (8_000, 48_000)
    max_payload_bytes: Annotated[int, Meta(ge=1_040, le=65_536)] = 4_112
    max_ahead_ms: Annotated[int, Meta(ge=200, le=10_000)] = 3_000
    volume: bool = False
    mute: bool = False
    text: bool = False
    buttons: Annotated[tuple[Short, ...], Meta(max_length=8)] = ()
    led: bool = False
    display: bool = False


class Wake(Message, frozen=True):
    """A wake word (or `button`) ended at `at_ms` of its audio clock, `age_ms` before this was sent."""

    run: OwnRun
    word: Word
    at_ms: Milliseconds
    score: Fraction = 1.0
    age_ms: Annotated[int, Meta(ge=0, le=60_000)] = 0


class Playing(Message, frozen=True):
    """So much of this run's speech was played."""

    run: Run
    seconds: Annotated[float, Meta(ge=0.0, le=3_600.0)]
    at_ms: Milliseconds = 0


class Played(Message, frozen=True):
    """All of it was."""

    run: Run
    seconds: Annotated[float, Meta(ge=0.0, le=3_600.0)]
    rms: Fraction = 0.0


class Finish(Message, frozen=True):
    """The speaker is done."""

    run: Run


class Button(Message, frozen=True):
    """A button was used."""

    button: Short
    action: Literal["press", "double", "long", "release"]


class Intercom(Message, frozen=True):
    """It wants to talk to that room; empty hangs up."""

    to: Peer


class Level(Message, frozen=True):
    """How it is doing."""

    rssi_dbm: Annotated[float, Meta(ge=-150, le=0)] | None = None
    temperature_c: Annotated[float, Meta(ge=-60, le=200)] | None = None
    uptime_seconds: Annotated[float, Meta(ge=0, le=1e10)] | None = None
    battery_percent: Annotated[float, Meta(ge=0, le=100)] | None = None


# --- both ways -------------------------------------------------------------------------------------------


class Cancel(Message, frozen=True):
    """Silence in this run, at once."""

    run: Run


class Mute(Message, frozen=True):
    """Its microphone is closed (up), or shall be (down)."""

    muted: bool
    hardware: bool = False
    """Up: by a switch that no message can undo."""


class Volume(Message, frozen=True):
    """How loud it is (up), or shall be (down)."""

    level: Fraction


# --- down: the hub says ----------------------------------------------------------------------------------


class Hub(Message, frozen=True):
    """The hub is there; another `session` means that it was started anew."""

    online: bool
    protocol: Annotated[int, Meta(ge=0, le=65_535)]
    session: Annotated[str, Meta(max_length=32, pattern=_TEXT)]
    accepted: bool = True
    reason: Reason = ""


class Search(Message, frozen=True):
    """Its `up/stream` is searched for the wake word; or not, and why."""

    on: bool
    reason: Reason = ""


class Progress(Message, frozen=True):
    """Where a run is; `down/run`."""

    run: Run
    state: State
    outcome: Outcome = ""
    reason: Reason = ""


class Text(Message, frozen=True):
    """Words of a run, for a display."""

    run: Run
    kind: Literal["partial", "final", "reply"]
    text: Annotated[str, Meta(max_length=MAX_TEXT_CHARS)]


class Chime(Message, frozen=True):
    """Sound the wake sound."""

    run: Run


class Tick(Message, frozen=True):
    """The answer takes long."""

    run: Run


class Call(Message, frozen=True):
    """A line to another room is open, or not (any more); `down/intercom`."""

    run: Run
    peer: Peer
    on: bool
    reason: Reason = ""


class Leaf(msgspec.Struct, frozen=True):
    """One topic: the type of its payload, and how it is published."""

    type: type[Any]
    qos: int = 0
    retain: bool = False


Direction = Literal["up", "down"]

LEAVES: dict[Direction, dict[str, Leaf]] = {
    "up": {
        "availability": Leaf(Availability, 1, retain=True),
        "capabilities": Leaf(Capabilities, 1, retain=True),
        "wake": Leaf(Wake),
        "audio": Leaf(Chunk),
        "stream": Leaf(Chunk),
        "playing": Leaf(Playing),
        "played": Leaf(Played),
        "finish": Leaf(Finish),
        "cancel": Leaf(Cancel),
        "button": Leaf(Button, 1),
        "mute": Leaf(Mute, 1, retain=True),
        "volume": Leaf(Volume, 1, retain=True),
        "intercom": Leaf(Intercom, 1),
        "level": Leaf(Level),
    },
    "down": {
        "hub": Leaf(Hub, 1, retain=True),
        "search": Leaf(Search, 1, retain=True),
        "run": Leaf(Progress),
        "text": Leaf(Text),
        "chime": Leaf(Chime),
        "tick": Leaf(Tick),
        "speech": Leaf(Chunk),
        "cancel": Leaf(Cancel),
        "mute": Leaf(Mute, 1),
        "volume": Leaf(Volume, 1),
        "intercom": Leaf(Call),
    },
}
_WORDS = {True: b"online", False: b"offline"}
_JSON = msgspec.json.Encoder()
_DECODERS = {
    kind: msgspec.json.Decoder(kind)
    for leaves in LEAVES.values()
    for kind in {leaf.type for leaf in leaves.values()}
    if issubclass(kind, Message)
}


class Packet(msgspec.Struct, frozen=True):
    """One publish."""

    topic: str
    payload: bytes
    qos: int
    retain: bool


def topic(prefix: str, name: str, direction: Direction, leaf: str) -> str:
    """Where this is said; `+` or `#` as name or leaf makes a filter."""
    return f"{prefix}/{ROOT}/{name}/{direction}/{leaf}"


def parse_topic(prefix: str, direction: Direction, given: str) -> tuple[str, str] | None:
    """Name and leaf of a topic of this direction; None when it is not one, or the name is none."""
    head = f"{prefix}/{ROOT}/"
    if not given.startswith(head):
        return None
    parts = given[len(head) :].split("/")
    if len(parts) != 3 or parts[1] != direction or not NAME.fullmatch(parts[0]):
        return None
    return parts[0], parts[2]


def packet(prefix: str, name: str, direction: Direction, leaf: str, message: Message | Chunk) -> Packet:
    """How to say this to, or as, the satellite `name`."""
    rule = LEAVES[direction][leaf]
    return Packet(topic(prefix, name, direction, leaf), encode(message), rule.qos, rule.retain)


def encode(message: Message | Chunk) -> bytes:
    """The payload."""
    if isinstance(message, Chunk):
        return encode_chunk(message)
    if isinstance(message, Availability):
        return _WORDS[message.online]
    return _JSON.encode(message)


def decode(direction: Direction, leaf: str, payload: bytes) -> Message | Chunk:
    """What was said. Raises Malformed for an unknown topic and for anything that is not as documented."""
    rule = LEAVES[direction].get(leaf)
    if rule is None:
        raise Malformed(f"there is no topic {direction}/{leaf[:40]!r}")
    if rule.type is Chunk:
        return _up_chunk(payload) if direction == "up" else decode_chunk(payload)
    if len(payload) > MAX_JSON_BYTES:
        raise Malformed(f"{direction}/{leaf}: {len(payload)} bytes are above {MAX_JSON_BYTES}")
    if rule.type is Availability:
        if payload not in _WORDS.values():
            raise Malformed("availability is neither online nor offline")
        return Availability(payload == _WORDS[True])
    try:
        message: Message = _DECODERS[rule.type].decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"{direction}/{leaf}: {error}") from error
    return message


def _up_chunk(payload: bytes) -> Chunk:
    chunk = decode_chunk(payload, MAX_UP_PCM_BYTES)
    if chunk.rate_hz != UP_RATE_HZ:
        raise Malformed(f"audio of {chunk.rate_hz} Hz; it must be {UP_RATE_HZ}")
    return chunk


def printable(text: str, limit: int) -> str:
    """The same without what no text of this protocol may hold."""
    return _CONTROL.sub(" ", text)[:limit]


def common_version(offered: tuple[int, ...]) -> int:
    """The highest version that both ends speak; 0 when there is none."""
    return max((version for version in offered if version in VERSIONS), default=0)
