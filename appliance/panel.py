"""The running appliance as Home Assistant sees and steers it: what `presence` asks of it."""

from __future__ import annotations

import asyncio
import logging
import platform
import shutil
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from appliance import __version__
from appliance.budget.fit import Fit
from appliance.config.chosen_store import ChosenStore
from appliance.config.model import Config
from appliance.errors import ApplianceError, ConfigError, ModelError
from appliance.observe import machine
from appliance.observe.alerts import Alerts, Sample
from appliance.observe.latency import Latencies
from appliance.observe.storage import StorageWatch
from appliance.ops import models
from appliance.ops.inventory import listed
from appliance.pipeline.conductor import Conductor
from appliance.pipeline.trace import TurnNote
from appliance.presence.panel import LOCAL, Facts, Health, SatelliteView, StageHealth, Trouble
from appliance.satellites.hub import SatelliteHub
from appliance.supervision.lines import clean
from appliance.supervision.states import State
from appliance.supervision.supervisor import Supervisor
from appliance.timers.service import Timers
from appliance.updating.updates import Updates

LOG = logging.getLogger(__name__)
VOICES_SECONDS = 5.0
MAX_VOICES = 200
MODEL_FILE = Path("/sys/firmware/devicetree/base/model")
PRODUCT_FILE = Path("/sys/class/dmi/id/product_name")
MAX_MODEL_CHARS = 80


class Steered(Protocol):
    """The appliance, as far as the panel is concerned."""

    config: Config
    data: Path
    conductor: Conductor
    supervisor: Supervisor
    timers: Timers
    updates: Updates


class AppliancePanel:
    """See `presence.panel.Panel`."""

    def __init__(
        self,
        appliance: Steered,
        *,
        hub: SatelliteHub | None,
        store: ChosenStore,
        reload: Callable[[], Awaitable[object]],
        restart: Callable[[], None],
    ) -> None:
        """`reload` takes the configuration over, with `store.values` in it; `restart` ends the process."""
        self._appliance = appliance
        self._hub = hub
        self._store = store
        self._reload = reload
        self.restart = restart
        self.latencies = Latencies()
        self._alerts = Alerts()
        self.storage = StorageWatch(appliance.data)
        self.alerts: tuple[Trouble, ...] = ()
        """Those that were on at the last look."""
        self._installing: asyncio.Task[None] | None = None

    # --- read -----------------------------------------------------------------------------------------------

    @property
    def config(self) -> Config:
        """What is in force."""
        return self._appliance.config

    @property
    def muted(self) -> bool:
        """Is the own microphone closed?"""
        return self._appliance.conductor.muted

    def phase(self, site: str) -> str:
        """Where the running turn of a place is."""
        place = self._appliance.conductor.place(site)
        return place.phase.value if place is not None else "idle"

    def stages(self) -> Sequence[StageHealth]:
        """All planned stages; one that starts for the first time is no problem yet."""
        found = []
        for stage in self._appliance.supervisor.status():
            starting = stage.state is State.STARTING and not stage.last_error
            ok = stage.state is State.READY or starting
            reason = "" if ok else f"{stage.state.value}: {stage.last_error}".removesuffix(": ")
            found.append(StageHealth(stage.name, ok, reason, "" if ok else stage.hint))
        return found

    def satellites(self) -> Sequence[SatelliteView]:
        """All that are known."""
        found = []
        for info in self._hub.satellites() if self._hub is not None else ():
            able = info.capabilities
            if able is None:
                continue
            not_searched = info.search_reason if info.searched is False else ""
            found.append(
                SatelliteView(
                    name=info.name, title=info.title, area=info.area, model=able.model,
                    software=able.software,
                    online=info.online, microphone=able.microphone, loudspeaker=able.loudspeaker,
                    can_mute=able.mute, can_volume=able.volume, words=able.wake_words, buttons=able.buttons,
                    muted=info.muted, volume=info.volume, refused=info.refused or not_searched,
                    rssi_dbm=info.health.rssi_dbm,
                )
            )  # fmt: skip
        return found

    async def facts(self) -> Facts:
        """What decides which entities there are."""
        return await asyncio.to_thread(self._facts)

    def _facts(self) -> Facts:
        config = self.config
        look = machine.look(self._appliance.data)
        key, voices = _voices(config)
        return Facts(
            words=tuple(_words(config)),
            voices=voices,
            voice_key=key,
            stages=tuple(stage.name for stage in self._appliance.supervisor.status()),
            has_temperature=look.temperature_c is not None,
            has_pressure=look.memory_pressure_percent is not None,
            has_timers=True,
            can_update=self._appliance.updates.available,
            model=_model(),
            hardware=platform.machine(),
            version=__version__,
        )

    async def measure(self) -> Health:
        """One look at the machine, the latencies and the alerts."""
        data = self._appliance.data
        look = await asyncio.to_thread(machine.look, data)
        now = time.monotonic()
        await asyncio.to_thread(self.storage.take, look, now)
        p95 = self.latencies.percentile(95, now)
        stt = self._appliance.supervisor.state("stt")
        sample = Sample(p95, look.memory_percent, stt is State.READY, self.storage.writable)
        troubles = [
            Trouble(each.name, each.on, each.reason, each.hint) for each in self._alerts.take(sample, now)
        ]
        troubles += [Trouble(each.name, each.on, each.reason, each.hint) for each in self.storage.notices]
        troubles.append(budget_trouble(self._appliance.supervisor.fit))
        self.alerts = tuple(each for each in troubles if each.on)
        return Health(
            p95_ms=p95,
            first_audio_ms=self.latencies.last_ms,
            temperature_c=look.temperature_c,
            disk_free_mb=look.disk_free_mb,
            memory_pressure_percent=look.memory_pressure_percent,
            timers=len(self._appliance.timers.list()),
            alerts=tuple(troubles),
            update=self._appliance.updates.view.entity() if self._appliance.updates.available else {},
        )

    def note(self, note: TurnNote) -> None:
        """One note of a turn, from `Trace.watch`."""
        self.latencies.take(note, time.monotonic())

    # --- do -------------------------------------------------------------------------------------------------

    async def choose(self, changes: Mapping[str, object]) -> None:
        """Remember these, and take them over. Raises ApplianceError; then nothing has changed."""
        config = self.config
        if not self._store.choose(changes, {"wake": config.wake.engine, "tts": config.tts.engine}):
            return
        await self._reload()

    def mute(self, site: str, muted: bool) -> None:
        """Close or open a microphone."""
        if site == LOCAL:
            self._appliance.conductor.mute(muted)
        elif self._hub is not None:
            self._hub.mute(site, muted)

    def volume(self, site: str, level: float) -> None:
        """Loudness of a satellite."""
        if self._hub is not None:
            self._hub.volume(site, level)

    def hush(self, site: str) -> None:
        """Stop whatever is being said or done in a place."""
        self._appliance.timers.stop_ringing(site)
        place = self._appliance.conductor.place(site)
        if place is not None:
            place.hush()

    def install(self) -> None:
        """Begin to install the newest version. Raises ConfigError where only the image can do that."""
        if not self._appliance.updates.available:
            raise ConfigError("this installation cannot update itself", "update it the way it was installed")
        self._installing = asyncio.get_running_loop().create_task(self._install(), name="update")

    async def _install(self) -> None:
        try:
            await self._appliance.updates.install()
        except ApplianceError as error:
            LOG.error("%s", error)  # noqa: TRY400 - a sentence for people, not a traceback

    def say(self, site: str, text: str) -> None:
        """Say this in a place."""
        self._appliance.conductor.announce(text, (site,))

    def announce(self, text: str) -> None:
        """Say this everywhere."""
        self._appliance.conductor.announce(text)

    def ask(self, text: str) -> None:
        """Treat this as if it had been heard."""
        self._appliance.conductor.ask(text, lambda _turn: True)


