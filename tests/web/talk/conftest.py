"""One whole appliance with its web, for all talks of a module."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.appliances import Running, with_models
from tests.web.access.keys import token
from tests.web.test_whole import free_port, ready

HOUSE = Path(__file__).resolve().parents[3] / "appliance" / "home" / "demo.json"


class Home:
    """The appliance, and how to reach its web."""

    def __init__(self, running: Running, port: int) -> None:
        self.running = running
        self.port = port
        self.page = f"http://127.0.0.1:{port}"
        self.url = f"ws://127.0.0.1:{port}/api/talk"
        self.secret = token(running.data, "chat")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    port = free_port()
    data = tmp_path_factory.mktemp("talk") / "data"
    models = Path(os.environ.get("APPLIANCE_TEST_MODELS", "none"))
    fetched = (models / "hey_jarvis").is_dir()
    made = Running(
        with_models(data, models) if fetched else data, "--house", str(HOUSE), web__enabled="true",
        wake__engine=None if fetched else "microwakeword",
        web__port=str(port), web__requests_per_minute="100000", web__listen="loopback",
    )  # fmt: skip
    try:
        asyncio.run(made.listening())
        asyncio.run(ready(port))
        yield Home(made, port)
    finally:
        made.close()
