"""An own Mosquitto on loopback, for a home that has no broker: started, watched, restarted, stopped.

Everything lies in `<data>/mosquitto`: `credentials.json` (ours alone) and `broker/` (the broker's own files;
its owner is the account that it runs as). Credentials are made once and kept: devices may keep them too.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import secrets
import signal
import subprocess
import time
from collections import deque
from pathlib import Path

import msgspec

from appliance.errors import HomeError
from appliance.home import machine, mosquitto
from appliance.mqtt.address import Address
from appliance.mqtt.client import probe

LOG = logging.getLogger(__name__)
APPLIANCE = "appliance"
READY_SECONDS = 10.0
PORT_ATTEMPTS = 3
POLL_SECONDS = 0.02
STOP_SECONDS = 3.0
BACKOFF_MIN_SECONDS, BACKOFF_MAX_SECONDS = 0.1, 10.0
STEADY_SECONDS = 30.0
MAX_PACKET_BYTES = 1024 * 1024 + 4_096
MAX_LOG_LINES = 20


class EmbeddedBroker:
    """One Mosquitto. `start` and `stop` in one event loop, from its main thread."""

    def __init__(self, data: Path, port_wish: int, discovery_prefix: str = "homeassistant") -> None:
        self._home = data / "mosquitto"
        self._folder = self._home / "broker"
        self._port_wish = port_wish
        self._prefix = discovery_prefix
        self._saved = machine.Saved()
        self._users: dict[str, mosquitto.User] = {}
        self._port = 0
        self._argv: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._said: deque[str] = deque(maxlen=MAX_LOG_LINES)
        self.restarts = 0
        self.trouble = ""
        """Why it does not run right now; empty when it does."""

    # --- what others use ------------------------------------------------------------------------------------

    async def start(self) -> Address:
        """Start it and wait until it answers; the appliance's own credentials. Raises HomeError."""
        program = machine.program("mosquitto", "mosquitto")
        setpriv = machine.program("setpriv", "util-linux")
        self._argv = mosquitto.argv(setpriv, program, machine.account())
        self._prepare()
        self._add(mosquitto.User(APPLIANCE, self._password(APPLIANCE), both=("#",)))
        await self._launch_on_a_free_port()
        self._watcher = asyncio.create_task(self._keep_running())
        return self.credentials()

    async def stop(self) -> None:
        """Stop it and wait for its end; may be called twice."""
        if self._watcher:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
            self._watcher = None
        await self._end()

    def credentials(self, name: str = APPLIANCE) -> Address:
        """Where the broker is, for this user. Raises HomeError for a name that was not added."""
        if name not in self._users:
            raise HomeError(f"the broker has no user {name!r}", "add_user makes one")
        return Address(machine.LOOPBACK, self._port, name, self._users[name].password)

    def add_user(self, name: str) -> Address:
        """Let a device program in: it may announce entities, and owns the topics `<name>/#`.

        Raises HomeError for a name with other than small letters, digits, _ and -.
        """
        if not mosquitto.USER_NAME.fullmatch(name):
            raise HomeError(
                f"{name!r} is no name for a user of the broker", "use small letters, digits, _ and -"
            )
        prefix = self._prefix
        user = mosquitto.User(
            name,
            self._password(name),
            read=(f"{prefix}/status",),
            write=(f"{prefix}/#",),
            both=(f"{name}/#",),
        )
        self._add(user)
        self._write_all()
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGHUP)
        return self.credentials(name)

    @property
    def pid(self) -> int | None:
        """Its process, while there is one."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    # --- files ----------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        try:
            for folder in (self._home, self._folder):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                folder.chmod(0o700)
            account = machine.account()
            if account is not None:
                os.chown(self._folder, *account)
            self._saved = machine.read_saved(self._home / "credentials.json")
        except OSError as error:
            raise machine.cannot_write(self._home, error) from error

    def _password(self, name: str) -> str:
        return self._saved.passwords.setdefault(name, secrets.token_urlsafe(24))

    def _add(self, user: mosquitto.User) -> None:
        self._users[user.name] = user

    def _write_all(self) -> None:
        users = list(self._users.values())
        salts = [secrets.token_bytes(mosquitto.SALT_BYTES) for _ in users]
        account = machine.account()
        try:
            machine.write_private(
                self._home / "credentials.json", msgspec.json.encode(self._saved).decode(), None
            )
            config = mosquitto.configuration(self._port, MAX_PACKET_BYTES)
            machine.write_private(self._folder / mosquitto.CONFIG, config, account)
            machine.write_private(
                self._folder / mosquitto.PASSWORDS, mosquitto.passwords(users, salts), account
            )
            machine.write_private(self._folder / mosquitto.RIGHTS, mosquitto.rights(users), account)
        except OSError as error:
            raise machine.cannot_write(self._home, error) from error

    # --- the process ----------------------------------------------------------------------------------------

    async def _launch_on_a_free_port(self) -> None:
        """On another one when somebody takes it between our look and the broker's. Raises HomeError."""
        wishes = (self._port_wish, self._saved.port)
        for attempt in range(1, PORT_ATTEMPTS + 1):
            self._port = self._saved.port = machine.free_port(*wishes)
            self._write_all()
            try:
                await self._launch()
            except HomeError:
                if attempt == PORT_ATTEMPTS or not machine.listens(self._port):
                    raise
                wishes = (0, 0)
            else:
                return

    async def _launch(self) -> None:
        """One process, answering. Raises HomeError with its own words when it does not."""
        self._said.clear()
        try:
            self._process = subprocess.Popen(  # noqa: ASYNC220 - a fork without waiting
                self._argv,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
                # Ctrl+C in a terminal is ours to answer: deeds under way still need the broker.
                process_group=0,
            )
        except OSError as error:
            raise HomeError(f"mosquitto cannot be started: {error.strerror}") from error
        self._listen_to_log(self._process)
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            if machine.listens(self._port) and (await probe(self.credentials())).connected:
                self.trouble = ""
                return
            await asyncio.sleep(POLL_SECONDS)
        await asyncio.sleep(POLL_SECONDS)  # its last words are still in the pipe
        await self._end()
        words = "; ".join(self._said) or "it said nothing"
        raise HomeError(
            f"the own MQTT broker does not answer on port {self._port}: {words}",
            "set mqtt.host to a broker that runs, or look at `mosquitto -v`",
        )

    def _listen_to_log(self, process: subprocess.Popen[bytes]) -> None:
        """Keep its last lines; a full pipe must never block it."""
        pipe = process.stderr
        assert pipe is not None
        os.set_blocking(pipe.fileno(), False)
        loop = asyncio.get_running_loop()

        def read() -> None:
            chunk = os.read(pipe.fileno(), 16_384)
            if not chunk:
                loop.remove_reader(pipe.fileno())
                pipe.close()
            for line in chunk.decode(errors="replace").splitlines():
                self._said.append(line[:300])
                LOG.debug("mosquitto: %s", line[:300])

        loop.add_reader(pipe.fileno(), read)

    async def _keep_running(self) -> None:
        """Start it again whenever it ends, ever more slowly while that does not help."""
        failures = 0
        while True:
            started = time.monotonic()
            await self._ended()
            failures = 1 if time.monotonic() - started > STEADY_SECONDS else failures + 1
            self.trouble = "the own MQTT broker ended; it is being started again"
            LOG.warning("home: %s (%s)", self.trouble, "; ".join(self._said) or "without a word")
            while True:
                wait = min(BACKOFF_MAX_SECONDS, BACKOFF_MIN_SECONDS * 2.0 ** min(failures - 1, 10))
                await asyncio.sleep(wait * (0.5 + random.random() / 2))  # noqa: S311
                self.restarts += 1
                try:
                    await self._launch()
                    break
                except HomeError as error:
                    failures += 1
                    self.trouble = error.message
                    LOG.warning("home: %s", error.message)

    async def _ended(self) -> None:
        """Wait for the end of the process, without a thread."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        loop = asyncio.get_running_loop()
        over = asyncio.Event()
        descriptor = os.pidfd_open(process.pid)
        loop.add_reader(descriptor, over.set)
        try:
            await over.wait()
            process.poll()
        finally:
            loop.remove_reader(descriptor)
            os.close(descriptor)

    async def _end(self) -> None:
        """Terminate, then kill; and let go of its pipe."""
        process = self._process
        if process is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            if process.poll() is None:
                process.send_signal(number)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._ended(), STOP_SECONDS)
        process.poll()
        if process.stderr is not None and not process.stderr.closed:
            asyncio.get_running_loop().remove_reader(process.stderr.fileno())
            process.stderr.close()
        self._process = None
