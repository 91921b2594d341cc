"""What is known about one entity: whether a state holds, and what it measures. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from appliance.home.entities import Entity
from appliance.understanding.resolution.measuring import device_class, is_number
from appliance.understanding.targets import silent

_OFF = frozenset({"off", "standby"})
_OPENINGS = frozenset({"door", "window", "opening", "garage_door"})
_SENSED = frozenset(
    [
        "motion",
        "occupancy",
        "presence",
        "moving",
        "moisture",
        "smoke",
        "gas",
        "carbon_monoxide",
        "sound",
        "vibration",
        "tamper",
        "problem",
        "safety",
        "heat",
        "cold",
        "light",
        "power",
        "running",
        "plug",
        "battery",
        "connectivity",
    ]
)
ON_OFF = frozenset(
    [
        "light",
        "switch",
        "fan",
        "input_boolean",
        "humidifier",
        "siren",
        "automation",
        "camera",
        "remote",
        "group",
        "script",
        "water_heater",
    ]
)


def _on(entity: Entity) -> bool | None:
    state = entity.state or ""
    if entity.domain in ON_OFF:
        return state not in _OFF
    if entity.domain in {"media_player", "climate"}:
        return state not in _OFF
    if entity.domain in {"vacuum", "lawn_mower"}:
        return state in {"cleaning", "mowing"}
    if entity.domain == "binary_sensor" and device_class(entity) not in _OPENINGS | {"lock"}:
        return state == "on"
    return None


def _open(entity: Entity) -> bool | None:
    if entity.domain in {"cover", "valve"}:
        return entity.state in {"open", "opening", "closing"}
    if entity.domain == "binary_sensor" and device_class(entity) in _OPENINGS:
        return entity.state == "on"
    return None


def _locked(entity: Entity) -> bool | None:
    if entity.domain == "lock":
        return entity.state == "locked"
    if entity.domain == "binary_sensor" and device_class(entity) == "lock":
        return entity.state == "off"
    return None


def _low(entity: Entity) -> bool | None:
    if device_class(entity) != "battery":
        return None
    if entity.domain == "binary_sensor":
        return entity.state == "on"
    return float(entity.state or 100) < 20 if is_number(entity.state) else None


def _class_on(*kinds: str) -> Callable[[Entity], bool | None]:
    def holds(entity: Entity) -> bool | None:
        if entity.domain != "binary_sensor" or device_class(entity) not in kinds:
            return None
        return entity.state == "on"

    return holds


def _state(domain: str, *states: str) -> Callable[[Entity], bool | None]:
    domains = frozenset(domain.split())

    def holds(entity: Entity) -> bool | None:
        return entity.state in states if entity.domain in domains else None

    return holds


def _running(entity: Entity) -> bool | None:
    if entity.domain in {"fan", "switch", "vacuum", "lawn_mower", "humidifier", "script"}:
        return _on(entity)
    if entity.domain == "binary_sensor" and device_class(entity) in {"running", "power", "moving"}:
        return entity.state == "on"
    if entity.domain in {"climate", "media_player"}:
        return _on(entity)
    return None


def _muted(entity: Entity) -> bool | None:
    return entity.attributes.get("is_volume_muted") is True if entity.domain == "media_player" else None


def _not(holds: Callable[[Entity], bool | None]) -> Callable[[Entity], bool | None]:
    def opposite(entity: Entity) -> bool | None:
        found = holds(entity)
        return None if found is None else not found

    return opposite


def _armed(entity: Entity) -> bool | None:
    if entity.domain != "alarm_control_panel":
        return None
    return (entity.state or "").startswith("armed")


def _action(name: str) -> Callable[[Entity], bool | None]:
    def holds(entity: Entity) -> bool | None:
        if entity.domain != "climate":
            return None
        return (entity.attributes.get("hvac_action") or entity.state) in {name, f"{name}ing"}

    return holds


_WEATHER = {
    "rainy": ("rainy", "pouring", "lightning-rainy", "snowy-rainy"),
    "snowy": ("snowy", "snowy-rainy"),
    "sunny": ("sunny", "clear-night"),
    "cloudy": ("cloudy", "partlycloudy"),
    "windy": ("windy", "windy-variant"),
    "foggy": ("fog",),
    "stormy": ("lightning", "lightning-rainy"),
}

STATES: Mapping[str, Callable[[Entity], bool | None]] = {
    "on": _on,
    "off": _not(_on),
    "open": _open,
    "closed": _not(_open),
    "locked": _locked,
    "unlocked": _not(_locked),
    "low": _low,
    "running": _running,
    "muted": _muted,
    "armed": _armed,
    "disarmed": _not(_armed),
    "heating": _action("heat"),
    "cooling": _action("cool"),
    "playing": _state("media_player", "playing"),
    "paused": _state("media_player vacuum lawn_mower", "paused"),
    "idle": _state("media_player vacuum", "idle"),
    "home": _state("person device_tracker", "home"),
    "away": _not(_state("person device_tracker", "home")),
    "cleaning": _state("vacuum", "cleaning"),
    "mowing": _state("lawn_mower", "mowing"),
    "docked": _state("vacuum lawn_mower", "docked"),
    "returning": _state("vacuum lawn_mower", "returning"),
    "motion": _class_on("motion", "occupancy", "presence", "moving"),
    "still": _not(_class_on("motion", "occupancy", "presence", "moving")),
    "wet": _class_on("moisture"),
    "dry": _not(_class_on("moisture")),
    "smoke": _class_on("smoke", "gas", "carbon_monoxide"),
    "detected": _class_on(*_SENSED),
    "triggered": _class_on(*_SENSED),
    **{name: _state("weather", *states) for name, states in _WEATHER.items()},
}
OPPOSITES = {
    "on": "off",
    "open": "closed",
    "locked": "unlocked",
    "home": "away",
    "armed": "disarmed",
    "motion": "still",
    "wet": "dry",
}
OPPOSITES |= {value: key for key, value in OPPOSITES.items()}


def holds(entity: Entity, state: str) -> bool | None:
    """Is it in this state? None when it has no such state, or its state is not known."""
    judge = STATES.get(state)
    return None if judge is None or silent(entity) else judge(entity)


# --- measurements -------------------------------------------------------------------------------------------
