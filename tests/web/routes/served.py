"""A whole appliance with a demonstration home and its web process, and a client with a key to it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx

from appliance.home.entities import load
from appliance.serve import demonstration_house
from tests.appliances import Running
from tests.broker import free_port
from tests.web.access.keys import bearer, token

SECONDS = 30.0
PROBLEM = "application/problem+json"


class Served:
    """`get`, `post` … with all scopes; `client(scopes…)` with fewer."""

    def __init__(self, folder: Path, *, house: Path | None = None, **overrides: str) -> None:
        """`house`: another one than the demonstration's."""
        self.house = house or demonstration_house()
        self.entities = len(load(self.house).entities)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data = folder / "data"
        self.running = self._started(overrides)
        self.token = token(self.data)
        self.http = self.client()

    def _started(self, overrides: dict[str, str]) -> Running:
        """On a busy machine the demonstration home may be too late for its appliance, which ends then."""
        settings = {"web__enabled": "true", "web__port": str(self.port), "wake__engine": "microwakeword"}
        settings |= {"web__requests_per_minute": "1000000"} | overrides
        for left in (2, 1, 0):
            running = self.running = Running(self.data, "--house", str(self.house), **settings)
            try:
                asyncio.run(self._ready())
            except BaseException:
                late = running.close() and "devices were not found" in running.log()
                if not (late and left):
                    raise
            else:
                return running
        raise AssertionError

    async def _ready(self) -> None:
        await self.running.until(
            lambda status: status["listening"] and status["home"]["entities"] == self.entities
        )

    def client(self, *scopes: str) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers=bearer(token(self.data, *scopes)), timeout=SECONDS)

    def until_up(self) -> None:
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                self.http.get("/healthz")
            except httpx.TransportError:
                assert time.monotonic() < deadline, self.running.log()[-4000:]
                time.sleep(0.1)
            else:
                return

    def ask(self, do: str, **fields: Any) -> dict[str, Any]:
        """The control socket, for what the test wants to know for itself."""
        return self.running.asked(do, **fields)

    def state(self, entity_id: str) -> str:
        (found,) = [each for each in self.ask("devices")["entities"] if each["id"] == entity_id]
        return str(found["state"])

    def close(self) -> None:
        self.http.close()
        assert self.running.close() == 0
        assert "Traceback" not in self.running.log(), self.running.log()[-6000:]


def refused(answer: httpx.Response, status: int, *words: str) -> None:
    """It is a problem, of this status, that says these words."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    body = answer.json()
    assert body["status"] == status
    for word in words:
        assert word in f"{body['detail']} {body.get('hint', '')}"
