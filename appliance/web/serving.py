"""The port: uvicorn under the application, in one event loop, behind our own doors."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from typing import Any

import uvicorn

from appliance.web.access import tls
from appliance.web.access.confinement import confine
from appliance.web.access.doors import Doors, Listen
from appliance.web.access.gate import MAX_HEAD_BYTES
from appliance.web.access.patience import PatientProtocol
from appliance.web.app import make
from appliance.web.context import Context
from appliance.web.settings import Settings

LOG = logging.getLogger(__name__)
KEEP_ALIVE_SECONDS = 30
STOP_SECONDS = 3
MAX_WEBSOCKET_BYTES = 256 * 1024


class Server(uvicorn.Server):
    """uvicorn without its own listening: `doors` bring the connections."""

    def __init__(
        self,
        config: uvicorn.Config,
        sockets: list[socket.socket],
        listen: Listen,
        identity: tls.Identity | None,
    ) -> None:
        super().__init__(config)
        self._doors = Doors(sockets, listen, identity, self._protocol, self.inside)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Get everything ready, then open the doors."""
        del sockets
        await super().startup(sockets=[])
        self._doors.open()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the doors, then let the last ones finish."""
        await self._doors.close()
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.BaseProtocol:
        return PatientProtocol(self.config, self.server_state, self.lifespan.state)

    def inside(self) -> list[str]:
        """From where everybody is connected."""
        clients = (getattr(each, "client", None) for each in self.server_state.connections)
        return [client[0] for client in clients if client]


def configuration(app: Any) -> uvicorn.Config:
    """Uvicorn's settings. No header tells it who asks: a proxy's word is anybody's word."""
    return uvicorn.Config(
        app,
        http=PatientProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        lifespan="on",
        ws="websockets-sansio",
        ws_max_size=MAX_WEBSOCKET_BYTES,
        ws_per_message_deflate=False,  # sound does not become smaller, only later
        h11_max_incomplete_event_size=MAX_HEAD_BYTES,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )


async def serve(settings: Settings, bound: list[socket.socket]) -> None:
    """Until SIGTERM, on these listening sockets (`doors.bind`). Raises ControlError, ConfigError."""
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # what strangers send is no news
    files = tls.files(settings)
    identity = tls.Identity(*files) if files is not None else None
    config = configuration(make(Context(settings), tls=identity is not None))
    server = Server(config, bound, settings.web.listen, identity)
    for each in confine(settings):
        LOG.warning("not confined as it could be: %s", each)
    asyncio.get_running_loop().add_signal_handler(
        signal.SIGTERM, lambda: setattr(server, "should_exit", True)
    )
    await server.serve()
