"""Every entity of the appliance and of a satellite. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from appliance.config.model import Config
from appliance.presence.entities import HAPPENED, Entity
from appliance.presence.panel import Facts, SatelliteView
from appliance.presence.reports import OUTCOMES, events, health, measured

__all__ = ["OUTCOMES", "of_appliance", "of_satellite"]

PHASES = ("idle", "listening", "transcribing", "understanding", "thinking", "acting", "speaking")
MUTED = "muted"
NO_WORD = "no word"
"""Home Assistant takes a select's state "none" for unknown."""
DEFAULT_VOICE = "default"
SENSITIVITIES = ("low", "normal", "high")
SUPPRESSIONS = ("off", "low", "medium", "high", "very high")
PROFILES = ("auto", "p1", "p2", "p3", "p4")
LEVELS = ("debug", "info", "warning", "error")


def _state(*, muted: bool) -> list[Entity]:
    phases = (*PHASES, MUTED) if muted else PHASES
    return [
        Entity(
            "sensor",
            "state",
            "State",
            "state",
            "mdi:state-machine",
            "what the pipeline is doing",
            device_class="enum",
            options=phases,
        ),
        Entity(
            "sensor", "last_wake_word", "Last wake word", "state", "mdi:account-voice", "which was heard last"
        ),
        Entity(
            "binary_sensor",
            "listening",
            "Listening",
            "state",
            "mdi:ear-hearing",
            "the microphone is listened to",
        ),
        Entity("binary_sensor", "speaking", "Speaking", "state", "mdi:bullhorn", "an answer is being said"),
    ]


def _only_here(config: Config, facts: Facts) -> Iterable[Entity]:
    yield Entity(
        "sensor",
        "last_intent",
        "Last intent",
        "state",
        "mdi:head-check-outline",
        "its name; heard and answered words are attributes only with `home.show_words`",
        attributes=config.home.show_words,
    )
    if facts.has_timers:
        yield Entity("sensor", "timers", "Timers", "state", "mdi:timer-outline", "how many run")
    if config.home.show_words:
        yield Entity(
            "sensor",
            "answer",
            "Last answer",
            "state",
            "mdi:message-reply-text",
            "what was answered; only with `home.show_words`",
            sending=HAPPENED,
        )


def _switches() -> list[Entity]:
    return [
        Entity(
            "switch",
            "mute",
            "Microphone mute",
            "control",
            "mdi:microphone-off",
            "closes the microphone",
            commanded=True,
        ),
        Entity(
            "switch",
            "wake_sound",
            "Wake sound",
            "control",
            "mdi:bell-ring-outline",
            "`audio.chime`",
            commanded=True,
            category="config",
        ),
        Entity(
            "switch",
            "thinking_sound",
            "Thinking sound",
            "control",
            "mdi:metronome",
            "`audio.thinking_sound`",
            commanded=True,
            category="config",
        ),
    ]


def _volume() -> Entity:
    return Entity(
        "number", "volume", "Volume", "control", "mdi:volume-high", "`audio.volume`", commanded=True, unit="%"
    )


def _select(object_id: str, name: str, icon: str, about: str, options: Iterable[str]) -> Entity:
    return Entity(
        "select",
        object_id,
        name,
        "control",
        icon,
        about,
        commanded=True,
        category="config",
        options=tuple(dict.fromkeys(options)),
    )


def _selects(config: Config, facts: Facts) -> Iterable[Entity]:
    words = (*facts.words, *config.wake.words)
    yield _select("wake_word", "Wake word", "mdi:account-voice", "first of `wake.words`", words)
    yield _select(
        "second_wake_word",
        "Second wake word",
        "mdi:account-multiple",
        "second of `wake.words`",
        (NO_WORD, *words),
    )
    yield _select(
        "sensitivity", "Wake word sensitivity", "mdi:tune-vertical", "`wake.sensitivity`", SENSITIVITIES
    )
    yield _select(
        "voice",
        "Voice",
        "mdi:account-tie-voice",
        "`tts.voice`, or `tts.model` with Piper",
        voices(config, facts),
    )
    if hasattr(config.audio, "noise_suppression"):
        yield _select(
            "noise_suppression",
            "Noise suppression",
            "mdi:filter-outline",
            "`audio.noise_suppression`",
            SUPPRESSIONS,
        )
    yield _select("profile", "Profile", "mdi:chip", "`profile`; stages restart", PROFILES)
    yield _select("log_level", "Log level", "mdi:text-box-search-outline", "`log.level`", LEVELS)


def voices(config: Config, facts: Facts) -> tuple[str, ...]:
    """What the voice can be; what is in force always belongs to it."""
    current = config.tts.voice if facts.voice_key == "tts.voice" else config.tts.model
    return tuple(dict.fromkeys((current or DEFAULT_VOICE, *facts.voices)))


def _buttons(*, restart: bool) -> Iterable[Entity]:
    yield Entity(
        "button",
        "stop",
        "Stop",
        "control",
        "mdi:stop",
        "ends what is said or done",
        commanded=True,
        stated=False,
    )
    if restart:
        yield Entity(
            "button",
            "restart",
            "Restart",
            "control",
            "mdi:restart",
            "stops and starts again",
            commanded=True,
            stated=False,
            category="config",
            device_class="restart",
        )


def _speech(object_id: str, name: str, icon: str, about: str, *, notify: bool = True) -> Iterable[Entity]:
    yield Entity("text", object_id, name, "control", icon, about, commanded=True, high=MAX_SAID)
    if notify:
        yield Entity(
            "notify",
            f"{object_id}_notify",
            f"{name} message",
            "control",
            icon,
            f"{about}; as a target of `notify`",
            commanded=True,
            stated=False,
        )


MAX_SAID = 255.0


def of_appliance(config: Config, facts: Facts) -> tuple[Entity, ...]:
    """All entities of the appliance itself."""
    return (
        *_state(muted=True),
        *_only_here(config, facts),
        *_switches(),
        _volume(),
        *_selects(config, facts),
        *_buttons(restart=True),
        *_speech("say", "Say", "mdi:bullhorn", "said here"),
        *_speech("announce", "Announce", "mdi:bullhorn-variant", "said in every room"),
        *_speech("ask", "Ask", "mdi:comment-question-outline", "as if it had been spoken", notify=False),
        *health(facts),
        *events((*config.wake.words, *facts.words), buttons=True, timers=facts.has_timers),
    )


def of_satellite(satellite: SatelliteView, words: Iterable[str] = ()) -> tuple[Entity, ...]:
    """All entities of one satellite; `words` are those that are searched for here on its behalf."""
    found = [*_state(muted=satellite.can_mute)]
    if satellite.can_mute:
        found.append(_switches()[0])
    if satellite.can_volume:
        found.append(_volume())
    found += _buttons(restart=False)
    if satellite.loudspeaker:
        found += _speech("say", "Say", "mdi:bullhorn", "said here")
    found.append(
        Entity(
            "binary_sensor",
            "refused",
            "Wake word search",
            "health",
            "mdi:ear-hearing-off",
            "it is not searched for the wake word; attribute `reason`",
            category="diagnostic",
            device_class="problem",
            attributes=True,
        )
    )
    if satellite.rssi_dbm is not None:
        found.append(
            measured(
                "signal",
                "Signal strength",
                "mdi:wifi",
                "of its radio",
                device_class="signal_strength",
                unit="dBm",
                precision=0,
            )
        )
    types = (*satellite.words, *words) or ("wake",)
    found += events(types, buttons=bool(satellite.buttons), timers=False)
    return tuple(found)
