"""What the document says of every route: who may use it, and which problems it may answer with."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import delete, get, patch, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, Schema
from litestar.openapi.spec.enums import OpenAPIFormat

from appliance.web.access.scopes import Scope
from appliance.web.problems import PROBLEM

EVENTS = "text/event-stream"


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of what is sent: a key that nobody knows is a mistake."""


class DeedDone(msgspec.Struct, frozen=True):
    """What became of a deed on one entity."""

    entity_id: str
    name: str
    done: bool
    confirmed: bool
    """Its own state says so."""
    reason: str = ""
    ms: float = 0.0


class Problem(msgspec.Struct, frozen=True):
    """What went wrong (RFC 9457), and what to do."""

    type: str
    title: str
    status: int
    detail: str
    """What happened, for people."""
    hint: str = ""
    """What to do about it."""
    errors: list[dict[str, Any]] = []
    """Which parts of the request do not fit."""


def _spec(status: int) -> ResponseSpec:
    said = HTTPStatus(status)
    return ResponseSpec(Problem, generate_examples=False, description=said.phrase, media_type=PROBLEM)


PUBLIC: Mapping[int, ResponseSpec] = {status: _spec(status) for status in (400, 421, 429, 503, 504)}
GUARDED: Mapping[int, ResponseSpec] = {**PUBLIC, **{status: _spec(status) for status in (401, 403, 409)}}
SENT: Mapping[int, ResponseSpec] = {**GUARDED, **{status: _spec(status) for status in (404, 413)}}
"""Of a request that changes something, or is refused by the appliance itself."""

_MAKERS: Mapping[str, Any] = {"GET": get, "POST": post, "PUT": put, "PATCH": patch, "DELETE": delete}


def route(
    what: str, scope: Scope | None, tag: str, summary: str, *, status: int = 200, **more: Any
) -> Callable[[Callable[..., Any]], HTTPRouteHandler]:
    """`@route("GET /api/x", "read", "things", "All things")`; the docstring is its description."""
    method, _, path = what.partition(" ")
    usual = PUBLIC if scope is None else GUARDED if method == "GET" else SENT
    responses = {**usual, **more.pop("responses", {})}

    def decorate(function: Callable[..., Any]) -> HTTPRouteHandler:
        made: HTTPRouteHandler = _MAKERS[method](
            path,
            opt={"scope": scope},
            tags=[tag],
            summary=summary,
            description=described(function.__doc__ or "", scope),
            security=[{}] if scope is None else [{"token": [scope]}, {"session": []}],
            status_code=status,
            responses=responses,
            **more,
        )(function)
        return made

    return decorate


def described(text: str, scope: Scope | None) -> str:
    """The docstring, and who may."""
    needs = f"Needs the scope `{scope}`." if scope else "Needs no token."
    return f"{inspect.cleandoc(text)}\n\n{needs}"


def answering(*kinds: str) -> type[Operation]:
    """An operation that answers 200 with one of these media types, beside what its types say."""

    @dataclass
    class Answering(Operation):
        def __post_init__(self) -> None:
            answer: Any = (self.responses or {}).get("200")
            if answer is not None:
                added = {kind: OpenAPIMediaType(schema=_schema(kind)) for kind in kinds}
                answer.content = {**(answer.content or {}), **added}

    return Answering


def only(*kinds: str, also: tuple[int, ...] = ()) -> type[Operation]:
    """An operation that answers 200 with one of these media types and nothing else; `also` without a body."""

    @dataclass
    class Only(Operation):
        def __post_init__(self) -> None:
            answer: Any = (self.responses or {}).get("200")
            if answer is not None:
                answer.content = {kind: OpenAPIMediaType(schema=_schema(kind)) for kind in kinds}
            for status in also:
                if self.responses is not None:
                    self.responses[str(status)] = type(answer)(description=HTTPStatus(status).phrase)

    return Only


def _schema(kind: str) -> Schema:
    text = kind.startswith("text/")
    return (
        Schema(type=OpenAPIType.STRING)
        if text
        else Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
    )
