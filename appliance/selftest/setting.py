"""The configuration of the private appliance that a self test speaks to. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from appliance.config.model import (
    Backup,
    Config,
    History,
    Home,
    HomeAssistant,
    Llm,
    Log,
    Mqtt,
    Policy,
    Satellites,
    Timers,
    Turn,
    Understanding,
    Web,
)

PORT_WISH = 21_883
"""Not the usual one: the running appliance's broker may be about to come back on it."""
MINIMUM = "limits"


def private(config: Config, data: Path, words: Sequence[str], slowness: float = 1.0) -> Config:
    """The same engines, models, limits and language; nothing that can be heard, met or found later.

    `slowness` (1 or more) makes its deadlines longer: whether a machine is fast enough is not the question.

    No sound card, a broker of its own on loopback, no Home Assistant, no satellites, no language model (it
    would not fit twice, and the test's command does not need it), nothing kept.
    """
    audio = replace(
        config.audio, device="none", input_device="", output_device="",
        muted=False, volume=0.8, chime=False, thinking_sound=False,
    )  # fmt: skip
    # Without a delegated group (an administrator's shell) there is no "full"; the running one has its own.
    minimum = "none" if config.sandbox.minimum == "none" else MINIMUM
    return replace(
        config,
        paths=replace(config.paths, data=str(data)),
        audio=audio,
        mqtt=Mqtt(port=PORT_WISH),
        home=Home(discovery_form="none", deed_deadline_seconds=config.home.deed_deadline_seconds * slowness),
        home_assistant=HomeAssistant(),
        satellites=Satellites(enabled=False, hermes=False),
        policy=Policy(audit_days=0),
        wake=replace(config.wake, words=tuple(words)),
        stt=replace(config.stt, speaker_model=""),
        understanding=Understanding(),
        llm=Llm(),
        turn=_patient(config.turn, slowness),
        timers=Timers(),
        history=History(),
        web=Web(enabled=False),
        backup=Backup(enabled=False),
        sandbox=replace(config.sandbox, minimum=minimum, cgroup=""),
        log=Log(level="error"),
    )


def _patient(turn: Turn, slowness: float) -> Turn:
    """Every state of a turn may last so many times longer."""
    return Turn(
        fillers=False,
        listen_seconds=turn.listen_seconds * slowness,
        speech_seconds=turn.speech_seconds * slowness,
        transcribe_seconds=turn.transcribe_seconds * slowness,
        understand_seconds=turn.understand_seconds * slowness,
        act_seconds=turn.act_seconds * slowness,
        speak_seconds=turn.speak_seconds * slowness,
        first_audio_seconds=turn.first_audio_seconds * slowness,
    )
