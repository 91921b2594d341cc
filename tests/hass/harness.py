"""A real Home Assistant in a folder of its own, on loopback, with an MQTT broker beside it.

Everything goes through its own interfaces: onboarding makes the user, the WebSocket API the long-lived token,
a configuration flow the MQTT integration. Each call opens a connection of its own, so none minds a restart.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import websockets

from tests.broker import Mosquitto

START_SECONDS = 90.0
STOP_SECONDS = 30.0
WAIT_SECONDS = 20.0
MAX_MESSAGE_BYTES = 32 * 1024 * 1024
CONFIGURATION = """\
homeassistant:
  name: Test home
  unit_system: metric
  time_zone: UTC
  country: DE
  language: en
http:
  server_host: 127.0.0.1
  server_port: {port}
api:
config:
auth:
frontend:
logger:
  default: warning
{more}"""


class Refused(Exception):
    """Home Assistant answered a command with an error; `code` is its own."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Session:
    """An authenticated WebSocket connection."""

    def __init__(self, connection: websockets.ClientConnection) -> None:
        self.connection = connection
        self._last = 0
        self.events: list[dict[str, Any]] = []

    async def ask(self, kind: str, **fields: Any) -> Any:
        """The result of one command. Events that come meanwhile are kept. Raises Refused."""
        self._last += 1
        await self.connection.send(json.dumps({"id": self._last, "type": kind, **fields}))
        while True:
            message = json.loads(await asyncio.wait_for(self.connection.recv(), WAIT_SECONDS))
            if message.get("id") != self._last or message["type"] != "result":
                self.events.append(message)
            elif message["success"]:
                return message["result"]
            else:
                raise Refused(message["error"]["code"], message["error"]["message"])


