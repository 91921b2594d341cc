"""Is it ready, what is wrong, and how is it doing in numbers."""

from __future__ import annotations

import os
from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from appliance.control import NotRunning
from appliance.errors import ControlError
from appliance.web import cascade
from appliance.web.answers import only, route
from appliance.web.cascade import Disk, Health
from appliance.web.context import Context
from appliance.web.services import services

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
    """Each stage, broker, home, store, models, disk and web: ok, degraded or down, why, and what to do; and
    every alert that is on, such as answers that have been slow for minutes.

    200 while it can be talked to, 503 when it is down.
    """
    try:
        found = cascade.judge(await context.ask("status"), look(context.settings.data))
    except NotRunning as error:
        found = cascade.gone(error.message, error.hint)
    return Response(found, status_code=503 if found.state == "down" else 200)


@route("GET /metrics", "read", TAG, "Figures for Prometheus", operation_class=only(METRICS))
async def metrics(context: Context) -> Response[str]:
    """Prometheus' text format, of the appliance and of its web; every name is in docs/observability.md."""
    told = await context.ask("metrics")
    kind = str(told["content_type"]).partition("; charset")[0]  # which is added for text anyway
    return Response(f"{told['text']}{services(context).served.render()}", media_type=kind)


class SeriesInfo(msgspec.Struct, frozen=True):
    """One line of a graph."""

    unit: str
    points: list[tuple[int, float | None]]
    """Seconds since 1970, and the value; null: nothing was known then."""


class DayInfo(msgspec.Struct, frozen=True, rename={"begins": "from"}):
    """The last day, as far as it runs so long."""

    step_seconds: int
    begins: int
    """Seconds since 1970 of the first step."""
    series: dict[str, SeriesInfo]


@route("GET /api/health/history", "read", TAG, "Figures of the last day")
async def history(
    context: Context,
    every: Annotated[
        int, Parameter(ge=1, le=60, description="so many minutes are one point, their mean")
    ] = 1,
) -> DayInfo:
    """Latency, memory, load, temperature, and memory and its pressure of each stage (`memory_mb.stt`).

    A value a minute, kept in memory alone: a restart begins an empty day.
    """
    return plotted(await context.ask("health_history", every=every))


def plotted(told: dict[str, Any]) -> DayInfo:
    """With the time of each value."""
    step, begins = told["step_seconds"], told["begins"]
    series = {
        name: SeriesInfo(
            each["unit"], [(begins + step * at, value) for at, value in enumerate(each["values"])]
        )
        for name, each in told["series"].items()
    }
    return DayInfo(step, begins, series)


@route("GET /api/status", "read", TAG, "All that the appliance says about itself")
async def status(context: Context) -> dict[str, Any]:
    """As `appliance --json status` prints it."""
    return await context.ask("status")


ROUTES: list[Any] = [healthz, health, metrics, history, status]
