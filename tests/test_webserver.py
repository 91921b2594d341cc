"""The web process runs when it is wanted, and begins anew when what it is told changes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from appliance.config.model import Config, Web
from appliance.webserver import WebServer
from tests.broker import free_port

SECONDS = 30.0


def config(*, enabled: bool = True, port: int | None = None) -> Config:
    return Config(web=Web(enabled=enabled, port=free_port() if port is None else port, listen="loopback"))


async def answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def until_it_answers(port: int, *, wanted: bool = True) -> None:
    async with asyncio.timeout(SECONDS):
        while await answers(port) is not wanted:
            await asyncio.sleep(0.05)


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[WebServer]:
    server = WebServer(config(enabled=False), tmp_path)
    await server.start()
    yield server
    await server.stop()


async def test_not_wanted_it_does_not_run(made: WebServer) -> None:
    assert made._companion is None
    assert made.trouble == ""


async def test_it_is_switched_on_moved_and_switched_off_while_the_appliance_runs(made: WebServer) -> None:
    on = config()
    await made.reconfigure(on)
    await until_it_answers(on.web.port)
    moved = config()
    await made.reconfigure(moved)
    await until_it_answers(moved.web.port)
    assert not await answers(on.web.port)
    await made.reconfigure(msgspec.structs.replace(moved, web=Web(enabled=False)))
    assert not await answers(moved.web.port)


async def test_what_does_not_concern_it_leaves_it_alone(made: WebServer) -> None:
    on = config()
    await made.reconfigure(on)
    await until_it_answers(on.web.port)
    companion = made._companion
    await made.reconfigure(msgspec.structs.replace(on, history=msgspec.structs.replace(on.history, days=1)))
    assert made._companion is companion


async def test_under_another_name_it_begins_anew(made: WebServer) -> None:
    on = config()
    await made.reconfigure(on)
    await until_it_answers(on.web.port)
    assert made._companion is not None
    before = made._companion.pid
    made.renamed()
    async with asyncio.timeout(SECONDS):
        while made._companion.pid in {before, None}:
            await asyncio.sleep(0.05)
    await until_it_answers(on.web.port)
    await made.stop()
    made.renamed()  # without a process there is nothing to begin anew


async def test_a_port_that_is_taken_is_trouble_and_no_more(made: WebServer) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        await made.reconfigure(config(port=other.getsockname()[1]))
        async with asyncio.timeout(SECONDS):
            while not made.trouble:
                await asyncio.sleep(0.05)
        assert made.trouble.startswith(f"port {other.getsockname()[1]} (web.port) is taken")
        assert "→ set web.port to a free one" in made.trouble
