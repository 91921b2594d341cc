"""How the web process serves: its own metrics, beside those of the appliance, and who counts them.

The web is a process of its own: what it counts, only it knows. `/metrics` is both texts, one after the other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from time import monotonic
from typing import Any

from appliance.observe.catalogue import WORK
from appliance.observe.exposition import Counter, Family, Gauge, Histogram, Sample, render

NO_ROUTE = "none"
"""Of requests for what there is not: what was asked for is never a label."""
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Asgi = Callable[[Any, Receive, Send], Awaitable[None]]


class Served:
    """One for the web process."""

    def __init__(self) -> None:
        self.requests = Counter(
            "appliance_http_requests_total", "Requests that were answered.", ("route", "code")
        )
        self.seconds = Histogram(
            "appliance_http_request_seconds", "How long an answer took, to its last byte.", WORK, ("route",)
        )
        self.running = Gauge("appliance_http_requests_in_flight", "Requests that wait for an answer.")
        self.sockets = Gauge("appliance_http_websockets", "WebSockets that are open.")
        self.running.set(0)
        self.sockets.set(0)

    def families(self) -> list[Family]:
        """All."""
        return [self.requests, self.seconds, self.running, self.sockets]

    def samples(self) -> list[Sample]:
        """All series."""
        return [sample for family in self.families() for sample in family.samples()]

    def render(self) -> str:
        """The text that Prometheus reads."""
        return render(self.families())

    def answered(self, route: str, code: int, seconds: float) -> None:
        """`route` is the pattern, such as `/turns/{id}`, never what was asked for."""
        self.requests.add(1, route, str(code))
        self.seconds.observe(seconds, route)


class Counted:
    """An ASGI application around another, that counts what it serves."""

    def __init__(self, app: Asgi, served: Served, clock: Callable[[], float] = monotonic) -> None:
        self._app = app
        self._served = served
        self._clock = clock

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        """One request, one WebSocket, or the whole life of the process."""
        match scope["type"]:
            case "http":
                await self._request(scope, receive, send)
            case "websocket":
                await self._during(self._served.sockets, scope, receive, send)
            case _:
                await self._app(scope, receive, send)

    async def _request(self, scope: Event, receive: Receive, send: Send) -> None:
        # Who fails before the first word has answered with 500.
        code, started = int(HTTPStatus.INTERNAL_SERVER_ERROR), self._clock()

        async def noticed(event: Event) -> None:
            nonlocal code
            if event["type"] == "http.response.start":
                code = event["status"]
            await send(event)

        try:
            await self._during(self._served.running, scope, receive, noticed)
        finally:
            # Litestar writes here which of its routes it was.
            route = scope.get("path_template") or NO_ROUTE
            self._served.answered(route, code, self._clock() - started)

    async def _during(self, gauge: Gauge, scope: Event, receive: Receive, send: Send) -> None:
        gauge.add(1)
        try:
            await self._app(scope, receive, send)
        finally:
            gauge.add(-1)
