"""The tables of docs/home-assistant-entities.md. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from appliance.config.model import Config, Home
from appliance.presence import catalogue
from appliance.presence.entities import Entity
from appliance.presence.panel import Facts, SatelliteView
from appliance.presence.reports import STAGES

TITLES = {"state": "State", "control": "Control", "health": "Health", "event": "Events"}
EVERYTHING = Facts(
    stages=tuple(STAGES), has_temperature=True, has_pressure=True, has_timers=True, can_update=True
)
SATELLITE = SatelliteView("x", can_mute=True, can_volume=True, buttons=("x",), rssi_dbm=-1.0)


def tables() -> str:
    """Every entity that there can be."""
    entities = catalogue.of_appliance(Config(home=Home(show_words=True)), EVERYTHING)
    parts = [
        f"### {TITLES[group]}\n\n{_table(each for each in entities if each.group == group)}"
        for group in TITLES
    ]
    return "\n".join(
        ["## The appliance\n", *parts, "## Each satellite\n", _table(catalogue.of_satellite(SATELLITE))]
    )


def _table(entities: Iterable[Entity]) -> str:
    lines = ["| name | kind | topic | QoS | retained | |", "|---|---|---|---|---|---|"]
    for each in entities:
        kind = each.component + (f", {each.unit}" if each.unit else "")
        sent = ("–", "–") if each.component in {"button", "notify"} else (
            str(each.sending.qos), "yes" if each.sending.retain else "no")  # fmt: skip
        lines.append(f"| {each.name} | {kind} | `{each.object_id}` | {sent[0]} | {sent[1]} | {each.about} |")
    return "\n".join(lines) + "\n"
