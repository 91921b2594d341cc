"""What the presence needs of the appliance: what to show, and what its controls do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from appliance.config.model import Config

LOCAL = "local"
"""The appliance's own place."""


class Facts(msgspec.Struct, frozen=True):
    """What decides which entities there are. A change announces them anew."""

    words: tuple[str, ...] = ()
    """Wake words that are installed for the engine."""
    voices: tuple[str, ...] = ()
    """Voices that are installed for the engine, as `voice_key` takes them."""
    voice_key: str = "tts.voice"
    stages: tuple[str, ...] = ()
    """Stages that are planned."""
    has_temperature: bool = False
    has_pressure: bool = False
    has_timers: bool = False
    can_update: bool = False
    """Can a new version be installed from here?"""
    name: str = ""
    """For people; empty makes one from the client id."""
    model: str = ""
    hardware: str = ""
    version: str = ""


class StageHealth(msgspec.Struct, frozen=True):
    """One stage; `reason` and `hint` are empty while it works."""

    name: str
    ok: bool
    reason: str = ""
    hint: str = ""


class Trouble(msgspec.Struct, frozen=True):
    """One alert; `reason` and `hint` are empty while it is off."""

    name: str
    on: bool
    reason: str = ""
    hint: str = ""


class Health(msgspec.Struct, frozen=True):
    """What is measured now and then; None is not known."""

    p95_ms: float | None = None
    first_audio_ms: float | None = None
    temperature_c: float | None = None
    disk_free_mb: float | None = None
    memory_pressure_percent: float | None = None
    alerts: tuple[Trouble, ...] = ()
    update: Mapping[str, object] = {}
    """State of the `update` entity, where a new version can be installed from here."""
    timers: int = 0


class SatelliteView(msgspec.Struct, frozen=True):
    """One satellite."""

    name: str
    """Letters, digits, _ and -: part of its topics."""
    title: str = ""
    area: str = ""
    model: str = ""
    software: str = ""
    online: bool = False
    microphone: bool = True
    loudspeaker: bool = True
    can_mute: bool = False
    can_volume: bool = False
    words: tuple[str, ...] = ()
    buttons: tuple[str, ...] = ()
    muted: bool = False
    volume: float | None = None
    refused: str = ""
    """Why its wake word is not searched for, or why it may not take part."""
    rssi_dbm: float | None = None


class Panel(Protocol):
    """The appliance, as the presence sees and steers it. Nothing here blocks."""

    @property
    def config(self) -> Config:
        """What is in force."""

    @property
    def muted(self) -> bool:
        """Is the own microphone closed?"""

    def phase(self, site: str) -> str:
        """Where the running turn of a place is: the values of `dialogue.turn.Phase`."""

    def stages(self) -> Sequence[StageHealth]:
        """All planned stages."""

    def satellites(self) -> Sequence[SatelliteView]:
        """All that are known, also those that are away."""

    async def facts(self) -> Facts:
        """What decides which entities there are; may look at files."""

    async def measure(self) -> Health:
        """What is measured; called every `SAMPLE_SECONDS`."""

    async def choose(self, changes: Mapping[str, object]) -> None:
        """Take these settings over, and remember them. Raises ApplianceError."""

    def mute(self, site: str, muted: bool) -> None:
        """Close or open a microphone."""

    def volume(self, site: str, level: float) -> None:
        """Loudness of a satellite, 0.0 to 1.0."""

    def hush(self, site: str) -> None:
        """Stop whatever is being said or done in a place."""

    def restart(self) -> None:
        """Stop and start again."""

    def install(self) -> None:
        """Install the newest version; only called with `Facts.can_update`."""

    def say(self, site: str, text: str) -> None:
        """Say this in a place."""

    def announce(self, text: str) -> None:
        """Say this everywhere."""

    def ask(self, text: str) -> None:
        """Treat this as if it had been heard."""
