"""Is it ready, what is wrong, and how is it doing in numbers."""

from __future__ import annotations

import os
from typing import Any

import msgspec
from litestar import Response
from litestar.openapi.datastructures import ResponseSpec

from appliance.control import NotRunning
from appliance.errors import ControlError
from appliance.web import cascade
from appliance.web.answers import only, route
from appliance.web.cascade import Disk, Health
from appliance.web.context import Context

TAG = "health"
METRICS = "text/plain"
MB = 1024 * 1024


class Ready(msgspec.Struct, frozen=True):
    """The least that can be said; for load balancers and watchdogs."""

    ready: bool


def _not(kind: type[msgspec.Struct], description: str) -> dict[int, ResponseSpec]:
    return {503: ResponseSpec(kind, generate_examples=False, description=description)}


@route("GET /healthz", None, TAG, "Ready or not", responses=_not(Ready, "Not ready"))
async def healthz(context: Context) -> Response[Ready]:
    """200 when a spoken turn is possible now, else 503. Needs no token."""
    try:
        ready = bool((await context.ask("status"))["listening"])
    except ControlError:
        ready = False
    return Response(Ready(ready), status_code=200 if ready else 503)


def look(folder: str) -> Disk | None:
    """The disk below this folder."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return None
    writable = not found.f_flag & os.ST_RDONLY
    return Disk(found.f_bavail * found.f_frsize // MB, writable)


@route("GET /health", "read", TAG, "What is wrong, part by part", responses=_not(Health, "It is down"))
async def health(context: Context) -> Response[Health]:
    """Each stage, broker, home, store, models, disk and web: ok, degraded or down, why, and what to do.

    200 while it can be talked to, 503 when it is down.
    """
    try:
        found = cascade.judge(await context.ask("status"), look(context.settings.data))
    except NotRunning as error:
        found = cascade.gone(error.message, error.hint)
    return Response(found, status_code=503 if found.state == "down" else 200)


@route("GET /metrics", "read", TAG, "Figures for Prometheus", operation_class=only(METRICS))
async def metrics(context: Context) -> Response[str]:
    """Prometheus' text format; every name is in docs/observability.md."""
    told = await context.ask("metrics")
    kind = str(told["content_type"]).partition("; charset")[0]  # which is added for text anyway
    return Response(told["text"], media_type=kind)


@route("GET /api/status", "read", TAG, "All that the appliance says about itself")
async def status(context: Context) -> dict[str, Any]:
    """As `appliance --json status` prints it."""
    return await context.ask("status")


ROUTES: list[Any] = [healthz, health, metrics, status]
