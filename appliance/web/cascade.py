"""From what the appliance says about itself to what is wrong with it, part by part. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

State = Literal["ok", "degraded", "down"]
VOICE = frozenset({"sound", "wake", "vad", "stt", "intent", "tts"})
"""Without one of these nobody can talk to it."""
LOW_DISK_MB, FULL_DISK_MB = 500, 50
NEAR_LIMIT = 0.9
TOLD_ELSEWHERE = frozenset({"recogniser", "store", "space"})
"""Alerts of what is a part of its own: a stage, and the disk."""


class Part(msgspec.Struct, frozen=True):
    """One part, and why it is so."""

    name: str
    state: State
    reason: str = ""
    """What is wrong; empty when nothing is."""
    hint: str = ""
    """What to do about it."""
    detail: str = ""
    """What it is, for the curious."""


class Health(msgspec.Struct, frozen=True):
    """The whole, and its parts."""

    state: State
    ready: bool
    """A spoken turn is possible now."""
    version: str
    parts: list[Part]


class Disk(msgspec.Struct, frozen=True):
    """Where the data lies."""

    free_mb: int
    writable: bool = True


def gone(reason: str, hint: str) -> Health:
    """Nobody answers for the appliance."""
    return Health("down", False, "", [Part("appliance", "down", reason, hint), Part("web", "ok")])


def judge(status: Mapping[str, Any], disk: Disk | None) -> Health:
    """`status` as the control socket tells it; what is not in it is not judged."""
    parts = [
        *_stages(status),
        *_broker(_table(status, "mqtt")),
        *_home(status),
        *_satellites(_table(status, "satellites")),
        *_store(status),
        *_models(status),
        *_disk(disk),
        *_alerts(status),
        Part("web", "ok"),
    ]
    ready = bool(status.get("listening"))
    return Health(_whole(parts), ready, str(status.get("version", "")), parts)


def _whole(parts: list[Part]) -> State:
    """Down when nobody can talk to it; degraded when anything else is amiss."""
    vital = {f"stage {name}" for name in VOICE}
    if any(part.state == "down" and part.name in vital for part in parts):
        return "down"
    return "ok" if all(part.state == "ok" for part in parts) else "degraded"


def _table(status: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = status.get(name)
    return found if isinstance(found, Mapping) else {}


def _stages(status: Mapping[str, Any]) -> Iterator[Part]:
    for stage in status.get("stages") or ():
        yield _stage(stage)
    for name, why in _table(status, "absent").items():
        message, hint = str(why.get("message", "")), str(why.get("hint", ""))
        # A language model is a choice; without it everything else works.
        state: State = "down" if name in VOICE else "ok"
        yield Part(f"stage {name}", state, message if state != "ok" else "", hint, message)


def _stage(stage: Mapping[str, Any]) -> Part:
    name, state = str(stage["name"]), str(stage["state"])
    part = f"stage {name}"
    engine = " ".join(str(stage.get(key) or "") for key in ("engine", "detail")).strip()
    if state == "ready":
        used, limit = stage.get("memory_mb"), (stage.get("limits") or {}).get("memory_max_mb")
        if used and limit and used > limit * NEAR_LIMIT:
            reason = f"it uses {used:.0f} of the {limit} MB that it may use"
            return Part(part, "degraded", reason, f"raise limits.{name}.memory_max_mb", engine)
        return Part(part, "ok", detail=engine)
    error, hint = str(stage.get("last_error") or ""), str(stage.get("hint") or "")
    reason = f"{state}: {error}" if error else state
    worse: State = "down" if name in VOICE else "degraded"
    return Part(part, worse, reason, hint or "see: appliance status", engine)


def _broker(mqtt: Mapping[str, Any]) -> Iterator[Part]:
    if not mqtt:
        return
    where = f"{mqtt.get('host')}:{mqtt.get('port')}"
    if not mqtt.get("connected"):
        reason = str(mqtt.get("problem") or "not connected")
        yield Part("broker", "down", reason, str(mqtt.get("hint") or ""), where)
    elif mqtt.get("problem"):
        yield Part("broker", "degraded", str(mqtt["problem"]), str(mqtt.get("hint") or ""), where)
    else:
        yield Part("broker", "ok", detail=where)


def _home(status: Mapping[str, Any]) -> Iterator[Part]:
    home = _table(status, "home")
    faults = {kind: count for kind, count in (home.get("faults") or {}).items() if count}
    detail = f"{home.get('entities', 0)} entities in {home.get('areas', 0)} rooms"
    reason = ", ".join(f"{kind}: {count}" for kind, count in faults.items())
    hint = "see: appliance home-assistant, and docs/devices.md" if faults else ""
    yield Part("home", "degraded" if faults else "ok", reason[:300], hint, detail)
    hass = _table(status, "home_assistant")
    if hass:
        state: State = "ok" if hass.get("connected") else "down"
        reason = "" if state == "ok" else str(hass.get("problem") or "not connected")
        hint = "" if state == "ok" else str(hass.get("hint") or "")
        yield Part("home assistant", state, reason, hint, str(hass.get("version") or ""))


def _satellites(told: Mapping[str, Any]) -> Iterator[Part]:
    refused = {
        str(each["name"]): str(each["refused"])
        for each in told.get("satellites") or ()
        if each.get("refused")
    }
    if told:
        reason = "; ".join(f"{name}: {why}" for name, why in refused.items())[:300]
        yield Part(
            "satellites", "degraded" if refused else "ok", reason,
            "see: appliance satellite list" if refused else "", f"{told.get('connected', 0)} connected",
        )  # fmt: skip


def _store(status: Mapping[str, Any]) -> Iterator[Part]:
    troubles = [
        str(each) for part in ("judgement", "records") for each in _table(status, part).get("troubles") or ()
    ]
    hint = "appliance verify, or appliance restore" if troubles else ""
    yield Part("store", "degraded" if troubles else "ok", "; ".join(troubles)[:500], hint)


def _models(status: Mapping[str, Any]) -> Iterator[Part]:
    waiting = [stage for stage in status.get("stages") or () if stage.get("state") == "waiting"]
    reasons = [str(stage.get("last_error") or stage["name"]) for stage in waiting]
    hints = [str(stage.get("hint")) for stage in waiting if stage.get("hint")]
    remote = _table(status, "language_model").get("trouble")
    if remote:
        reasons.append(str(remote))
    state: State = "degraded" if reasons else "ok"
    yield Part("models", state, "; ".join(reasons)[:500], hints[0] if hints else "")


def _alerts(status: Mapping[str, Any]) -> Iterator[Part]:
    """Those that no other part tells."""
    for alert in status.get("alerts") or ():
        name = str(alert.get("name", ""))
        if name not in TOLD_ELSEWHERE:
            reason, hint = str(alert.get("reason", "")), str(alert.get("hint", ""))
            yield Part(f"alert {name}", "degraded", reason, hint)


def _disk(disk: Disk | None) -> Iterator[Part]:
    if disk is None:
        yield Part("disk", "down", "it cannot be looked at", "see: appliance doctor")
        return
    detail = f"{disk.free_mb} MB free"
    hint = "remove models that nobody needs: appliance models list"
    if not disk.writable:
        yield Part("disk", "down", "it cannot be written", "see: appliance doctor", detail)
    elif disk.free_mb < FULL_DISK_MB:
        yield Part("disk", "down", f"it is full: {detail}", hint, detail)
    elif disk.free_mb < LOW_DISK_MB:
        yield Part("disk", "degraded", f"it is almost full: {detail}", hint, detail)
    else:
        yield Part("disk", "ok", detail=detail)
