"""uvicorn's HTTP protocol with a limit on how long somebody may take to ask (slow loris)."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

ASK_SECONDS = 10.0
"""From the connection, or the first byte of another request on it, to the end of its headers."""


class PatientProtocol(H11Protocol):
    """While none is under way, a started request has to be complete in time. Idling has its own limit."""

    ask_seconds = ASK_SECONDS

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first request is awaited."""
        super().connection_made(transport)
        self._look()

    def data_received(self, data: bytes) -> None:
        """More of a request."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """The beginning of the next request may be here already, or the rest of a body that nobody read."""
        super().on_response_complete()
        if self.cycle.more_body or self.conn.trailing_data[0]:
            self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        self._relax()
        super().connection_lost(exc)

    def _look(self) -> None:
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering or self.transport.get_protocol() is not self:
            self._relax()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self.ask_seconds, self.transport.abort)

    def _relax(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