class HomeAssistant:
    """One Home Assistant; `more` is added to its configuration.yaml. It is not running before `start`."""

    def __init__(self, environment: Path, folder: Path, broker: Mosquitto, more: str = "") -> None:
        self._python = environment / "bin/python"
        self.folder = folder
        self.broker = broker
        self._more = more
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.token = ""
        """A long-lived one, of an administrator."""
        self._process: subprocess.Popen[bytes] | None = None

    # --- the process ----------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start it and wait until everything is set up; the first time also make user, token and MQTT."""
        first = not self.folder.exists()
        if first:
            self.folder.mkdir(parents=True)
            (self.folder / "configuration.yaml").write_text(
                CONFIGURATION.format(port=self.port, more=self._more)
            )
        self._launch()
        await self._answers()
        if first:
            await self._settle_in()
        await self.wait_until_running()

    def _launch(self) -> None:
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [*_dies_with_us(), self._python, "-m", "homeassistant", "-c", self.folder, "--skip-pip"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "LANG": "C.UTF-8"},
                start_new_session=True,
            )

    async def _answers(self) -> None:
        """Wait until its HTTP server does; the API comes with it, or a moment later."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            assert self._process is not None
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, f"Home Assistant does not answer\n{self.log()}"
            with contextlib.suppress(OSError):
                await self._http("GET", "/api/onboarding")
                return
            await asyncio.sleep(0.1)

    async def wait_until_running(self) -> None:
        """Wait until all its integrations are set up."""

        async def running() -> bool:
            return bool((await self.ask("get_config"))["state"] == "RUNNING")

        await self.wait_for(running, START_SECONDS)

    async def stop(self) -> None:
        """End it in good order: it says so on its birth topic, and saves everything."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """End it without a goodbye. What it had not saved yet is lost."""
        await self._end(signal.SIGKILL)

    async def restart(self) -> None:
        """Stop it and start it again on the same port."""
        await self.stop()
        await self.start()

    async def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            await asyncio.to_thread(process.wait, STOP_SECONDS)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    @property
    def running(self) -> bool:
        """Is its process alive?"""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    def log(self) -> str:
        """The last it said."""
        said = ""
        for name in ("output", "home-assistant.log"):
            if (self.folder / name).exists():
                said += (self.folder / name).read_text(errors="replace")
        return said[-6_000:]

    # --- setting up -----------------------------------------------------------------------------------------

    async def _settle_in(self) -> None:
        client = f"{self.url}/"
        owner = {"name": "Tester", "username": "tester", "password": "tester", "language": "en"}
        made = await self._http("POST", "/api/onboarding/users", {**owner, "client_id": client})
        form = f"grant_type=authorization_code&code={made['auth_code']}&client_id={client}"
        self.token = (await self._http("POST", "/auth/token", form))["access_token"]
        self.token = await self.make_token("tests")
        await self.add_mqtt()
        await self.wait_for(
            lambda: self._saved("auth", '"tests"') and self._saved("core.config_entries", '"mqtt"')
        )

    def _saved(self, name: str, text: str) -> bool:
        """It saves a second later; what a kill takes must not be this."""
        file = self.folder / ".storage" / name
        return file.exists() and text in file.read_text()

    async def make_token(self, name: str) -> str:
        """Another long-lived token of the same user."""
        return str(await self.ask("auth/long_lived_access_token", client_name=name, lifespan=1))

    async def log_in(self, username: str, password: str) -> str:
        """A token of another user, good for half an hour."""
        client = f"{self.url}/"
        start = {"client_id": client, "handler": ["homeassistant", None], "redirect_uri": client}
        flow = await self._http("POST", "/auth/login_flow", start)
        given = {"client_id": client, "username": username, "password": password}
        answer = await self._http("POST", f"/auth/login_flow/{flow['flow_id']}", given)
        form = f"grant_type=authorization_code&code={answer['result']}&client_id={client}"
        return str((await self._http("POST", "/auth/token", form))["access_token"])

    async def revoke_token(self, name: str) -> None:
        """Take a token back by the name that it was made with."""
        tokens = await self.ask("auth/refresh_tokens")
        (token,) = [token["id"] for token in tokens if token["client_name"] == name]
        await self.ask("auth/delete_refresh_token", refresh_token_id=token)

    async def add_mqtt(self) -> None:
        """Set the MQTT integration up with this test's broker."""
        address = self.broker.address()
        flow = await self._http("POST", "/api/config/config_entries/flow", {"handler": "mqtt"})
        answer = await self._http(
            "POST",
            f"/api/config/config_entries/flow/{flow['flow_id']}",
            {
                "broker": address.host,
                "port": address.port,
                "username": address.username,
                "password": address.password,
            },
        )
        assert answer["type"] == "create_entry", answer

    async def _http(self, method: str, path: str, body: dict[str, Any] | str | None = None) -> Any:
        """JSON from its REST API; text is sent as a form. Raises OSError, also when it refuses."""
        kind = "application/x-www-form-urlencoded" if isinstance(body, str) else "application/json"
        data = body if isinstance(body, str) else json.dumps(body)
        request = urllib.request.Request(self.url + path, method=method, headers={"Content-Type": kind})
        if body is not None:
            request.data = data.encode()
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        return await asyncio.to_thread(_read, request)

    # --- talking to it --------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """A WebSocket connection, for several commands or a subscription."""
        url = f"ws://127.0.0.1:{self.port}/api/websocket"
        async with websockets.connect(url, max_size=MAX_MESSAGE_BYTES, proxy=None) as connection:
            assert json.loads(await connection.recv())["type"] == "auth_required"
            await connection.send(json.dumps({"type": "auth", "access_token": self.token}))
            answer = json.loads(await connection.recv())
            assert answer["type"] == "auth_ok", answer
            yield Session(connection)

    async def ask(self, kind: str, **fields: Any) -> Any:
        """The result of one WebSocket command. Raises Refused, OSError, websockets.WebSocketException."""
        async with self.session() as session:
            return await session.ask(kind, **fields)

    async def states(self) -> dict[str, dict[str, Any]]:
        """All states by entity id, each with `state` and `attributes`."""
        return {state["entity_id"]: state for state in await self.ask("get_states")}

    async def state(self, entity_id: str) -> str | None:
        """One entity's state; None when there is no such entity."""
        state = (await self.states()).get(entity_id)
        return None if state is None else str(state["state"])

    async def devices(self) -> list[dict[str, Any]]:
        """The device registry."""
        return list(await self.ask("config/device_registry/list"))

    async def entities(self) -> list[dict[str, Any]]:
        """The entity registry."""
        return list(await self.ask("config/entity_registry/list"))

    async def areas(self) -> list[dict[str, Any]]:
        """The area registry. Onboarding made Living Room, Kitchen and Bedroom."""
        return list(await self.ask("config/area_registry/list"))

    async def device(self, name: str) -> dict[str, Any] | None:
        """The device of this name."""
        return next((device for device in await self.devices() if device["name"] == name), None)

    async def entities_of(self, device_name: str) -> dict[str, str]:
        """Entity ids of a device by their own names (original_name; the device's own is "")."""
        device = await self.device(device_name)
        if device is None:
            return {}
        return {
            entity["original_name"] or "": entity["entity_id"]
            for entity in await self.entities()
            if entity["device_id"] == device["id"]
        }

    async def call_service(self, service: str, entity_id: str | list[str] | None = None, **data: Any) -> Any:
        """`light.turn_on` on an entity with data. Raises Refused."""
        domain, _, name = service.partition(".")
        target = {"target": {"entity_id": entity_id}} if entity_id else {}
        return await self.ask("call_service", domain=domain, service=name, service_data=data, **target)

    async def expose(self, entity_id: str, exposed: bool) -> None:
        """Show an entity to its voice assistant, or hide it."""
        await self.ask(
            "homeassistant/expose_entity",
            assistants=["conversation"],
            entity_ids=[entity_id],
            should_expose=exposed,
        )

    async def update_entity(self, entity_id: str, **fields: Any) -> None:
        """Change an entity's registry entry: name, aliases, area_id, hidden_by, disabled_by."""
        await self.ask("config/entity_registry/update", entity_id=entity_id, **fields)

    async def remove_device(self, name: str) -> None:
        """Remove a device as a person does on its page: its discovery topics are cleared."""
        device = await self.device(name)
        assert device is not None, f"no device {name}"
        for entry in device["config_entries"]:
            await self.ask(
                "config/device_registry/remove_config_entry", device_id=device["id"], config_entry_id=entry
            )

    async def wait_for(self, condition: Callable[[], Any], seconds: float = WAIT_SECONDS) -> Any:
        """The value of `condition` (may be async) once it is true; Home Assistant may be away till then."""
        deadline = time.monotonic() + seconds
        trouble: Exception | None = None
        while time.monotonic() < deadline:
            try:
                value = condition()
                value = await value if asyncio.iscoroutine(value) else value
            except (OSError, websockets.WebSocketException, Refused) as error:
                trouble = error
            else:
                if value:
                    return value
            await asyncio.sleep(0.05)
        raise AssertionError(f"not within {seconds} s (last trouble: {trouble})\n{self.log()}")

    async def wait_for_state(self, entity_id: str, wanted: str, seconds: float = WAIT_SECONDS) -> None:
        """Wait until an entity has a state."""

        async def holds() -> bool:
            return await self.state(entity_id) == wanted

        await self.wait_for(holds, seconds)


def _read(request: urllib.request.Request) -> Any:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=WAIT_SECONDS) as response:
            return json.loads(response.read(MAX_MESSAGE_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            raise OSError(f"{request.full_url}: {error.code} {error.read(2_000)!r}") from None


def _dies_with_us() -> list[str]:
    """So that a killed test run leaves nothing behind."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
