"""TLS to a broker, tried before the MQTT library does."""

from __future__ import annotations

import asyncio
import errno
import ssl
from pathlib import Path

from appliance.mqtt.address import Address

REFUSAL_SECONDS = 0.2
"""So long a refusal takes on a slow network; it only delays the first message of an encrypted connection."""


async def handshake(address: Address, seconds: float) -> ssl.SSLContext | None:
    """A context with which this broker's handshake just worked; None without TLS. Raises OSError.

    The library loses the socket of a handshake that fails, so it only gets to see brokers where it succeeds.
    With TLS 1.3 a broker refuses a missing certificate only after the handshake, so that is awaited.
    """
    if not address.tls:
        return None
    context = await asyncio.to_thread(_context, address)
    async with asyncio.timeout(seconds):
        reader, writer = await asyncio.open_connection(address.host, address.port, ssl=context)
    try:
        async with asyncio.timeout(REFUSAL_SECONDS):
            await reader.read(1)  # a broker that is content waits for us
    except TimeoutError:
        pass
    finally:
        writer.transport.abort()
    return context


def _context(address: Address) -> ssl.SSLContext:
    for path in (address.tls_ca_file, address.tls_certificate_file, address.tls_key_file):
        if path:
            Path(path).open("rb").close()  # so that the error names the file
    try:
        context = ssl.create_default_context(cafile=address.tls_ca_file or None)
    except ssl.SSLError as error:
        raise OSError(errno.EINVAL, "holds no certificate in PEM", address.tls_ca_file) from error
    if address.tls_certificate_file:
        try:
            # A key with a password would ask on the terminal: an empty one is refused instead.
            context.load_cert_chain(address.tls_certificate_file, address.tls_key_file or None, password="")
        except ssl.SSLError as error:
            what = "cannot be used: it and its key must be PEM, belong together, and have no password"
            raise OSError(errno.EINVAL, what, address.tls_certificate_file) from error
    return context
