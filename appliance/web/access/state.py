"""What is kept about who may use the web: one file's content. No secret is in it, only their marks."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from appliance.slowhash import Hashed
from appliance.web.access.scopes import Scope

MAX_TOKENS = 100
MAX_SESSIONS = 20
MAX_AREAS = 20

Mark = Annotated[str, Meta(min_length=64, max_length=64)]
Id = Annotated[str, Meta(min_length=1, max_length=32)]
Area = Annotated[str, Meta(min_length=1, max_length=100)]
Seconds = Annotated[int, Meta(ge=0)]
"""Since 1970."""


class Token(msgspec.Struct, frozen=True):
    """For a program."""

    id: Id
    mark: Mark
    name: Annotated[str, Meta(max_length=60)]
    scopes: tuple[Scope, ...]
    made: Seconds
    expires: Seconds = 0
    """0: never."""
    used: Seconds = 0
    """The last time, to the day; 0: never."""
    areas: Annotated[tuple[Area, ...], Meta(max_length=MAX_AREAS)] = ()
    """In which rooms it may claim to be; none: in any."""


class Session(msgspec.Struct, frozen=True):
    """The owner's, in one browser."""

    id: Id
    mark: Mark
    made: Seconds
    seen: Seconds
    """The last time, to the day."""
    agent: Annotated[str, Meta(max_length=120)] = ""
    """What the browser calls itself."""


class Code(msgspec.Struct, frozen=True):
    """Made on the console: whoever types it becomes the owner."""

    mark: Mark
    expires: Seconds


class State(msgspec.Struct, frozen=True):
    """All of it."""

    version: int = 1
    owner: Hashed | None = None
    """None: nobody has claimed the appliance through the web."""
    code: Code | None = None
    tokens: Annotated[tuple[Token, ...], Meta(max_length=MAX_TOKENS)] = ()
    sessions: Annotated[tuple[Session, ...], Meta(max_length=MAX_SESSIONS)] = ()