def budget_trouble(fit: Fit | None) -> Trouble:
    """Is the machine too small for what is configured?"""
    if fit is None or fit.good:
        return Trouble("budget", False)
    return Trouble("budget", True, fit.message, fit.hint)


def _words(config: Config) -> list[str]:
    try:
        return models.available_words(config)
    except ModelError:
        return []


def _voices(config: Config) -> tuple[str, tuple[str, ...]]:
    """The key that a voice is chosen by, and the voices that are installed for the engine."""
    if config.tts.engine == "espeak":
        return "tts.voice", _espeak_voices(config.language)
    try:
        entries = listed(config)
    except ModelError:
        entries = []
    here = (each.name for each in entries if each.kind == "tts" and each.engine == config.tts.engine
            and each.state != "missing")  # fmt: skip
    return "tts.model", tuple(sorted(here))


def _espeak_voices(language: str) -> tuple[str, ...]:
    """Of this language; the default is always there."""
    program = shutil.which("espeak-ng")
    if program is None or not language.isalnum():
        return ("default",)
    try:
        done = subprocess.run(
            [program, f"--voices={language}"], capture_output=True, timeout=VOICES_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ("default",)
    return espeak_voices(done.stdout.decode("utf-8", "replace"))


def espeak_voices(table: str) -> tuple[str, ...]:
    """Names in what `espeak-ng --voices` prints, without those that need another program (mbrola)."""
    rows = (line.split() for line in table.splitlines()[1:MAX_VOICES])
    files = (row[4] for row in rows if len(row) > 4 and not row[4].startswith("mb/"))
    return ("default", *dict.fromkeys(file.rsplit("/", 1)[-1].lower() for file in files))


def _model() -> str:
    for file in (MODEL_FILE, PRODUCT_FILE):
        try:
            with file.open("rb") as opened:
                text = clean(opened.read(MAX_MODEL_CHARS).decode("utf-8", "replace").strip("\0 \n"))
        except OSError:
            continue
        if text:
            return text
    return ""
