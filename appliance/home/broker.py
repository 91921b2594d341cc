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
from appliance.home import dynsec, machine, machine_names, mosquitto
from appliance.home.accounts import Account, Kind, Realm
from appliance.home.admission import OWN, admitted, hidden, revoked
from appliance.mqtt.address import Address
from appliance.mqtt.client import command, probe
from appliance.tasks import begin, end, ended

LOG = logging.getLogger(__name__)
USER_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
READY_SECONDS = 10.0
PORT_ATTEMPTS = 3
POLL_SECONDS = 0.02
STOP_SECONDS = 3.0
BACKOFF_MIN_SECONDS, BACKOFF_MAX_SECONDS = 0.1, 10.0
STEADY_SECONDS = 30.0
MAX_PACKET_BYTES = 1024 * 1024 + 4_096
MAX_LOG_LINES = 20
COMMAND_SECONDS = 5.0
WATCH_SECONDS = 10.0
ANSWER_SECONDS = 5.0
SILENT_IN_A_ROW = 3
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
        self._watchers: list[asyncio.Task[None]] = []
        self._said: deque[str] = deque(maxlen=MAX_LOG_LINES)
        self.restarts = 0
        self.trouble = ""
        """Why it does not run right now; empty when it does."""

    # --- what others use ----------------------------------------------------------------------------------

    async def start(self) -> Address:
        """Start it and wait until it answers; the appliance's own credentials. Raises HomeError."""
        program = machine.program("mosquitto", "mosquitto")
        self._plugin = machine.plugin()
        prlimit, setpriv = (machine.program(name, "util-linux") for name in ("prlimit", "setpriv"))
        self._argv = mosquitto.argv(prlimit, setpriv, program, machine.account())
        self._prepare()
        if self._outside is not None and self._outside.tls_port:
            await self._certify()
        self._add_own(OWN, "appliance")
        await self._launch_on_a_free_port()
        self._watchers = [begin(self._keep_running(), "broker"), begin(self._watch(), "broker's health")]
        return self.credentials()

    async def stop(self) -> None:
        """Stop it and wait for its end; may be called twice."""
        await end(*self._watchers)
        await self._end()

    def credentials(self, name: str = OWN) -> Address:
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
        async with self._changing:
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
            try:
                self._save()
            except HomeError:
                del self._saved.accounts[account.name]  # nobody will hear its password
                raise
            await self._tell(dynsec.creation(self._saved.accounts[account.name], password, self._realm))
        return password

    async def revoke(self, name: str) -> None:
        """Lock someone out at once, in the middle of a sentence. Raises HomeError for an unknown name."""
        async with self._changing:
            revoked(self._saved, name)
            try:
                self._save()
            finally:  # a full disk lets nobody stay
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
        """Change who may connect while it runs."""
        if self.pid is None:
            return  # it reads everything when it starts
        payload = msgspec.json.encode({"commands": commands})
        address = self.credentials()
        answer = await command(address, dynsec.TOPIC, payload, dynsec.ANSWERS, COMMAND_SECONDS)
        refused = ["no answer"] if answer is None else dynsec.errors(answer)
        if refused:
            # It reads everything when it starts: until then an old right must not live on.
            why = "; ".join(refused)[:300]
            LOG.warning("home: the own broker refuses a change (%s); it is started again", why)
            self._kill()

    def _kill(self) -> None:
        """It is started again by itself."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()

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
        own = {name: hidden(self._saved.passwords[name]) for name in self._own}
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
            *words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        try:
            async with asyncio.timeout(CERTIFICATE_SECONDS):
                told, said = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            told, said = b"", b"it took too long"
        if process.returncode:
            reason = said.decode(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
            raise HomeError(f"no certificate could be made: {reason[0]}", 'set mqtt.listen = ""')
        for line in told.decode(errors="replace").splitlines()[:-1]:
            LOG.warning("home: %s", line)

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
            mosquitto.hint(words, self._outside),
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

    async def _watch(self) -> None:
        """End one that runs and answers nobody: filled up, it would stay so for ever."""
        silent = 0
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if self.pid is None or self.trouble:
                silent = 0
                continue
            connection = await probe(self.credentials(), ANSWER_SECONDS)
            silent = 0 if connection.connected else silent + 1
            if silent >= SILENT_IN_A_ROW:
                LOG.warning("home: the own broker answers nobody; it is started again")
                self._kill()
                silent = 0

    async def _ended(self) -> None:
        """Wait for the end of the process, without a thread."""
        if self._process is not None:
            await ended(self._process)

    async def _end(self) -> None:
        """Terminate, then kill; and let go of its pipe."""
        process = self._process
        if process is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            if process.poll() is None:
                process.send_signal(number)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(STOP_SECONDS):
                        await self._ended()
        process.poll()
        if process.stderr is not None and not process.stderr.closed:
            asyncio.get_running_loop().remove_reader(process.stderr.fileno())
            process.stderr.close()
        self._process = None
