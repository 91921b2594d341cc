"""What Home Assistant says over its WebSocket API, decoded and bounded, and what is said to it. Pure.

Rows of a list are decoded one by one: one that does not fit is counted and left out, and spoils no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""The registry of ten thousand entities is about 8 MB, in one message."""
MAX_TEXT_CHARS = 255
MAX_ALIASES = 32
MAX_ROWS = 50_000
MAX_BATCH = 4_096

_ENTITY_ID = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")

Row = TypeVar("Row")


class Malformed(Exception):
    """A message that is not part of the language; the text says why, without its content."""


class Fault(msgspec.Struct):
    """Home Assistant's own words about a command that failed."""

    code: str = "unknown_error"
    message: str = ""


class Incoming(msgspec.Struct):
    """Any message from Home Assistant; what a type does not have stays at its default."""

    type: str
    id: int = 0
    success: bool = False
    result: msgspec.Raw = msgspec.Raw(b"null")
    event: msgspec.Raw = msgspec.Raw(b"null")
    error: Fault | None = None
    ha_version: str = ""


_one = msgspec.json.Decoder(Incoming)
_rows = msgspec.json.Decoder(list[msgspec.Raw])
_table = msgspec.json.Decoder(dict[str, msgspec.Raw])


def incoming(data: bytes | str) -> list[Incoming]:
    """The messages of one frame: one, or several that Home Assistant sent together. Raises Malformed."""
    raw = data.encode() if isinstance(data, str) else data
    try:
        if raw[:1] != b"[":
            return [_one.decode(raw)]
        batch = _rows.decode(raw)
        if len(batch) > MAX_BATCH:
            raise Malformed(f"{len(batch)} messages in one")
        return [_one.decode(each) for each in batch]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(_why(error)) from None


def command(number: int, kind: str, fields: dict[str, Any]) -> str:
    """A command as it is sent."""
    return msgspec.json.encode({"id": number, "type": kind, **fields}).decode()


def login(token: str) -> str:
    """The answer to `auth_required`."""
    return msgspec.json.encode({"type": "auth", "access_token": token}).decode()


def rows(raw: msgspec.Raw, kind: type[Row]) -> tuple[list[Row], int]:
    """A list's rows that fit, and how many did not. Raises Malformed when it is no list."""
    try:
        found = _rows.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(_why(error)) from None
    kept = _each(found[:MAX_ROWS], kind)
    fitting = [row for row in kept if row is not None]
    return fitting, len(found) - len(fitting)


def table(raw: msgspec.Raw, kind: type[Row]) -> tuple[dict[str, Row], int]:
    """A table's values that fit, and how many did not. Raises Malformed when it is no table."""
    try:
        found = _table.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(_why(error)) from None
    names = list(found)[:MAX_ROWS]
    kept = zip(names, _each((found[name] for name in names), kind), strict=True)
    fitting = {name: row for name, row in kept if row is not None}
    return fitting, len(found) - len(fitting)


def one(raw: msgspec.Raw, kind: type[Row]) -> Row:
    """One value. Raises Malformed."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(_why(error)) from None


def _each(raws: Iterable[msgspec.Raw], kind: type[Row]) -> Iterable[Row | None]:
    decoder = msgspec.json.Decoder(kind)
    for raw in raws:
        try:
            yield decoder.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            yield None


def _why(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:160]


def text(value: str | None) -> str:
    """A name as it may be shown and said: one line, without control characters, bounded."""
    if not value:
        return ""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in value[:2_000]).split())[
        :MAX_TEXT_CHARS
    ]


def texts(values: Iterable[str | None]) -> tuple[str, ...]:
    """Aliases: cleaned, without empty ones and repetitions, in their order."""
    return tuple(dict.fromkeys(name for value in values if (name := text(value))))[:MAX_ALIASES]


def is_entity_id(value: str) -> bool:
    """Is it a domain and a name in small letters, digits and underscores?"""
    return len(value) <= MAX_TEXT_CHARS and _ENTITY_ID.fullmatch(value) is not None


# --- rows ---------------------------------------------------------------------------------------------------


class FloorRow(msgspec.Struct):
    """`config/floor_registry/list`."""

    floor_id: str
    name: str
    aliases: list[str | None] = []


class AreaRow(msgspec.Struct):
    """`config/area_registry/list`."""

    area_id: str
    name: str
    floor_id: str | None = None
    aliases: list[str | None] = []


class DeviceRow(msgspec.Struct):
    """`config/device_registry/list`."""

    id: str
    name: str | None = None
    name_by_user: str | None = None
    area_id: str | None = None


class AssistOptions(msgspec.Struct):
    """An entity's settings for Home Assistant's own voice assistant."""

    should_expose: bool | None = None


class Options(msgspec.Struct):
    """An entity's settings, by who uses them."""

    conversation: AssistOptions | None = None


class EntityRow(msgspec.Struct):
    """`config/entity_registry/list`."""

    entity_id: str
    platform: str
    unique_id: str | int | float | None = None
    name: str | None = None
    original_name: str | None = None
    device_id: str | None = None
    area_id: str | None = None
    hidden_by: str | None = None
    disabled_by: str | None = None
    entity_category: str | None = None
    options: Options | None = None

    def __post_init__(self) -> None:
        if not is_entity_id(self.entity_id):
            raise ValueError("no entity id")

    @property
    def domain(self) -> str:
        """What stands before the dot."""
        return self.entity_id.partition(".")[0]


class MoreOfEntity(msgspec.Struct):
    """`config/entity_registry/get_entries`: what the list leaves out."""

    aliases: list[str | None] = []
    device_class: str | None = None
    original_device_class: str | None = None


class Units(msgspec.Struct):
    """`get_config`: units."""

    temperature: str = ""


class ConfigRow(msgspec.Struct):
    """`get_config`."""

    state: str = "RUNNING"
    language: str = ""
    location_name: str = ""
    version: str = ""
    unit_system: Units = msgspec.field(default_factory=Units)


class Exposed(msgspec.Struct):
    """`homeassistant/expose_entity/list`: who may see an entity."""

    conversation: bool = False


class ExposedList(msgspec.Struct):
    """`homeassistant/expose_entity/list`."""

    exposed_entities: msgspec.Raw = msgspec.Raw(b"{}")


class ExposeNew(msgspec.Struct):
    """`homeassistant/expose_new_entities/get`."""

    expose_new: bool = True


# --- states -------------------------------------------------------------------------------------------------


class NewState(msgspec.Struct):
    """A whole state, compressed."""

    s: str
    a: dict[str, Any] = {}


class Additions(msgspec.Struct):
    """What a state got anew."""

    s: str | None = None
    a: dict[str, Any] = {}


class Removals(msgspec.Struct):
    """Names of attributes that a state lost."""

    a: list[str] = []


class StateDiff(msgspec.Struct):
    """What changed in a state."""

    added: Additions = msgspec.field(name="+", default_factory=Additions)
    removed: Removals = msgspec.field(name="-", default_factory=Removals)


class StatesEvent(msgspec.Struct):
    """An event of `subscribe_entities`: added, changed, removed."""

    a: msgspec.Raw = msgspec.Raw(b"{}")
    c: msgspec.Raw = msgspec.Raw(b"{}")
    r: list[str] = []
