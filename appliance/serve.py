"""From start to stop of `appliance run`: signals, systemd, the demonstration home, the terminal view."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Protocol

import msgspec

from appliance.config.model import Config
from appliance.control import socket_path
from appliance.daemon import Appliance, Read
from appliance.errors import ApplianceError, HomeError
from appliance.home import entities
from appliance.home.broker import EmbeddedBroker
from appliance.home.simulated import ConnectionFile
from appliance.mqtt.address import Address
from appliance.observe import logs
from appliance.satellites.unit import Unit
from appliance.settings_requests import Origins
from appliance.supervision.notify import Notifier
from appliance.supervision.supervisor import Supervisor
from appliance.tasks import end

LOG = logging.getLogger(__name__)
CHILD_STOP_SECONDS = 3.0
HOME_USER = "demo"
HOME_START_SECONDS = 15.0
FOUND_SECONDS = 10.0
LOOK_SECONDS = 0.05
STATUS_SECONDS = 5.0


class Extras(msgspec.Struct, frozen=True):
    """What `appliance run` does beside serving."""

    house: Path | None = None
    """Run a demonstration home with this house on the embedded broker."""
    view: bool = False
    """Show turns on the terminal."""
    demo: bool = False
    """Speak the demonstration's sentences."""
    once: bool = False
    """End after the demonstration."""


def demonstration_house() -> Path:
    """The house of the demonstration."""
    return Path(str(resources.files("appliance.home") / "demo.json"))


RESTART = -1
"""Instead of an exit status: begin anew."""


async def serve(
    config: Config,
    extras: Extras,
    read: Read,
    chosen: Mapping[str, object],
    origins: Origins | None = None,
) -> int:
    """Run until a signal, or until the demonstration ends; the exit status. Raises ApplianceError."""
    if extras.house is not None:
        entities.load(extras.house)
    notifier = Notifier()
    stopped = _stop_on_signals()
    anew = asyncio.Event()

    def restart() -> None:
        anew.set()
        stopped.set()

    appliance = Appliance(config, chosen_values=chosen, read=read, restart=restart, origins=origins)
    children: list[asyncio.subprocess.Process] = []
    status = 0
    try:
        await appliance.start()
        _reload_on_hangup(appliance, notifier, lambda: read(appliance.store.values))
        if extras.house is not None:
            children.append(await start_home(appliance, extras.house))
        care = [
            asyncio.create_task(_tell_systemd(appliance, notifier), name="status"),
            asyncio.create_task(notifier.watchdog(lambda: appliance.supervisor.healthy), name="watchdog"),
        ]
        status = await _until_stopped(appliance, extras, stopped, children)
        await end(*care)
    finally:
        notifier.stopping()
        for child in reversed(children):
            await end_child(child)
        await appliance.stop()
    return RESTART if anew.is_set() else status


class Served(Protocol):
    """What is run: the appliance, or a satellite of one."""

    supervisor: Supervisor

    @property
    def listening(self) -> bool:
        """Is it ready for a wake word?"""

    async def wait_until_settled(self) -> None:
        """Return when no stage is expected to become ready by itself."""

    async def reload(self, config: Config) -> list[str]:
        """Take over what can change; the names of what needs a restart."""


async def serve_satellite(config: Config, reload: Callable[[], Config]) -> int:
    """Be a satellite of another appliance until a signal; the exit status. Raises ApplianceError."""
    unit = Unit(config)
    notifier = Notifier()
    stopped = _stop_on_signals()
    try:
        await unit.start()
        _reload_on_hangup(unit, notifier, reload)
        care = [
            asyncio.create_task(_tell_systemd(unit, notifier), name="status"),
            asyncio.create_task(notifier.watchdog(lambda: unit.supervisor.healthy), name="watchdog"),
        ]
        await stopped.wait()
        await end(*care)
    finally:
        notifier.stopping()
        await unit.stop()
    return 0


def _stop_on_signals() -> asyncio.Event:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    return stopped


def _reload_on_hangup(appliance: Served, notifier: Notifier, read: Callable[[], Config]) -> None:
    """SIGHUP reads the configuration again; a broken one changes nothing."""
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    async def reload() -> None:
        notifier.reloading()
        try:
            config = read()
            logs.configure(config.log.level, config.log.format)
            fixed = await appliance.reload(config)
            if fixed:
                LOG.warning("changed, but only a restart takes it over: %s", ", ".join(fixed))
        except ApplianceError as error:
            LOG.error("the configuration stays as it was: %s", error)  # noqa: TRY400 - for people
        finally:
            notifier.ready()

    def begin() -> None:
        task = loop.create_task(reload(), name="reload")
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop.add_signal_handler(signal.SIGHUP, begin)


