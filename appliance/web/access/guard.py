"""What each route needs: its `opt={"scope": …}`, checked before the handler is called, and at the start."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.exceptions import WebSocketException
from litestar.handlers.base import BaseRouteHandler

from appliance.errors import ControlError
from appliance.web.access.headers import CSRF_HEADER
from appliance.web.access.scopes import SCOPES
from appliance.web.access.visitor import KEY, Visitor
from appliance.web.problems import Refused

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
WEBSOCKET_CODE = 4_000
"""Above it by a status: how a WebSocket is refused."""
TOKEN_HINT = "sign in on the page, or show a token: appliance token create --scope"  # noqa: S105


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Raises Refused (WebSocketException for a WebSocket) when this visitor may not do this.

    It waits for nothing; but what is not `async`, Litestar runs in a thread: on a busy machine each request
    would wait for that to get the processor, and then for its own turn again.
    """
    try:
        _check(connection, handler.opt)
    except Refused as refused:
        if connection.scope["type"] == ScopeType.HTTP:
            raise
        raise WebSocketException(
            detail=refused.detail, code=WEBSOCKET_CODE + refused.status_code
        ) from refused


def visitor_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Visitor:
    """Who asks. Without the gate before it nobody is known, and nobody gets in."""
    found = connection.scope["state"].get(KEY)
    return found if isinstance(found, Visitor) else Visitor("nobody", "", secure=False)


def _check(connection: ASGIConnection[Any, Any, Any, Any], opt: dict[str, Any]) -> None:
    visitor = visitor_of(connection)
    method = connection.scope.get("method", "GET")
    if visitor.kind == "session" and method not in SAFE and opt.get("csrf", True):
        _check_csrf(visitor, connection.scope["headers"])
    scope = opt["scope"] if "scope" in opt else "nothing"  # noqa: SIM401 - None means public
    if scope is None or scope in visitor.scopes:
        return
    if visitor.kind in {"nobody", "bad"}:
        raise _unknown(visitor, str(scope))
    raise Refused(
        HTTPStatus.FORBIDDEN,
        f"this token lacks the scope {scope!r}",
        f"make one: appliance token create --scope {scope}",
    )


def _check_csrf(visitor: Visitor, headers: Any) -> None:
    shown = [value for name, value in headers if name == CSRF_HEADER]
    if len(shown) != 1 or not hmac.compare_digest(shown[0], visitor.csrf.encode()):
        raise Refused(
            HTTPStatus.FORBIDDEN, "this does not come from the appliance's own page", "load the page again"
        )


def _unknown(visitor: Visitor, scope: str) -> Refused:
    detail = "this token or session is not valid (any more)" if visitor.kind == "bad" else "who is asking?"
    challenge = {"WWW-Authenticate": f'Bearer realm="appliance", scope="{scope}"'}
    return Refused(HTTPStatus.UNAUTHORIZED, detail, f"{TOKEN_HINT} {scope}", challenge)


def handlers(app: Litestar) -> Iterator[tuple[str, BaseRouteHandler]]:
    """Path and handler of everything that the application answers; OPTIONS is answered before it."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", None) or [route.route_handler]:  # type: ignore[union-attr]
            if getattr(handler, "http_methods", None) != {"OPTIONS"}:
                yield route.path, handler


def check_routes(app: Litestar) -> None:
    """Raises ControlError when a route does not say who may use it: nothing is public by oversight."""
    known = {None, *SCOPES}
    bare = sorted(path for path, handler in handlers(app) if handler.opt.get("scope", "") not in known)
    if bare:
        raise ControlError(
            f"nobody said who may use {', '.join(bare)}", 'give each handler opt={"scope": …}; None is public'
        )
