"""What `appliance status` shows, put together from everyone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from appliance import __version__
from appliance.firstboot import notes
from appliance.firstboot.places import Places
from appliance.rooms import Rooms

if TYPE_CHECKING:
    from appliance.daemon import Appliance


def of(appliance: Appliance, absent: Mapping[Any, Any], rooms: Rooms) -> dict[str, Any]:
    """All of it, now; `absent` are stages that cannot run, and why."""
    house = appliance.homes.house()
    muted = appliance.conductor.muted
    return {
        "version": __version__,
        "listening": appliance.listening and not muted,
        "muted": muted,
        "stages": [msgspec.to_builtins(stage) for stage in appliance.supervisor.status()],
        "absent": {name: msgspec.to_builtins(why) for name, why in absent.items()},
        "sandbox": _sandbox(appliance),
        "mqtt": _mqtt(appliance),
        "home": {
            "entities": len(house.entities),
            "areas": len(house.areas),
            "faults": dict(appliance.homes.faults),
        },
        "home_assistant": appliance.homes.hass.status() if appliance.homes.hass is not None else None,
        "satellites": appliance.hub.status(),
        "hermes": appliance.hermes.status(),
        "audio": {"device": appliance.config.audio.device},
        "rooms": rooms.status(),
        "judgement": {"troubles": list(appliance.judge.troubles)},
        "language_model": {"remote": appliance.answering.remote, "trouble": appliance.answering.trouble},
        "timers": len(appliance.timers.list()),
        "records": {"troubles": list(appliance.records.troubles())},
        "storage": appliance.panel.storage.status() if appliance.presence is not None else None,
        "alerts": _alerts(appliance),
        "setup": notes.summary(Places()),
        "web": {"enabled": appliance.config.web.enabled, "trouble": appliance.web.trouble},
    }


def _alerts(appliance: Appliance) -> list[dict[str, str]]:
    """What has lasted too long: the problem entities of Home Assistant, for those who have none."""
    alerts = appliance.panel.alerts if appliance.presence is not None else ()
    return [{"name": each.name, "reason": each.reason, "hint": each.hint} for each in alerts]


def _sandbox(appliance: Appliance) -> dict[str, Any]:
    ladder = appliance.supervisor.ladder
    return {
        "level": ladder.level,
        "confinement": ladder.confinement,
        "reasons": ladder.reasons,
        "hint": ladder.hint,
    }


def _mqtt(appliance: Appliance) -> dict[str, Any]:
    connection = appliance.client.connection
    trouble = appliance.broker.trouble if appliance.broker else ""
    return {
        "host": appliance.address.host,
        "port": appliance.address.port,
        "connected": connection.connected,
        "problem": trouble or connection.reason,
        "hint": connection.hint,
        "dropped": appliance.client.dropped,
        "waiting": appliance.client.waiting,
    }
