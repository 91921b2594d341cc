"""One HTTP/1.1 request over a connection of its own, its answer read line by line with a bound on everything.

No redirects, no proxies, no compression, no cookies: only the address that was configured is ever spoken to.
Source: RFC 9112.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from appliance.remote_llm.options import Server
from appliance.remote_llm.protocols import BadAnswer

MAX_LINE_BYTES = 64 * 1024
MAX_HEADERS = 100
MAX_BODY_BYTES = 4 * 1024 * 1024
_READ_BYTES = 16 * 1024


class Answer:
    """Status, headers, and the body as it comes."""

    def __init__(self, reader: asyncio.StreamReader, quiet_seconds: float) -> None:
        self._reader = reader
        self._quiet_seconds = quiet_seconds
        self.status = 0
        self.headers: dict[str, str] = {}

    async def head(self) -> None:
        """Read status and headers. Raises BadAnswer, OSError, TimeoutError."""
        version, _, rest = (await self._line()).partition(b" ")
        code = rest[:3]
        if not version.startswith(b"HTTP/1.") or not code.isdigit() or rest[3:4] not in {b"", b" "}:
            raise BadAnswer("it does not speak HTTP")
        self.status = int(code)
        for _ in range(MAX_HEADERS + 1):
            line = await self._line()
            if not line:
                return
            name, colon, value = line.partition(b":")
            if not colon or not name.strip():
                raise BadAnswer("it does not speak HTTP")
            self.headers[name.decode("latin-1").strip().lower()] = value.decode("latin-1").strip()
        raise BadAnswer("it sends too many headers")

    async def lines(self) -> AsyncGenerator[bytes, None]:
        """The body's lines without their ends. Raises as `head`, also when the body breaks off."""
        rest = b""
        total = 0
        async for part in self._body():
            total += len(part)
            if total > MAX_BODY_BYTES:
                raise BadAnswer("it does not end")
            *whole, rest = (rest + part).split(b"\n")
            for line in whole:
                yield line.removesuffix(b"\r")
            if len(rest) > MAX_LINE_BYTES:
                raise BadAnswer("it sends a line without an end")
        if rest:
            yield rest

    def _body(self) -> AsyncIterator[bytes]:
        coding = self.headers.get("transfer-encoding", "").lower()
        if coding == "chunked":
            return self._chunks()
        length = self.headers.get("content-length", "")
        if coding or (length and not (length.isascii() and length.isdigit() and len(length) < 12)):
            raise BadAnswer("it does not speak HTTP")
        return self._exactly(int(length)) if length else self._to_the_end()

    async def _chunks(self) -> AsyncIterator[bytes]:
        while True:
            size = (await self._line()).partition(b";")[0].strip()
            if not 0 < len(size) <= 8 or any(byte not in b"0123456789abcdefABCDEF" for byte in size):
                raise BadAnswer("it does not speak HTTP")
            left = int(size, 16)
            if not left:
                return
            async for part in self._exactly(left):
                yield part
            if await self._line():
                raise BadAnswer("it does not speak HTTP")

    async def _exactly(self, left: int) -> AsyncIterator[bytes]:
        while left:
            part = await self._some(min(left, _READ_BYTES))
            if not part:
                raise BadAnswer("it broke off")
            left -= len(part)
            yield part

    async def _to_the_end(self) -> AsyncIterator[bytes]:
        while part := await self._some(_READ_BYTES):
            yield part

    async def _some(self, most: int) -> bytes:
        async with asyncio.timeout(self._quiet_seconds):
            return await self._reader.read(most)

    async def _line(self) -> bytes:
        try:
            async with asyncio.timeout(self._quiet_seconds):
                line = await self._reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as error:
            raise BadAnswer("it broke off") from error
        except asyncio.LimitOverrunError as error:
            raise BadAnswer("it sends a line without an end") from error
        return line.removesuffix(b"\n").removesuffix(b"\r")


@asynccontextmanager
async def asked(server: Server, method: str, path: str, body: bytes = b"") -> AsyncIterator[Answer]:
    """Connect, ask, and read the head. Raises BadAnswer, OSError (also of TLS), TimeoutError."""
    options = server.options
    context = await asyncio.to_thread(_tls, options.tls_ca_file) if server.tls else None
    async with asyncio.timeout(options.connect_seconds):
        reader, writer = await asyncio.open_connection(
            server.host, server.port, ssl=context, limit=MAX_LINE_BYTES
        )
    try:
        writer.write(_head(server, method, path, len(body)) + body)
        async with asyncio.timeout(options.quiet_seconds):
            await writer.drain()
        answer = Answer(reader, options.quiet_seconds)
        await answer.head()
        yield answer
    finally:
        # Not `wait_closed`: a server that does not answer the farewell of TLS holds nobody up.
        writer.transport.abort()


def _tls(ca_file: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file or None)


def _head(server: Server, method: str, path: str, length: int) -> bytes:
    lines = [
        f"{method} {server.path}{path} HTTP/1.1",
        f"Host: {server.where}",
        "Accept-Encoding: identity",
        "Connection: close",
        "User-Agent: appliance",
        "Content-Type: application/json",
        f"Content-Length: {length}",
    ]
    if server.key:
        lines.append(f"Authorization: Bearer {server.key}")
    return "\r\n".join([*lines, "", ""]).encode("ascii")
