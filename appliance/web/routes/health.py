"""Is it ready, and what is wrong."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get

from appliance.errors import ControlError
from appliance.web.context import Context


class Ready(msgspec.Struct, frozen=True):
    """The least that can be said; for load balancers and watchdogs."""

    ready: bool


@get("/healthz", opt={"scope": None}, tags=["health"], summary="Ready or not")
async def healthz(context: Context) -> Response[Ready]:
    """200 when a spoken turn is possible now, else 503. Needs no token."""
    try:
        ready = bool((await context.ask("status"))["listening"])
    except ControlError:
        ready = False
    return Response(Ready(ready), status_code=200 if ready else 503)


ROUTES: list[Any] = [healthz]