async def _tell_systemd(appliance: Served, notifier: Notifier) -> None:
    """READY once every stage came up or is known to wait for something, then a status line."""
    patience = asyncio.create_task(notifier.extend_start(), name="start")
    try:
        await appliance.wait_until_settled()
    finally:
        await end(patience)
    notifier.ready()
    LOG.info("listening" if appliance.listening else "up, but not all stages are ready: see appliance status")
    while True:
        notifier.status(
            ", ".join(f"{stage.name} {stage.state.value}" for stage in appliance.supervisor.status())
        )
        await asyncio.sleep(STATUS_SECONDS)


async def _until_stopped(
    appliance: Appliance,
    extras: Extras,
    stopped: asyncio.Event,
    children: list[asyncio.subprocess.Process],
) -> int:
    """Wait for a signal; with `once` also for the end of the demonstration, whose status counts."""
    signal_task = asyncio.create_task(stopped.wait(), name="signals")
    if not extras.view:
        await signal_task
        return 0
    view = await _start_view(appliance, extras)
    children.append(view)
    view_task = asyncio.create_task(view.wait(), name="view")
    await asyncio.wait({signal_task, view_task}, return_when=asyncio.FIRST_COMPLETED)
    if view_task.done() and (extras.once or view_task.result()):
        signal_task.cancel()
        return view_task.result()
    await signal_task
    return 1 if extras.once else 0


async def _start_view(appliance: Appliance, extras: Extras) -> asyncio.subprocess.Process:
    flags = [f"--{name}" for name in ("demo", "once") if getattr(extras, name)]
    path = str(socket_path(appliance.data))
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "appliance.show", path, *flags)


async def start_home(appliance: Appliance, house: Path) -> asyncio.subprocess.Process:
    """A demonstration home as a process of its own, found by the appliance when this returns."""
    broker = appliance.broker
    if not isinstance(broker, EmbeddedBroker):
        raise HomeError("a demonstration home needs the appliance's own broker", 'set mqtt.host = "embedded"')
    connection = await _connection_file(appliance, broker, house)
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "appliance.home.simulated",
        "--die-with-parent",
        "--config-file",
        str(connection),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        process_group=0,
    )
    try:
        await _wait_for_home(appliance, child)
    except BaseException:
        await end_child(child)
        raise
    return child


async def _connection_file(appliance: Appliance, broker: EmbeddedBroker, house: Path) -> Path:
    """Address and password for the home's process, readable by us alone."""
    address = await broker.add_user(HOME_USER)
    return _written(appliance, address, house)


def _written(appliance: Appliance, address: Address, house: Path) -> Path:
    given = ConnectionFile(
        address.host,
        address.port,
        address.username,
        address.password,
        str(house.absolute()),
        appliance.config.home.discovery_prefix,
    )
    path = appliance.data / "run" / "home.json"
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.encode(given))
    return path


async def _wait_for_home(appliance: Appliance, child: asyncio.subprocess.Process) -> None:
    """Until it announced its devices, and the appliance knows them. Raises HomeError."""
    assert child.stdout is not None
    try:
        async with asyncio.timeout(HOME_START_SECONDS):
            line = await child.stdout.readline()
    except TimeoutError:
        line = b""
    if line.strip() != b"ready":
        raise HomeError("the demonstration home did not start", "see its messages above")
    try:
        async with asyncio.timeout(FOUND_SECONDS):
            while not len(appliance.devices):  # noqa: ASYNC110 - a quiet moment may come before the first one
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError:
        raise HomeError("the demonstration home's devices were not found", "see: appliance status") from None
    await appliance.devices.settle(FOUND_SECONDS)


async def end_child(child: asyncio.subprocess.Process) -> None:
    """Ask a child to end, then kill it."""
    if child.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        child.terminate()
        try:
            async with asyncio.timeout(CHILD_STOP_SECONDS):
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()


def run(
    config: Config,
    extras: Extras,
    read: Read,
    chosen: Mapping[str, object],
    origins: Origins | None = None,
) -> int:
    """`serve` in a fresh event loop; begins the whole program anew when that is wished."""
    os.umask(0o077)
    status = asyncio.run(serve(config, extras, read, chosen, origins))
    if status == RESTART:
        LOG.warning("beginning anew")
        os.execv(sys.executable, [sys.executable, "-m", "appliance", *sys.argv[1:]])  # noqa: S606
    return status


def run_satellite(config: Config, reload: Callable[[], Config]) -> int:
    """`serve_satellite` in a fresh event loop."""
    os.umask(0o077)
    return asyncio.run(serve_satellite(config, reload))
