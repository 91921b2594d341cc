"""Entities that report: health of the stages and the machine, and events. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from appliance.presence.entities import HAPPENED, MEASURED, Entity
from appliance.presence.panel import Facts

OUTCOMES = ("answered", "silent", "interrupted", "late")
BUTTON_ACTIONS = ("press", "double", "long", "release")
STAGES = {
    "sound": ("Sound", "mdi:volume-source"),
    "wake": ("Wake word detection", "mdi:account-voice"),
    "vad": ("Voice activity detection", "mdi:waveform"),
    "stt": ("Speech recognition", "mdi:microphone-message"),
    "intent": ("Understanding", "mdi:head-cog-outline"),
    "llm": ("Language model", "mdi:brain"),
    "tts": ("Speech synthesis", "mdi:account-music"),
}
ALERTS = {
    "latency": (
        "Slow answers",
        "mdi:timer-alert-outline",
        "95 % of the answers took up to more than 2 s, for 5 min",
    ),
    "memory": ("Memory nearly full", "mdi:memory", "more than 90 % in use for 5 min"),
    "recogniser": ("Speech recogniser down", "mdi:microphone-off", "down for 1 min"),
    "store": ("Data directory not writable", "mdi:harddisk-remove", "not writable for 30 s"),
    "disk": ("Disk worn or failing", "mdi:harddisk-remove", "the disk itself says so"),
    "space": ("Disk nearly full", "mdi:database-alert", "little room is left for what must be kept"),
    "budget": ("Memory too small", "mdi:memory", "not everything that is configured fits into the memory"),
    "temperature": ("Too hot", "mdi:thermometer-alert", "the processor or the disk is too hot"),
}


def health(facts: Facts) -> Iterable[Entity]:
    """Problems of stages and alerts, and what is measured."""
    for stage in facts.stages:
        name, icon = STAGES.get(stage, (stage.capitalize(), "mdi:cog"))
        yield Entity(
            "binary_sensor",
            f"problem_{stage}",
            name,
            "health",
            icon,
            f"the stage `{stage}` does not work; attributes `reason` and `hint`",
            category="diagnostic",
            device_class="problem",
            attributes=True,
        )
    for alert, (name, icon, about) in ALERTS.items():
        yield Entity(
            "binary_sensor",
            f"alert_{alert}",
            name,
            "health",
            icon,
            f"{about}; attributes `reason` and `hint`",
            category="diagnostic",
            device_class="problem",
            attributes=True,
        )
    yield measured(
        "latency_p95",
        "Answer time (95 %)",
        "mdi:timer-outline",
        "of the last 5 min, from the end of speech to the first sound",
        device_class="duration",
        unit="s",
        precision=2,
    )
    yield measured(
        "first_audio",
        "Time to first sound",
        "mdi:timer-music-outline",
        "of the last answer",
        device_class="duration",
        unit="ms",
        precision=0,
    )
    if facts.has_temperature:
        yield measured(
            "temperature",
            "Processor temperature",
            "mdi:thermometer",
            "of this machine",
            device_class="temperature",
            unit="°C",
            precision=0,
        )
    yield measured(
        "disk_free",
        "Free disk",
        "mdi:harddisk",
        "where `paths.data` is",
        device_class="data_size",
        unit="GB",
        precision=1,
    )
    if facts.has_pressure:
        yield measured(
            "memory_pressure",
            "Memory pressure",
            "mdi:gauge",
            "share of the last minute in which something waited for memory",
            unit="%",
            precision=1,
        )
    yield Entity(
        "sensor", "version", "Version", "health", "mdi:tag-outline", "of the appliance", category="diagnostic"
    )
    yield Entity(
        "update",
        "update",
        "Update",
        "health",
        "mdi:package-up",
        "installed and newest version",
        device_class="firmware",
        commanded=facts.can_update,
        category="config",
    )


def measured(
    object_id: str, name: str, icon: str, about: str, *, device_class: str = "", unit: str, precision: int
) -> Entity:
    """Something that is read now and then."""
    return Entity(
        "sensor",
        object_id,
        name,
        "health",
        icon,
        about,
        category="diagnostic",
        device_class=device_class,
        unit=unit,
        state_class="measurement",
        precision=precision,
        sending=MEASURED,
    )


def _event(
    object_id: str, name: str, icon: str, about: str, types: Iterable[str], *, device_class: str = ""
) -> Entity:
    return Entity(
        "event",
        object_id,
        name,
        "event",
        icon,
        about,
        options=tuple(dict.fromkeys(types)),
        sending=HAPPENED,
        device_class=device_class,
    )


def events(words: Iterable[str], *, buttons: bool, timers: bool) -> Iterable[Entity]:
    """What happens once."""
    yield _event("wake", "Wake word heard", "mdi:account-voice", "type: the word; attribute `score`", words)
    yield _event(
        "turn",
        "Turn finished",
        "mdi:comment-check-outline",
        "type: how it ended; attributes `latency_ms`, `source`, no words",
        OUTCOMES,
    )
    if timers:
        yield _event("timer", "Timer finished", "mdi:timer-alert", "attribute `name`", ("finished",))
    if buttons:
        yield _event(
            "button",
            "Button",
            "mdi:gesture-tap-button",
            "type: what was done; attribute `button`",
            BUTTON_ACTIONS,
            device_class="button",
        )
