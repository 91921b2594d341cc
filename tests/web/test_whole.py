"""The web process of a whole appliance."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.appliances import Running, alive
from tests.broker import free_port

SECONDS = 30.0


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def running(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("web") / "data"
    made = Running(data, wake__engine="microwakeword", web__enabled="true", web__port=str(port))
    try:
        asyncio.run(made.listening())
        yield made
    finally:
        made.close()


def fetch(port: int, path: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


async def ready(port: int) -> tuple[int, bytes]:
    async with asyncio.timeout(SECONDS):
        while True:
            try:
                return await asyncio.to_thread(fetch, port, "/healthz")
            except OSError:
                await asyncio.sleep(0.1)


def web_pids(running: Running) -> list[int]:
    children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()
    return [int(pid) for pid in children if b"appliance.web" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.mark.usefixtures("running")
async def test_it_says_that_the_appliance_is_ready(port: int) -> None:
    status, body = await ready(port)
    assert (status, json.loads(body)) == (200, {"ready": True})


async def test_it_does_not_outlive_its_appliance(tmp_path: Path) -> None:
    port = free_port()
    made = Running(tmp_path / "data", wake__engine="microwakeword", web__enabled="true", web__port=str(port))
    try:
        await made.listening()
        await ready(port)
        (pid,) = web_pids(made)
    finally:
        made.close(signal.SIGKILL)
    async with asyncio.timeout(SECONDS):
        while alive({pid}):
            await asyncio.sleep(0.05)


async def test_killed_it_comes_back_and_the_appliance_listens_on(running: Running, port: int) -> None:
    await ready(port)
    (pid,) = web_pids(running)
    os.kill(pid, signal.SIGKILL)
    assert (await running.status())["listening"]
    async with asyncio.timeout(SECONDS):
        while web_pids(running) in ([], [pid]):
            await asyncio.sleep(0.05)
    assert (await ready(port))[0] == 200


async def test_a_second_appliance_on_the_port_listens_and_says_what_is_wrong(
    running: Running, port: int, tmp_path: Path
) -> None:
    await ready(port)
    second = Running(tmp_path / "two", wake__engine="microwakeword", web__enabled="true", web__port=str(port))
    try:
        status = await second.until(lambda status: status["listening"] and status["web"]["trouble"])
        assert status["web"]["trouble"].startswith(f"port {port} (web.port) is taken")
        assert (await running.status())["web"]["trouble"] == ""
        assert (await ready(port))[0] == 200
    finally:
        assert second.close() == 0
