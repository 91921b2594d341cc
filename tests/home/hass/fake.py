"""A server that speaks Home Assistant's WebSocket API, well or badly: for what a real one never does.

It is a real WebSocket server on a free port; tests subclass it or change its answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

TOKEN = "the-right-token"
QUIET = logging.getLogger("fake")
QUIET.setLevel(logging.WARNING)


def entity(entity_id: str, **fields: Any) -> dict[str, Any]:
    """A row of the registry, shown to Assist."""
    row = {"entity_id": entity_id, "platform": "demo", "unique_id": entity_id, "options": {}}
    return row | {"options": {"conversation": {"should_expose": True}}} | fields


class Fake:
    """Answers as Home Assistant does, from what its attributes hold."""

    def __init__(self) -> None:
        self.port = 0
        self.states: dict[str, dict[str, Any]] = {
            "light.a": {"s": "off", "a": {"friendly_name": "Lamp"}},
            "button.b": {"s": "unknown", "a": {"friendly_name": "Bell"}},
        }
        self.results: dict[str, Any] = {
            "get_config": {"state": "RUNNING", "unit_system": {"temperature": "°C"}},
            "get_services": {
                "light": {"turn_on": {}, "turn_off": {}},
                "button": {"press": {}},
                "homeassistant": {"turn_on": {}},
            },
            "config/floor_registry/list": [],
            "config/area_registry/list": [{"area_id": "hall", "name": "Hall", "aliases": []}],
            "config/device_registry/list": [],
            "config/entity_registry/list": [entity("light.a", area_id="hall"), entity("button.b")],
            "config/entity_registry/get_entries": {},
            "homeassistant/expose_entity/list": {"exposed_entities": {}},
            "homeassistant/expose_new_entities/get": {"expose_new": True},
            "subscribe_events": None,
            "unsubscribe_events": None,
            "supported_features": None,
        }
        self.asked: list[dict[str, Any]] = []
        self.calls: list[dict[str, Any]] = []
        self.logins = 0
        self.sockets: set[ServerConnection] = set()
        self.event_numbers: dict[str, int] = {}
        self.state_number = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[Fake]:
        async with serve(self.talk, "127.0.0.1", self.port, close_timeout=0.2, logger=QUIET) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield self

    async def talk(self, socket: ServerConnection) -> None:
        self.sockets.add(socket)
        with contextlib.suppress(ConnectionClosed):
            if await self.greet(socket):
                async for data in socket:
                    await self.take(socket, json.loads(data))
        self.sockets.discard(socket)

    async def greet(self, socket: ServerConnection) -> bool:
        await self.say(socket, type="auth_required", ha_version="2025.4.4")
        answer = json.loads(await socket.recv())
        self.logins += 1
        if answer != {"type": "auth", "access_token": TOKEN}:
            await self.say(socket, type="auth_invalid", message="Invalid access token or password")
            return False
        await self.say(socket, type="auth_ok", ha_version="2025.4.4")
        return True

    async def take(self, socket: ServerConnection, message: dict[str, Any]) -> None:
        self.asked.append(message)
        kind, number = message["type"], message["id"]
        if kind == "call_service":
            self.calls.append(message)
            await self.serve_call(socket, message)
        elif kind == "subscribe_entities":
            self.state_number = number
            await self.answer(socket, number)
            wanted = {key: self.states[key] for key in message["entity_ids"] if key in self.states}
            await self.say(socket, id=number, type="event", event={"a": wanted})
        elif kind in self.results:
            if kind == "subscribe_events":
                self.event_numbers[message["event_type"]] = number
            await self.answer(socket, number, self.results[kind])
        else:
            await self.fail(socket, number, "unknown_command", "Unknown command.")

    async def serve_call(self, socket: ServerConnection, message: dict[str, Any]) -> None:
        entity_id = message["target"]["entity_id"]
        if message["service"].startswith("turn_"):
            await self.change(socket, entity_id, message["service"].removeprefix("turn_"))
        await self.answer(socket, message["id"], {"context": {}})

    async def change(self, socket: ServerConnection, entity_id: str, state: str) -> None:
        self.states[entity_id]["s"] = state
        event = {"c": {entity_id: {"+": {"s": state}}}}
        await self.say(socket, id=self.state_number, type="event", event=event)

    async def announce(self, event_type: str) -> None:
        """Tell everyone that something changed."""
        for socket in list(self.sockets):
            await self.say(socket, id=self.event_numbers[event_type], type="event", event={})

    async def answer(self, socket: ServerConnection, number: int, result: Any = None) -> None:
        await self.say(socket, id=number, type="result", success=True, result=result)

    async def fail(self, socket: ServerConnection, number: int, code: str, message: str) -> None:
        error = {"code": code, "message": message}
        await self.say(socket, id=number, type="result", success=False, error=error)

    async def say(self, socket: ServerConnection, **message: Any) -> None:
        await socket.send(json.dumps(message))

    async def drop(self) -> None:
        """Cut every connection."""
        for socket in list(self.sockets):
            socket.transport.abort()
        while self.sockets:
            await asyncio.sleep(0.01)
