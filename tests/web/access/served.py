"""A real web process on a free port, with an appliance behind it whose answers the test chooses."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx

from appliance.config.model import Web
from appliance.home.machine_names import addresses
from appliance.web.access.addresses import is_home, parse
from appliance.web.settings import Settings, encode
from tests.broker import free_port
from tests.controlled import controlled

SECONDS = 30.0
PASSPHRASE = "correct horse battery staple"
NAMES = ("appliance.local", "localhost", "127.0.0.1", "::1")


def home_address() -> str | None:
    """An address of this machine as others in its private network see it."""
    usable = (parse(each) for each in addresses())
    found = next((each for each in usable if each is not None and is_home(each)), None)
    return None if found is None else f"[{found}]" if found.version == 6 else str(found)


class Served:
    """One `python -m appliance.web`."""

    def __init__(self, data: Path, names: tuple[str, ...] = NAMES, **web: Any) -> None:
        self.data = data
        self.port = free_port()
        settings = Settings(
            Web(**{"port": self.port, "listen": "loopback", "requests_per_minute": 1_000_000} | web),
            "en", "1.2.3", str(data), names,
        )  # fmt: skip
        self.log = data / "web.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "appliance.web"], stdin=subprocess.PIPE, stdout=log, stderr=log
            )
        assert self.process.stdin is not None
        with self.process.stdin as pipe:
            pipe.write(encode(settings))

    def wait(self) -> None:
        """Until it answers."""
        end = time.monotonic() + SECONDS
        with self.client() as client:
            while time.monotonic() < end:
                assert self.process.poll() is None, self.log.read_text()
                with contextlib.suppress(httpx.TransportError):
                    client.get("/api/session")
                    return
                time.sleep(0.05)
        raise TimeoutError(self.log.read_text())

    def stop(self) -> int:
        self.process.terminate()
        try:
            return self.process.wait(10)
        finally:
            self.process.kill()
            self.process.wait()

    def url(self, path: str = "", scheme: str = "http", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def client(self, scheme: str = "http", host: str = "127.0.0.1", **more: Any) -> httpx.Client:
        usual: dict[str, Any] = {
            "base_url": self.url(scheme=scheme, host=host),
            "timeout": SECONDS,
            "trust_env": False,
            "verify": False,
        }
        return httpx.Client(**usual | more)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)


@contextlib.contextmanager
def served(data: Path, names: tuple[str, ...] = NAMES, **web: Any) -> Iterator[Served]:
    """Without an appliance behind it."""
    running = Served(data, names, **web)
    try:
        running.wait()
        yield running
    finally:
        running.stop()


@contextlib.asynccontextmanager
async def served_with(data: Path, web: dict[str, Any], **answers: Any) -> AsyncIterator[Served]:
    """With one whose control socket gives `answers`."""
    async with controlled(data, **answers):
        running = Served(data, **web)
        try:
            await asyncio.to_thread(running.wait)
            yield running
        finally:
            await asyncio.to_thread(running.stop)
