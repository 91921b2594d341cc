"""Puts the keeper of the network, the loudspeaker and the screen together: what `appliance-hotspot` runs."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

from appliance.config.model import Config
from appliance.firstboot import codes, phrases, prepare
from appliance.firstboot.disk import RealDisk, put
from appliance.firstboot.errors import SetupError
from appliance.firstboot.hotspot import Patience, Phase
from appliance.firstboot.keeper import Keeper, Settings
from appliance.firstboot.networks import NetworkManager, Networks
from appliance.firstboot.ownership import Claim
from appliance.firstboot.places import Places
from appliance.firstboot.speaking import Speaker
from appliance.tasks import end

LOG = logging.getLogger(__name__)
MAX_NOTE_BYTES = 4_096


class Guide:
    """Tells people what happens, by loudspeaker and screen, and whose code counts."""

    def __init__(
        self, places: Places, name: str, language: str, speaker: Speaker | None, *, faulty: bool
    ) -> None:
        """`speaker` None says nothing aloud."""
        self._places = places
        self._name = name
        self._language = language
        self._speaker = speaker
        self._faulty = faulty
        self._password = ""

    def tell(self, what: str, reason: phrases.Reason) -> None:
        """See keeper.Teller. The claim code follows what it is needed for."""
        key: phrases.Key = what  # type: ignore[assignment]
        digits = self._password if what == "hotspot" else ""
        self._say(phrases.say(key, self._language, name=self._name, digits=digits, reason=reason))
        code = self._code()
        if code and what in {"hotspot", "ready"}:
            self._say(phrases.say("code", self._language, digits=code))

    def show(self, phase: Phase, password: str) -> None:
        """See keeper.Teller."""
        self._password = password
        note = {"phase": phase.value, "name": self._name}
        try:
            if phase is Phase.OPEN:
                self.claim()
            elif phase is Phase.ONLINE:
                prepare.forget_hotspot_code(self._places)
            put(RealDisk(), self._places.hotspot_state, json.dumps(note).encode(), 0o644)
            prepare.show(self._places, self._name, phase, password=password, faulty=self._faulty)
        except SetupError as error:
            LOG.warning("%s", error.message)

    def claim(self) -> Claim:
        """Whose code the hotspot asks for. Raises SetupError."""
        return prepare.code_for_hotspot(self._places)

    def _code(self) -> str:
        return (RealDisk().read(self._places.code, codes.MAX_TYPED) or b"").decode("ascii", "replace")

    def _say(self, text: str) -> None:
        if self._speaker is not None:
            self._speaker.say(text, self._language)


async def keep(places: Places, control: Path, networks: Networks | None = None) -> None:
    """Until cancelled."""
    config = prepare.settings(places)
    note = _prepared(places)
    speaker = Speaker(control) if config.setup.speak else None
    name, faulty = str(note.get("name", "appliance")), bool(note.get("faulty"))
    guide = Guide(places, name, config.language, speaker, faulty=faulty)
    speaking = asyncio.create_task(speaker.run()) if speaker else None
    _greet(guide, note)
    try:
        manager = networks or NetworkManager(places.network, hotspot=config.setup.hotspot)
        await Keeper(_settings(places, config, name), manager, guide.claim, guide).run()
    finally:
        await end(speaking)


def _greet(guide: Guide, note: dict[str, object]) -> None:
    guide.tell("starting", "other")
    if note.get("taken"):
        guide.tell("imported", "other")
    if note.get("faulty"):
        guide.tell("faults", "other")


def _settings(places: Places, config: Config, name: str) -> Settings:
    patience = Patience(offline=config.setup.offline_seconds, lost=config.setup.lost_seconds)
    return Settings(name, config.language, places.hotspot, patience)


def _prepared(places: Places) -> dict[str, object]:
    content = RealDisk().read(places.run / "prepared.json", MAX_NOTE_BYTES) or b"{}"
    try:
        note = json.loads(content)
    except ValueError:
        return {}
    return note if isinstance(note, dict) else {}
