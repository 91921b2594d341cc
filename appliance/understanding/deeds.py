"""From an intent and its targets to service calls, in Home Assistant's terms. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from appliance.home.entities import Entity
from appliance.wire.messages import Deed

Slots = Mapping[str, Any]
Data = dict[str, bool | int | float | str | list[int | float | str] | None]
Call = tuple[str, Data]
"""Service and its data."""

ON_OFF = frozenset(
    {
        *("automation", "camera", "climate", "fan", "humidifier", "input_boolean", "light", "media_player"),
        *("remote", "scene", "script", "siren", "switch", "water_heater"),
    }
)
ONLY_ON = frozenset({"scene"})
OWN_VERBS: dict[str, tuple[str, str | None]] = {
    "cover": ("open_cover", "close_cover"),
    "valve": ("open_valve", "close_valve"),
    "lock": ("lock", "unlock"),
    "button": ("press", None),
    "input_button": ("press", None),
    "vacuum": ("start", "return_to_base"),
    "lawn_mower": ("start_mowing", "dock"),
}
"""What "on" and "off" mean for a domain with verbs of its own: English covers come as on and off."""

DIM = frozenset({"brightness", "color_temp", "hs", "rgb", "rgbw", "rgbww", "xy", "white"})
COLOR = frozenset({"hs", "rgb", "rgbw", "rgbww", "xy"})
WARMTH = frozenset({"color_temp", "rgbww"})


def _on_off(*, on: bool) -> Callable[[Entity, Slots], Call | None]:
    def call(entity: Entity, slots: Slots) -> Call | None:
        del slots
        if entity.domain in OWN_VERBS:
            service = OWN_VERBS[entity.domain][0 if on else 1]
            return (service, {}) if service else None
        if entity.domain not in ON_OFF or (entity.domain in ONLY_ON and not on):
            return None
        return ("turn_on" if on else "turn_off"), {}

    return call


def _light(entity: Entity, slots: Slots) -> Call | None:
    """Brightness in percent, a colour's name, or a temperature in kelvin."""
    if "brightness" in slots and _has_mode(entity, DIM):
        return "turn_on", {"brightness_pct": slots["brightness"]}
    if "color" in slots and _has_mode(entity, COLOR):
        return "turn_on", {"color_name": slots["color"]}
    if "temperature" in slots and _has_mode(entity, WARMTH):
        return "turn_on", {"color_temp_kelvin": slots["temperature"]}
    return None


def _has_mode(entity: Entity, needed: frozenset[str]) -> bool:
    """A light that does not say what it can do is believed to do everything."""
    modes = entity.attributes.get("supported_color_modes")
    return not isinstance(modes, list) or not needed.isdisjoint(str(mode) for mode in modes)


def _position(entity: Entity, slots: Slots) -> Call | None:
    position = slots.get("position")
    if position is None:
        return None
    if "current_position" in entity.attributes:
        return f"set_{entity.domain}_position", {"position": position}
    ends: dict[Any, Call] = {100: (f"open_{entity.domain}", {}), 0: (f"close_{entity.domain}", {})}
    return ends.get(position)


def _plain(service: str) -> Callable[[Entity, Slots], Call | None]:
    return lambda _entity, _slots: (service, {})


def _with(service: str, key: str, slot: str, factor: float = 1) -> Callable[[Entity, Slots], Call | None]:
    """A call with one number from the sentence."""

    def call(_entity: Entity, slots: Slots) -> Call | None:
        value = slots.get(slot)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return service, {key: value if factor == 1 else round(value * factor, 4)}

    return call


def _muted(*, muted: bool) -> Callable[[Entity, Slots], Call | None]:
    return lambda _entity, _slots: ("volume_mute", {"is_volume_muted": muted})


class Action:
    """What an intent does.

    `domains` are those it is for (empty: the sentence says); `single`: it means one thing, named or not.
    """

    def __init__(
        self, call: Callable[[Entity, Slots], Call | None], domains: str = "", *, single: bool = False
    ) -> None:
        self.call = call
        self.domains = frozenset(domains.split())
        self.single = single


ACTIONS: dict[str, Action] = {
    "HassTurnOn": Action(_on_off(on=True)),
    "HassTurnOff": Action(_on_off(on=False)),
    "HassLightSet": Action(_light, "light"),
    "HassSetPosition": Action(_position, "cover valve"),
    "HassFanSetSpeed": Action(_with("set_percentage", "percentage", "percentage"), "fan"),
    "HassClimateSetTemperature": Action(
        _with("set_temperature", "temperature", "temperature"), "climate", single=True
    ),
    "HassMediaPause": Action(_plain("media_pause"), "media_player", single=True),
    "HassMediaUnpause": Action(_plain("media_play"), "media_player", single=True),
    "HassMediaNext": Action(_plain("media_next_track"), "media_player", single=True),
    "HassMediaPrevious": Action(_plain("media_previous_track"), "media_player", single=True),
    "HassMediaPlayerMute": Action(_muted(muted=True), "media_player", single=True),
    "HassMediaPlayerUnmute": Action(_muted(muted=False), "media_player", single=True),
    "HassSetVolume": Action(
        _with("volume_set", "volume_level", "volume_level", 0.01), "media_player", single=True
    ),
    "HassVacuumStart": Action(_plain("start"), "vacuum", single=True),
    "HassVacuumReturnToBase": Action(_plain("return_to_base"), "vacuum", single=True),
    "HassLawnMowerStartMowing": Action(_plain("start_mowing"), "lawn_mower", single=True),
    "HassLawnMowerDock": Action(_plain("dock"), "lawn_mower", single=True),
}


def deeds(action: Action, entities: tuple[Entity, ...], slots: Slots) -> tuple[Deed, ...]:
    """One deed for each kind of call; entities that cannot do it are left out, so it may be empty."""
    calls: list[tuple[str, Call, list[str]]] = []
    for entity in entities:
        call = action.call(entity, slots)
        if call is None:
            continue
        same = next((ids for domain, known, ids in calls if domain == entity.domain and known == call), None)
        if same is None:
            calls.append((entity.domain, call, [entity.id]))
        else:
            same.append(entity.id)
    return tuple(Deed(domain, service, tuple(ids), data) for domain, (service, data), ids in calls)
