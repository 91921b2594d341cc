"""An own Mosquitto for a home that has no broker: started, watched, restarted, stopped.

Everything lies in `<data>/mosquitto`: `credentials.json` (who may connect; ours alone), `tls/` (the authority
and its key; ours alone) and `broker/` (the broker's own files, made from those at each start; their owner is
the account that it runs as). While it runs, changes go to its access control at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import re
import secrets
import signal
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

import msgspec

from appliance.errors import HomeError
from appliance.home import accounts, dynsec, machine, machine_names, mosquitto
from appliance.home.accounts import Account, Kind, Realm
from appliance.mqtt.address import Address, satellite_id
from appliance.mqtt.client import command, probe

LOG = logging.getLogger(__name__)
APPLIANCE = "appliance"
USER_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
READY_SECONDS = 10.0
PORT_ATTEMPTS = 3
POLL_SECONDS = 0.02
STOP_SECONDS = 3.0
BACKOFF_MIN_SECONDS, BACKOFF_MAX_SECONDS = 0.1, 10.0
STEADY_SECONDS = 30.0
MAX_PACKET_BYTES = 1024 * 1024 + 4_096
MAX_LOG_LINES = 20
MAX_ACCOUNTS = 250
COMMAND_SECONDS = 5.0
CERTIFICATE_SECONDS = 30.0
OWN_KINDS = frozenset({"appliance", "program"})


class EmbeddedBroker:
    """One Mosquitto. `start` and `stop` in one event loop, from its main thread."""

    def __init__(
        self,
        data: Path,
        port_wish: int,
        discovery_prefix: str = "homeassistant",
        *,
        prefix: str = "appliance",
        outside: mosquitto.Outside | None = None,
    ) -> None:
        """`outside`: where satellites and devices connect; None is this machine's own programs only."""
        self._home = data / "mosquitto"
        self._folder = self._home / "broker"
        self._tls = self._home / "tls"
        self._port_wish = port_wish
        self._realm = Realm(discovery_prefix, prefix)
        self._outside = outside
        self._saved = machine.Saved()
        self._own: dict[str, Account] = {}
        self._changing = asyncio.Lock()
        self._port = 0
        self._argv: list[str] = []
        self._plugin = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._said: deque[str] = deque(maxlen=MAX_LOG_LINES)
        self.restarts = 0
        self.trouble = ""
        """Why it does not run right now; empty when it does."""

    # --- what others use ----------------------------------------------------------------------------------

    async def start(self) -> Address:
        """Start it and wait until it answers; the appliance's own credentials. Raises HomeError."""
        program = machine.program("mosquitto", "mosquitto")
        self._plugin = machine.plugin()
        setpriv = machine.program("setpriv", "util-linux")
        self._argv = mosquitto.argv(setpriv, program, machine.account())
        self._prepare()
        if self._outside is not None and self._outside.tls_port:
            await self._certify()
        self._add_own(APPLIANCE, "appliance")
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
        """Where the broker is, for this program of ours. Raises HomeError for a name that was not added."""
        if name not in self._own:
            raise HomeError(f"the broker has no user {name!r}", "add_user makes one")
        return Address(machine.LOOPBACK, self._port, name, self._saved.passwords[name])

    async def add_user(self, name: str) -> Address:
        """Let a program of ours in: it may announce entities, and owns the topics `<name>/#`.

        Raises HomeError for a name with other than small letters, digits, _ and -.
        """
        if not USER_NAME.fullmatch(name):
            raise HomeError(
                f"{name!r} is no name for a user of the broker", "use small letters, digits, _ and -"
            )
        if name not in self._own:
            account = self._add_own(name, "program")
            self._save()
            await self._tell(dynsec.creation(account, self._saved.passwords[name], self._realm))
        return self.credentials(name)

    # --- who else may connect -----------------------------------------------------------------------------

    def accounts(self) -> dict[str, Account]:
        """Everyone but our own programs, by name."""
        return dict(self._saved.accounts)

    async def admit(self, account: Account) -> str:
        """Let a satellite or device in at once; its password, which is not kept. Raises HomeError."""
        async with self._changing:
            password = admitted(self._saved, account, self._realm)
            self._save()
            await self._tell(dynsec.creation(self._saved.accounts[account.name], password, self._realm))
        return password

    async def revoke(self, name: str) -> None:
        """Lock someone out at once, in the middle of a sentence. Raises HomeError for an unknown name."""
        async with self._changing:
            revoked(self._saved, name)
            self._save()
            await self._tell(dynsec.removal(name))

    @property
    def authority(self) -> str:
        """The certificate authority that others must trust, in PEM; empty without TLS."""
        path = self._tls / "ca.pem"
        return path.read_text() if self._outside and self._outside.tls_port and path.is_file() else ""

    @property
    def outside(self) -> mosquitto.Outside | None:
        """Where others connect."""
        return self._outside

    async def _tell(self, commands: list[dynsec.Command]) -> None:
        """Change who may connect while it runs. Raises HomeError with the broker's own words."""
        if self.pid is None:
            return  # it reads everything when it starts
        payload = msgspec.json.encode({"commands": commands})
        address = self.credentials()
        answer = await command(address, dynsec.TOPIC, payload, dynsec.ANSWERS, COMMAND_SECONDS)
        if answer is None:
            # It reads the file when it starts: until then an old right must not live on.
            LOG.warning("home: the own broker does not answer; it is started again")
            if self._process is not None and self._process.poll() is None:
                self._process.kill()
            return
        refused = dynsec.errors(answer)
        if refused:
            raise HomeError(f"the own broker refuses: {'; '.join(refused)[:300]}", "restart the appliance")

    @property
    def pid(self) -> int | None:
        """Its process, while there is one."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    # --- files --------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        try:
            for folder in (self._home, self._folder, self._tls):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                folder.chmod(0o700)
            account = machine.account()
            if account is not None:
                os.chown(self._folder, *account)
            self._saved = machine.read_saved(self._home / "credentials.json")
        except OSError as error:
            raise machine.cannot_write(self._home, error) from error

    def _add_own(self, name: str, kind: Kind) -> Account:
        self._saved.passwords.setdefault(name, secrets.token_urlsafe(24))
        self._own[name] = Account(name, kind)
        return self._own[name]

    def _save(self) -> None:
        try:
            machine.save(self._home / "credentials.json", self._saved)
        except OSError as error:
            raise machine.cannot_write(self._home, error) from error

    def _write_all(self) -> None:
        """The broker's files, anew: a damaged one costs nothing."""
        self._save()
        own = {name: _hidden(self._saved.passwords[name]) for name in self._own}
        others = {name: each.secret for name, each in self._saved.accounts.items() if each.secret}
        listed = [*self._own.values(), *(self._saved.accounts[name] for name in others)]
        config = mosquitto.configuration(self._port, MAX_PACKET_BYTES, self._plugin, self._outside)
        document = dynsec.document(listed, own | others, self._realm)
        account = machine.account()
        try:
            machine.write_private(self._folder / mosquitto.CONFIG, config, account)
            machine.write_private(self._folder / dynsec.FILE, document, account)
            if self._outside is not None and self._outside.tls_port:
                for name in (mosquitto.CERTIFICATE, mosquitto.KEY):
                    machine.write_private(self._folder / name, (self._tls / name).read_text(), account)
        except OSError as error:
            raise machine.cannot_write(self._home, error) from error

    async def _certify(self) -> None:
        """A certificate for the names that this machine has now. Raises HomeError."""
        names = machine_names.names()
        words = [sys.executable, "-m", "appliance.home.certificates", str(self._tls), *names]
        process = await asyncio.create_subprocess_exec(
            *words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        try:
            _, said = await asyncio.wait_for(process.communicate(), CERTIFICATE_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
            said = b"it took too long"
        if process.returncode:
            reason = said.decode(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
            raise HomeError(f"no certificate could be made: {reason[0]}", 'set mqtt.listen = ""')

    # --- the process --------------------------------------------------------------------------------------

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
                    self._write_all()
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


def _hidden(password: str) -> accounts.Secret:
    return accounts.secret(password, secrets.token_bytes(accounts.SALT_BYTES))


def admitted(saved: machine.Saved, account: Account, realm: Realm) -> str:
    """Write someone into what is kept; the password. Raises HomeError for a name that cannot be."""
    taken = saved.accounts | {name: Account(name, "program") for name in (APPLIANCE, *saved.passwords)}
    fault = accounts.fault_of_name(account.name, account.kind, realm, taken)
    if fault:
        raise HomeError(f"nobody can be added as {account.name[:64]!r}: {fault}", "choose another name")
    if len(saved.accounts) >= MAX_ACCOUNTS:
        raise HomeError(f"{MAX_ACCOUNTS} satellites and devices are known already", "revoke one")
    for topic in account.topics:
        wrong = accounts.fault_of_topic(topic, realm, saved.accounts)
        if wrong:
            raise HomeError(f"the topic {topic[:80]!r} {wrong}", "name the first level of its own topics")
    password = secrets.token_urlsafe(18)
    # Only our own satellites are known to keep to it; the firmware of others chooses an id of its own.
    known_as = satellite_id(account.name, password) if account.kind == "satellite" else ""
    saved.accounts[account.name] = msgspec.structs.replace(
        account, secret=_hidden(password), client_id=known_as
    )
    return password


def revoked(saved: machine.Saved, name: str) -> None:
    """Take someone out of what is kept. Raises HomeError for an unknown name."""
    if saved.accounts.pop(name, None) is None:
        known = ", ".join(sorted(saved.accounts)) or "nobody"
        raise HomeError(f"there is no {name[:64]!r}", f"there is: {known}")
