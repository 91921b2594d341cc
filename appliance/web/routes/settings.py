"""Every setting: what it is, where it comes from, what it may be; and another value for some of them."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Annotated, Any, Literal

import msgspec
from litestar.params import Parameter
from msgspec import Meta, inspect

from appliance.config import reference, schema
from appliance.config.model import Config
from appliance.web.answers import Body, route
from appliance.web.context import Context

TAG = "settings"
Value = bool | int | float | str | list[Any] | dict[str, Any] | None
Kind = Literal["boolean", "integer", "number", "text", "choice", "list", "table"]


class OriginInfo(msgspec.Struct, frozen=True):
    """Where a value comes from."""

    kind: str
    """"default", "profile", "file", "chosen" (while running), "environment"."""
    name: str
    """The file, variable or profile."""


class Described(msgspec.Struct, frozen=True):
    """What never changes about a key."""

    key: str
    help: str
    type: Kind
    default: Any
    takes: str
    """In words."""
    unit: str
    choices: list[Any]
    minimum: float | None
    maximum: float | None
    secret: bool


class Setting(msgspec.Struct, frozen=True):
    """One key."""

    key: str
    section: str
    value: Any
    """Of a secret only "(set)" or ""."""
    default: Any
    origin: OriginInfo
    help: str
    type: Kind
    takes: str
    unit: str
    choices: list[Any]
    minimum: float | None
    maximum: float | None
    secret: bool
    changeable: bool
    """It can be changed here: PATCH /api/settings/{key}."""
    needs_restart: bool
    """A change in its file is taken over only by a restart."""


class Change(Body, frozen=True):
    """Another value."""

    value: Annotated[Any, Meta(description="of the key's type")]


@cache
def described() -> dict[str, Described]:
    """All keys, from the configuration's types."""
    texts = reference.descriptions()
    found = {}
    for path, leaf in schema.leaves().items():
        section: object = Config()
        for name in path[:-1]:
            section = getattr(section, name)
        help_text = texts[type(section).__name__].get(path[-1], "")
        found[leaf.key] = describe(leaf, help_text)
    return found


def describe(leaf: schema.Leaf, text: str) -> Described:
    """One key."""
    info = inspect.type_info(leaf.type)
    kind, choices, low, high = _kind(info)
    takes = "a table of the engine's own options" if leaf.open else schema.expected(leaf)
    default = list(leaf.default) if isinstance(leaf.default, tuple) else leaf.default
    unit = schema.unit(leaf.path[-1])
    secret = schema.is_secret(leaf.path)
    return Described(leaf.key, text, kind, default, takes, unit, choices, low, high, secret)


def _kind(info: inspect.Type) -> tuple[Kind, list[Any], float | None, float | None]:
    match info:
        case inspect.BoolType():
            return "boolean", [], None, None
        case inspect.IntType():
            return "integer", [], *_limits(info)
        case inspect.FloatType():
            return "number", [], *_limits(info)
        case inspect.LiteralType(values=values):
            return "choice", list(values), None, None
        case inspect.VarTupleType() | inspect.ListType():
            return "list", [], None, None
        case inspect.DictType():
            return "table", [], None, None
        case _:
            return "text", [], None, None


def _limits(info: inspect.IntType | inspect.FloatType) -> tuple[float | None, float | None]:
    low = info.ge if info.ge is not None else info.gt
    high = info.le if info.le is not None else info.lt
    return low, high


def _setting(key: str, told: dict[str, Any], *, choosable: bool) -> Setting:
    known = described()[key]
    return Setting(
        key=key,
        section=key.rpartition(".")[0],
        value=told["value"],
        origin=msgspec.convert(told["origin"], OriginInfo),
        changeable=choosable and told["chosen_while_running"],
        needs_restart=told["needs_restart"],
        default=known.default,
        help=known.help,
        type=known.type,
        takes=known.takes,
        unit=known.unit,
        choices=known.choices,
        minimum=known.minimum,
        maximum=known.maximum,
        secret=known.secret,
    )


@route("GET /api/settings", "admin", TAG, "Every setting")
async def listed(context: Context) -> list[Setting]:
    """Value, origin, default, help, type and limits of each, in the order of docs/configuration.md."""
    told = await context.ask("settings")
    await asyncio.to_thread(described)
    choosable = bool(told["choosable"])
    return [
        _setting(key, each, choosable=choosable)
        for key, each in told["settings"].items()
        if key in described()
    ]


@route("PATCH /api/settings/{key:str}", "admin", TAG, "Another value of one setting")
async def change(
    context: Context,
    key: Annotated[str, Parameter(max_length=200, description="such as audio.volume")],
    data: Change,
) -> Setting:
    """In force at once, and kept in `chosen.toml`. 409 says which file other keys are changed in."""
    told = await context.ask("setting_choose", key=key, value=data.value)
    await asyncio.to_thread(described)
    return _setting(key, told, choosable=True)


ROUTES: list[Any] = [listed, change]
