"""What the web process counts of itself, under the framework that it uses."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from typing import Any

import pytest
from litestar import Litestar, WebSocket, get, websocket
from litestar.testing import AsyncTestClient, TestClient

from appliance.observe.catalogue import Catalogue
from appliance.observe.served import NO_ROUTE, Counted, Served


@get("/turns/{number:int}")
async def turn(number: int) -> str:
    return str(number)


@get("/broken")
async def broken() -> str:
    raise RuntimeError


@websocket("/speech")
async def speech(socket: WebSocket[Any, Any, Any]) -> None:
    await socket.accept()
    await socket.send_text(await socket.receive_text())
    await socket.close()


def application(served: Served) -> Any:
    return Counted(Litestar([turn, broken, speech], logging_config=None), served)


async def test_each_request_under_its_route() -> None:
    served = Served()
    async with AsyncTestClient(application(served), raise_server_exceptions=False) as client:
        for path in ("/turns/1", "/turns/2", "/turns/x", "/../secret", "/broken"):
            await client.get(path)
    found = {
        tuple(value for _, value in each.labels): each.value
        for each in served.samples()
        if each.name == served.requests.name
    }
    assert found.pop(("/broken", "500")) == 1
    assert found.pop(("/turns/{number}", "200")) == 2
    assert sum(found.values()) == 2
    assert {code for _, code in found} == {"404"}
    assert "secret" not in served.render()
    assert served.seconds.count("/turns/{number}") == 2
    assert served.running.value() == 0


async def test_one_that_waits_is_in_flight_and_one_that_breaks_is_an_error() -> None:
    served, go = Served(), asyncio.Event()
    times = iter((10.0, 12.5))

    async def waits(scope: Any, receive: Any, send: Any) -> None:
        del scope, receive, send
        await go.wait()
        raise OSError

    async def nothing(_: Any = None) -> None:
        """Neither said nor heard."""

    app = Counted(waits, served, lambda: next(times))
    task = asyncio.create_task(app({"type": "http"}, nothing, nothing))
    while not served.running.value():
        await asyncio.sleep(0)
    go.set()
    with pytest.raises(OSError):  # noqa: PT011 - it is the one above
        await task
    assert served.running.value() == 0
    assert served.requests.value(NO_ROUTE, "500") == 1
    assert {each.value for each in served.samples() if each.name.endswith("_sum")} == {2.5}


def test_websockets_are_no_requests() -> None:
    served = Served()
    with TestClient(application(served)) as client, client.websocket_connect("/speech") as socket:
        assert served.sockets.value() == 1
        socket.send_text("hello")
        assert socket.receive_text() == "hello"
    assert served.sockets.value() == 0
    assert served.requests.value("/speech", "200") is None


def test_its_names_are_no_others_and_promtool_likes_them() -> None:
    served = Served()
    served.answered("/turns/{number}", 200, 0.1)
    assert not {each.name for each in served.families()} & {each.name for each in Catalogue().families()}
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    done = subprocess.run(
        [promtool, "check", "metrics"], input=served.render(), text=True, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
