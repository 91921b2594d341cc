"""TLS to a broker, tried before the MQTT library does."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

from appliance.mqtt.address import Address


async def handshake(address: Address, seconds: float) -> ssl.SSLContext | None:
    """A context with which this broker's handshake just worked; None without TLS. Raises OSError.

    The library loses the socket of a handshake that fails, so it only gets to see brokers where it succeeds.
    """
    if not address.tls:
        return None
    context = await asyncio.to_thread(_context, address)
    async with asyncio.timeout(seconds):
        _, writer = await asyncio.open_connection(address.host, address.port, ssl=context)
    writer.transport.abort()
    return context


def _context(address: Address) -> ssl.SSLContext:
    path = address.tls_ca_file
    if path:
        Path(path).open("rb").close()  # so that the error names the file
    return ssl.create_default_context(cafile=path or None)
