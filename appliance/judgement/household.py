"""The people of the house with their PINs and voices, as the judgement uses them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from appliance.config.model import Config
from appliance.errors import EngineError
from appliance.judgement.errors import JudgementError
from appliance.judgement.identity import evidence, voices
from appliance.judgement.identity.enrolment import Enrolment
from appliance.judgement.identity.evidence import Evidence, Identity
from appliance.judgement.identity.profiles import Profile, Profiles
from appliance.judgement.identity.voices import Heard
from appliance.judgement.pins import Pins

LOG = logging.getLogger(__name__)
ENROLMENT_SECONDS = 600.0


class Household:
    """Reading is quick; everything that changes something writes and belongs into a thread."""

    def __init__(self, folder: Path, config: Config) -> None:
        self._profiles = Profiles(folder / "people.db")
        self._pins = Pins(folder / "pins.json")
        self._config = config
        self._enrolment: tuple[str, float, Enrolment] | None = None

    def open(self) -> list[str]:
        """Read everybody; what cannot be used, in sentences: nobody is recognised by it then."""
        troubles = []
        for part in (self._profiles, self._pins):
            try:
                part.open()
            except JudgementError as error:
                LOG.error("%s", error)  # noqa: TRY400 - a sentence for people, not a traceback
                troubles.append(error.message)
        return troubles

    def close(self) -> None:
        """Close the files."""
        self._profiles.close()
        self._enrolment = None

    def reconfigure(self, config: Config) -> None:
        """Another recogniser may make other voices."""
        self._config = config

    @property
    def has_pins(self) -> bool:
        """Has anybody a PIN?"""
        return self._pins.any

    @property
    def voice_engine(self) -> str:
        """Name of what makes the voice vectors; "" when nothing does."""
        stt = self._config.stt
        return f"{stt.engine} {stt.speaker_model}" if stt.speaker_model else ""

    def heard(self, vector: Sequence[float]) -> Heard | None:
        """The voice of an utterance (`Transcript.speaker`); None without a usable one."""
        if not vector or not self.voice_engine:
            return None
        try:
            return voices.heard(self.voice_engine, vector)
        except EngineError as error:
            LOG.warning("%s", error.message)
            return None

    def who(self, given: Evidence) -> Identity:
        """Who speaks, as far as can be told."""
        return evidence.fuse(given, self._profiles.all(), {self.voice_engine: voices.CAUTIOUS})

    def whose(self, pin: str, person: str = "") -> str:
        """Whose PIN this is. Slow."""
        name = self._pins.whose(pin, person)
        return name if self.knows(name) else ""

    # --- changes -----------------------------------------------------------------------------------------

    def people(self) -> list[tuple[Profile, bool]]:
        """Everybody, and whether they have a PIN."""
        return [(profile, self._pins.has(profile.name)) for profile in self._profiles.all()]

    def knows(self, name: str) -> bool:
        """Is there a profile of this name?"""
        return self._profiles.get(name) is not None

    def named(self, name: str) -> Profile:
        """Raises JudgementError when nobody is called so."""
        profile = self._profiles.get(name)
        if profile is None:
            raise JudgementError(f"nobody is called {name[:60]!r} here", "see: appliance person list")
        return profile

    def add(self, profile: Profile) -> Profile:
        """Raises JudgementError or ConfigError."""
        return self._profiles.add(profile)

    def set_pin(self, name: str, pin: str) -> None:
        """Slow. Raises JudgementError."""
        self._pins.set(self.named(name).name, pin)

    def remove(self, name: str) -> Profile:
        """The profile last: what fails half-way can be asked for again. Raises JudgementError."""
        profile = self.named(name)
        if self._enrolment is not None and self._enrolment[2].name == profile.name:
            self._enrolment = None
        self._pins.remove(profile.name)
        return self._profiles.remove(profile.name)

    # --- learning a voice --------------------------------------------------------------------------------

    def begin_enrolment(self, name: str, room: str, now: float) -> Enrolment:
        """What is heard in this room from now on is this person. Raises JudgementError."""
        profile = self.named(name)
        if not self.voice_engine:
            raise JudgementError(
                "voices cannot be told apart: no speaker model is configured",
                'set stt.engine = "vosk" and stt.speaker_model; see docs/judgement.md',
            )
        self._enrolment = (room, now + ENROLMENT_SECONDS, Enrolment(profile.name))
        return self._enrolment[2]

    def learn(self, room: str, vector: Sequence[float], now: float) -> Enrolment | None:
        """One utterance more for the voice that is being learnt here; None when none is.

        Writes when it is complete. Raises JudgementError.
        """
        voice = self.heard(vector)
        if self._enrolment is None or self._enrolment[0] != room or voice is None:
            return None
        _, until, enrolment = self._enrolment
        if now >= until:
            self._enrolment = None
            return None
        enrolment = enrolment.add(voice)
        self._enrolment = None if enrolment.done or enrolment.failed else (room, until, enrolment)
        if enrolment.done:
            self._profiles.enrol(enrolment.name, enrolment.agreeing)
        return enrolment
