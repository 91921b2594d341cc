"""The owner: becoming it, signing in and out, the passphrase, and where one is signed in."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, delete, get, post
from litestar.params import Parameter
from msgspec import Meta

from appliance.web.access import marks, sessions
from appliance.web.access.exchange import COOKIES
from appliance.web.access.guard import visitor_of
from appliance.web.access.keeper import Keeper
from appliance.web.access.owner import Owner
from appliance.web.access.scopes import SCOPES
from appliance.web.access.sessions import session_cookies
from appliance.web.context import Context

TAGS = ["access"]
PASSPHRASE = Meta(min_length=1, max_length=400, description="the owner's passphrase, 10 to 200 characters")
Passphrase = Annotated[str, PASSPHRASE]
Asking = Request[Any, Any, Any]


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Becoming the owner."""

    code: Annotated[str, Meta(min_length=1, max_length=64, description="the claim code, as shown or spoken")]
    passphrase: Passphrase


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The owner signs in."""

    passphrase: Passphrase


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another passphrase."""

    current: Passphrase
    passphrase: Passphrase


class Signed(msgspec.Struct, frozen=True):
    """Who one is to the appliance."""

    signed_in: bool
    owner: bool
    """Has somebody claimed the appliance?"""
    csrf: str
    """What the page sends as X-CSRF-Token with everything that changes something; "" without a session."""
    scopes: tuple[str, ...]
    """What this visitor may do."""
    language: str = ""
    """The house's."""


class Seen(msgspec.Struct, frozen=True):
    """A browser in which the owner is signed in."""

    id: str
    agent: str
    """What the browser calls itself."""
    made: int
    """Seconds since 1970."""
    seen: int
    """The last time, to the day; seconds since 1970."""
    this: bool
    """Is it the one that asks?"""


@get("/api/session", opt={"scope": None}, tags=TAGS, summary="Who am I?")
async def session(request: Asking, owner: Owner, context: Context) -> Signed:
    """Whether one is signed in, and whether there is an owner. Needs no token."""
    visitor = visitor_of(request)
    granted = tuple(scope for scope in SCOPES if scope in visitor.scopes)
    return Signed(visitor.kind == "session", owner.exists, visitor.csrf, granted, await context.speak())


@post(
    "/api/setup/claim",
    opt={"scope": None, "csrf": False},
    tags=TAGS,
    summary="Become the owner",
    status_code=200,
)
async def claim(request: Asking, owner: Owner, data: Claim) -> Signed:
    """Set the first passphrase with the claim code; sets the session's cookies.

    409 when there is an owner. With a code of `appliance token claim` the new passphrase takes the old one's
    place.
    """
    secret = await owner.claim(visitor_of(request), data.code, data.passphrase, _agent(request))
    return _signed(request, secret)


@post("/api/login", opt={"scope": None, "csrf": False}, tags=TAGS, summary="Sign in", status_code=200)
async def login(request: Asking, owner: Owner, data: SignIn) -> Signed:
    """Sets the session's cookies. 403 when that is not the passphrase; then each try takes longer (429)."""
    return _signed(request, await owner.sign_in(visitor_of(request), data.passphrase, _agent(request)))


@post("/api/logout", opt={"scope": None}, tags=TAGS, summary="Sign out", status_code=200)
async def logout(request: Asking, owner: Owner, access: Keeper) -> Signed:
    """Ends this session, if there is one, and removes its cookies."""
    visitor = visitor_of(request)
    if visitor.kind == "session":
        await access.change(lambda state: (sessions.end(state, visitor.id), None))
    _set_cookies(request, "", "")
    return Signed(signed_in=False, owner=owner.exists, csrf="", scopes=())


@post("/api/passphrase", opt={"scope": "admin"}, tags=TAGS, summary="Change the passphrase", status_code=204)
async def passphrase(request: Asking, owner: Owner, data: Change) -> None:
    """All other sessions end."""
    await owner.change(visitor_of(request), data.current, data.passphrase)


@get("/api/sessions", opt={"scope": "admin"}, tags=TAGS, summary="Where the owner is signed in")
async def listed(request: Asking, access: Keeper) -> list[Seen]:
    """At most 20, each for 30 days after it was seen last."""
    own = visitor_of(request).id
    known = access.store.read().sessions
    return [Seen(each.id, each.agent, each.made, each.seen, each.id == own) for each in known]


@delete("/api/sessions/{session_id:str}", opt={"scope": "admin"}, tags=TAGS, summary="End a session")
async def end(
    access: Keeper, session_id: Annotated[str, Parameter(max_length=32, description="from GET /api/sessions")]
) -> None:
    """It must sign in again."""
    await access.change(lambda state: (sessions.end(state, session_id), None))


def _signed(request: Asking, secret: str) -> Signed:
    proof = marks.csrf(secret)
    _set_cookies(request, secret, proof)
    return Signed(signed_in=True, owner=True, csrf=proof, scopes=SCOPES)


def _set_cookies(request: Asking, secret: str, proof: str) -> None:
    request.scope["state"][COOKIES] = session_cookies(secret, proof, secure=visitor_of(request).secure)


def _agent(request: Asking) -> str:
    return str(request.headers.get("user-agent", ""))


ROUTES: list[Any] = [session, claim, login, logout, passphrase, listed, end]
