"""What each entity says now, as payloads. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from appliance.config.model import Config
from appliance.presence.announcing import OFF, ON
from appliance.presence.catalogue import DEFAULT_VOICE, MUTED, NO_WORD, SUPPRESSIONS
from appliance.presence.entities import MAX_TEXT_CHARS
from appliance.presence.panel import Facts, Health, SatelliteView, StageHealth

UNKNOWN = "None"
"""Makes a sensor unknown again."""
EMPTY_TEXT = '{"text":""}'
MB_A_GB = 1_000

States = dict[str, str]
"""Object id → payload."""


def on_off(value: bool) -> str:
    """A switch or a binary sensor."""
    return ON if value else OFF


def pipeline(phase: str, *, muted: bool) -> States:
    """Where the turn is."""
    return {
        "state": MUTED if muted and phase == "idle" else phase,
        "listening": on_off(phase == "listening"),
        "speaking": on_off(phase == "speaking"),
    }


def controls(config: Config, facts: Facts, *, muted: bool) -> States:
    """What was chosen."""
    words = config.wake.words
    voice = config.tts.voice if facts.voice_key == "tts.voice" else config.tts.model
    found = {
        "mute": on_off(muted),
        "volume": f"{config.audio.volume * 100:.4g}",
        "wake_sound": on_off(config.audio.chime),
        "thinking_sound": on_off(config.audio.thinking_sound),
        "wake_word": words[0],
        "second_wake_word": words[1] if len(words) > 1 else NO_WORD,
        "sensitivity": config.wake.sensitivity,
        "voice": voice or DEFAULT_VOICE,
        "profile": config.profile,
        "log_level": config.log.level,
        **dict.fromkeys(("say", "announce", "ask"), EMPTY_TEXT),
    }
    level = getattr(config.audio, "noise_suppression", None)
    if level is not None:
        found["noise_suppression"] = SUPPRESSIONS[level]
    return found


def problem(*, on: bool, reason: str, hint: str) -> tuple[str, str]:
    """(state, attributes) of a problem."""
    return on_off(on), msgspec.json.encode({"reason": reason, "hint": hint}).decode()


def stages(found: tuple[StageHealth, ...]) -> tuple[States, States]:
    """(states, attributes) of every stage's problem."""
    told = {
        f"problem_{each.name}": problem(on=not each.ok, reason=each.reason, hint=each.hint) for each in found
    }
    return _halves(told)


def alerts(health: Health) -> tuple[States, States]:
    """(states, attributes) of every alert."""
    return _halves(
        {
            f"alert_{each.name}": problem(on=each.on, reason=each.reason, hint=each.hint)
            for each in health.alerts
        }
    )


def _halves(told: Mapping[str, tuple[str, str]]) -> tuple[States, States]:
    return {name: state for name, (state, _) in told.items()}, {
        name: more for name, (_, more) in told.items()
    }


def measured(health: Health, facts: Facts) -> States:
    """What was measured, rounded to what is worth a message."""
    return {
        "latency_p95": _number(health.p95_ms, 1 / 1_000, 2),
        "first_audio": _number(health.first_audio_ms, 1, 0),
        "temperature": _number(health.temperature_c, 1, 0),
        "disk_free": _number(health.disk_free_mb, 1 / MB_A_GB, 1),
        "memory_pressure": _number(health.memory_pressure_percent, 1, 1),
        "timers": str(health.timers),
        "version": facts.version,
        "update": msgspec.json.encode(health.update or _as_it_is(facts)).decode(),
    }


def _as_it_is(facts: Facts) -> dict[str, object]:
    """The update entity of what cannot update itself: there is nothing newer."""
    return {
        "installed_version": facts.version,
        "latest_version": facts.version,
        "title": "Voice appliance",
    }


def _number(value: float | None, factor: float, digits: int) -> str:
    if value is None:
        return UNKNOWN
    rounded = round(value * factor, digits)
    return f"{rounded:.{digits}f}"


def satellite(view: SatelliteView, phase: str) -> tuple[States, States]:
    """(states, attributes) of one satellite."""
    state, more = problem(on=bool(view.refused), reason=view.refused, hint="appliance status")
    found = {
        **pipeline(phase, muted=view.muted),
        "mute": on_off(view.muted),
        "volume": UNKNOWN if view.volume is None else f"{view.volume * 100:.4g}",
        "say": EMPTY_TEXT,
        "refused": state,
        "signal": _number(view.rssi_dbm, 1, 0),
        "availability": "online" if view.online else "offline",
    }
    return found, {"refused": more}


def shortened(text: str) -> str:
    """As long as Home Assistant takes."""
    return text if len(text) <= MAX_TEXT_CHARS else text[: MAX_TEXT_CHARS - 1] + "…"
