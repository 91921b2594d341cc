"""Errors as `application/problem+json` (RFC 9457): what happened, and `hint`, what to do."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from appliance.control import NotRunning
from appliance.errors import ApplianceError, ConfigError, ControlError

LOG = logging.getLogger(__name__)
PROBLEM = "application/problem+json"


class Refused(HTTPException):
    """Not like this: with what to do instead."""

    def __init__(
        self, status: int, detail: str, hint: str = "", headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail=detail, status_code=status, headers=headers)
        self.hint = hint


def content(status: int, detail: str, hint: str = "") -> dict[str, Any]:
    """What stands in one."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
    }
    return body | ({"hint": hint} if hint else {})


def problem(
    status: int, detail: str, hint: str = "", headers: dict[str, str] | None = None, **more: Any
) -> Response[dict[str, Any]]:
    """One of them."""
    body = content(status, detail, hint) | more
    return Response(body, status_code=status, media_type=PROBLEM, headers=headers)


def of_ours(request: Request[Any, Any, Any], error: ApplianceError) -> Response[dict[str, Any]]:
    """What the appliance refused."""
    del request
    status = HTTPStatus.SERVICE_UNAVAILABLE if isinstance(error, NotRunning) else HTTPStatus.CONFLICT
    if isinstance(error, ConfigError):
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return problem(status, error.message, error.hint)


def of_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    """What the server itself refused: no such page, a body that does not fit, no permission."""
    del request
    more: dict[str, Any] = {}
    if isinstance(error, ValidationException) and error.extra:
        more["errors"] = error.extra
    hint = error.hint if isinstance(error, Refused) else HINTS.get(HTTPStatus(error.status_code), "")
    return problem(error.status_code, error.detail, hint, dict(error.headers or {}), **more)


def of_any(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """A fault of ours: said without its insides, which are for the log."""
    LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong here", "see: appliance logs --errors"
    )


def of_depth(request: Request[Any, Any, Any], error: RecursionError) -> Response[dict[str, Any]]:
    """A body of brackets."""
    del request, error
    return problem(HTTPStatus.BAD_REQUEST, "the body is nested too deeply", HINTS[HTTPStatus.BAD_REQUEST])


HINTS = {
    HTTPStatus.NOT_FOUND: "what there is: /schema/openapi.json",
    HTTPStatus.METHOD_NOT_ALLOWED: "what there is: /schema/openapi.json",
    HTTPStatus.BAD_REQUEST: "what is expected: /schema/openapi.json",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "send less, or set web.max_body_kb",
}
HANDLERS: dict[int | type[Exception], Any] = {
    ApplianceError: of_ours,
    ControlError: of_ours,
    HTTPException: of_http,
    RecursionError: of_depth,
    Exception: of_any,
}
__all__ = ["HANDLERS", "PROBLEM", "Refused", "content", "problem"]
