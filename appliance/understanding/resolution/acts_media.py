"""Media players. Pure."""

from __future__ import annotations

from appliance.home.entities import Entity
from appliance.understanding.deeds import Call
from appliance.understanding.resolution.acts import Act, chosen, number_of

_MEDIA = {
    "play": "media_play", "pause": "media_pause", "stop": "media_stop", "next": "media_next_track",
    "previous": "media_previous_track", "on": "turn_on", "off": "turn_off", "toggle": "toggle",
    "start": "media_play",
}  # fmt: skip


def media_call(entity: Entity, act: Act) -> Call | None:
    """What a media player does."""
    if act.about not in {"", "volume", "track", "source", "shuffle"} or act.color or act.mode:
        return None
    if act.about == "shuffle":
        return "shuffle_set", {"shuffle": act.kind != "off"}
    if act.kind in {"mute", "unmute"} or (act.about == "volume" and act.kind == "off"):
        return "volume_mute", {"is_volume_muted": act.kind != "unmute"}
    if act.option:
        source = chosen(entity, "source_list", act.option)
        return (
            ("select_source", {"source": source}) if source and act.kind in {"set", "select", "on"} else None
        )
    if act.valued and not act.by and not act.sign:
        return _volume(act)
    if act.kind == "change":
        return _changed_volume(entity, act)
    service = _MEDIA.get(act.kind) if act.about in {"", "track"} and not act.valued else None
    return (service, {}) if service else None


def _volume(act: Act) -> Call | None:
    said = act.about == "volume" or act.unit == "percent"
    if act.kind not in {"set", "up", "down"} or not said or act.percent is None:
        return None
    percent = {"low": 20, "medium": 50, "high": 80, "min": 0}.get(act.level, act.percent)
    return "volume_set", {"volume_level": round(percent / 100, 4)}


def _changed_volume(entity: Entity, act: Act) -> Call | None:
    if act.number is None:
        return ("volume_up" if act.sign > 0 else "volume_down"), {}
    now = number_of(entity, "volume_level")
    if now is None or act.unit not in {"", "percent"}:
        return None
    return "volume_set", {"volume_level": round(min(1.0, max(0.0, now + act.step / 100)), 4)}
