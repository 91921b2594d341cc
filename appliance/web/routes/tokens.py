"""Tokens of programs, as `appliance token` makes them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import delete, get, post
from litestar.params import Parameter
from msgspec import Meta

from appliance.web.access import tokens
from appliance.web.access.keeper import Keeper
from appliance.web.access.scopes import Scope
from appliance.web.access.state import MAX_AREAS, Area, Token
from appliance.web.access.visitor import wall

TAGS = ["access"]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new token."""

    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=5, description="what it may do")]
    name: Annotated[str, Meta(max_length=tokens.MAX_NAME, description="what it is for")] = ""
    days: Annotated[int, Meta(ge=0, le=tokens.MAX_DAYS, description="until it expires; 0: never")] = 0
    areas: Annotated[
        list[Area], Meta(max_length=MAX_AREAS, description="rooms in which it may claim to be; none: in any")
    ] = []


class Known(msgspec.Struct, frozen=True):
    """A token without its secret, which nobody knows."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    made: int
    """Seconds since 1970."""
    expires: int
    """Seconds since 1970; 0: never."""
    used: int
    """The last time, to the day; 0: never."""
    expired: bool
    areas: tuple[str, ...]
    """Rooms in which it may claim to be; none: in any."""


class Made(msgspec.Struct, frozen=True):
    """A new token."""

    id: str
    token: str
    """Shown only now."""
    name: str
    scopes: tuple[Scope, ...]
    expires: int


def known(token: Token, now: int) -> Known:
    """What is told of it."""
    return Known(
        token.id,
        token.name,
        token.scopes,
        token.made,
        token.expires,
        token.used,
        not tokens.alive(token, now),
        token.areas,
    )


@get("/api/tokens", opt={"scope": "admin"}, tags=TAGS, summary="All tokens")
async def listed(access: Keeper) -> list[Known]:
    """Without their secrets."""
    now = wall()
    return [known(token, now) for token in access.store.read().tokens]


@post("/api/tokens", opt={"scope": "admin"}, tags=TAGS, summary="A new token")
async def create(access: Keeper, data: Wanted) -> Made:
    """The answer holds its secret, which is shown only now."""
    token, secret = await access.change(
        lambda state: tokens.create(state, data.scopes, data.name, data.days, wall(), areas=data.areas)
    )
    return Made(token.id, secret, token.name, token.scopes, token.expires)


@delete("/api/tokens/{token_id:str}", opt={"scope": "admin"}, tags=TAGS, summary="Revoke a token")
async def revoke(
    access: Keeper, token_id: Annotated[str, Parameter(max_length=60, description="from GET /api/tokens")]
) -> None:
    """At once."""
    await access.change(lambda state: tokens.revoke(state, token_id))


ROUTES: list[Any] = [listed, create, revoke]
