"""From the panel to devices and what each of their topics says. Pure but for reading the panel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from appliance.presence import catalogue, states
from appliance.presence.announcing import Device
from appliance.presence.entities import STATE, Sending, Topics, device_name, satellite_node
from appliance.presence.panel import LOCAL, Facts, Health, Panel, SatelliteView


class Line(msgspec.Struct, frozen=True):
    """One topic, what it says, and how that is sent."""

    topic: str
    payload: str
    sending: Sending


def own_device(panel: Panel, facts: Facts, topics: Topics, status_topic: str) -> Device:
    """The appliance itself."""
    return Device(
        node=topics.node,
        name=facts.name or device_name(topics.node),
        topics=topics,
        availability=(status_topic,),
        entities=catalogue.of_appliance(panel.config, facts),
        model=facts.model,
        software=facts.version,
        hardware=facts.hardware,
        area=panel.config.home.area,
    )


def satellite_device(panel: Panel, view: SatelliteView, own: Topics, status_topic: str) -> Device:
    """One satellite: there while both it and the appliance are."""
    topics = Topics(own.prefix, own.node, view.name)
    return Device(
        node=satellite_node(own.node, view.name),
        name=view.title or device_name(view.name),
        topics=topics,
        availability=(status_topic, topics.availability),
        entities=catalogue.of_satellite(view, panel.config.wake.words),
        model=view.model,
        software=view.software,
        area=view.area,
        via=own.node,
    )


def own_lines(panel: Panel, facts: Facts, health: Health, device: Device) -> Iterator[Line]:
    """What the appliance says."""
    stage_states, stage_more = states.stages(tuple(panel.stages()))
    alert_states, alert_more = states.alerts(health)
    said = {
        **states.pipeline(panel.phase(LOCAL), muted=panel.muted),
        **states.controls(panel.config, facts, muted=panel.muted),
        **states.measured(health, facts),
        **stage_states,
        **alert_states,
    }
    yield from _lines(device, said, {**stage_more, **alert_more})


def satellite_lines(panel: Panel, view: SatelliteView, device: Device) -> Iterator[Line]:
    """What a satellite says, through us."""
    said, more = states.satellite(view, panel.phase(view.name))
    yield Line(device.topics.availability, said["availability"], STATE)
    yield from _lines(device, said, more)


def _lines(device: Device, said: Mapping[str, str], more: Mapping[str, str]) -> Iterator[Line]:
    for entity in device.entities:
        name = entity.object_id
        if name in said:
            yield Line(device.topics.state(name), said[name], entity.sending)
        if name in more:
            yield Line(device.topics.attributes(name), more[name], STATE)
