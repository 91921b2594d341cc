"""What is said when Home Assistant cannot be asked; that it can is in tests/hass/test_acceptance.py."""

from __future__ import annotations

import asyncio
import socket

import msgspec
import pytest

from appliance.acceptance import shown
from appliance.config.model import HomeAssistant
from appliance.errors import HomeError


async def test_nobody_is_there() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings = HomeAssistant(url=f"http://127.0.0.1:{closed.getsockname()[1]}", token="x")
        with pytest.raises(HomeError, match="cannot be asked"):
            await shown.until_on(settings, "a.alert_store")


async def test_somebody_else_is_there() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1_000)
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        settings = HomeAssistant(url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", token="x")
        with pytest.raises(HomeError, match="is no Home Assistant"):
            await shown.until_on(settings, "a.alert_store")


@pytest.mark.parametrize("raw", [b"{}", b"[1]", b"nonsense"])
def test_another_form_is_said(raw: bytes) -> None:
    with pytest.raises(HomeError, match="another form"):
        shown._rows(msgspec.Raw(raw))
