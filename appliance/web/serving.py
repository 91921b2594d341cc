"""The port: uvicorn under the application, in one event loop."""

from __future__ import annotations

import asyncio
import signal
import socket

import uvicorn

from appliance.errors import ControlError
from appliance.web.app import make
from appliance.web.context import Context
from appliance.web.settings import Settings

BACKLOG = 64
KEEP_ALIVE_SECONDS = 30
STOP_SECONDS = 3
MAX_WEBSOCKET_BYTES = 256 * 1024


def listen(settings: Settings) -> socket.socket:
    """The bound socket. Raises ControlError when the port is taken."""
    web = settings.web
    address = "127.0.0.1" if web.listen == "loopback" else "0.0.0.0"  # noqa: S104 - who may come is checked
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((address, web.port))
    except OSError as error:
        bound.close()
        raise ControlError(f"port {web.port} cannot be had: {error.strerror}", "set web.port") from error
    bound.listen(BACKLOG)
    return bound


async def serve(settings: Settings) -> None:
    """Until SIGTERM. Raises ControlError."""
    bound = listen(settings)
    config = uvicorn.Config(
        make(Context(settings)),
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="on",
        ws="websockets-sansio",
        ws_max_size=MAX_WEBSOCKET_BYTES,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    server = uvicorn.Server(config)
    asyncio.get_running_loop().add_signal_handler(
        signal.SIGTERM, lambda: setattr(server, "should_exit", True)
    )
    await server.serve(sockets=[bound])
