"""Take everything back that an appliance announced, while it does not run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from appliance.config.model import Config
from appliance.errors import HomeError
from appliance.mqtt.exchange import Exchange
from appliance.mqtt.outbox import Sent
from appliance.presence import announcing, remembered
from appliance.presence.entities import DEFAULT_PREFIX, Topics, node_id

LOOK_SECONDS = 1.0
"""For what the broker keeps to arrive."""
GOODBYE_SECONDS = 5.0
AT_ONCE = 64
MAX_FOUND = 4_096


def own_announcements(prefix: str, node: str) -> tuple[str, str]:
    """Filters of all discovery topics that may be ours, and some that are others'."""
    return (f"{prefix}/+/{node}/+/config", f"{prefix}/device/+/config")


def state_topics(
    own: Topics, identities: Iterable[tuple[str, str, str]], kept: Iterable[str] = ()
) -> list[str]:
    """Topics that hold states of entities that are gone; `kept` are the nodes that are still there."""
    found: dict[str, None] = {}
    there = set(kept)
    for node, object_id, _ in sorted(identities):
        satellite = node.removeprefix(f"{own.node}-") if node != own.node else ""
        topics = Topics(own.prefix, own.node, satellite)
        found |= dict.fromkeys((topics.state(object_id), topics.attributes(object_id)))
        if satellite and node not in there:
            found[topics.availability] = None
    return list(found)


async def publish(client: Exchange, posts: Iterable[announcing.Post]) -> bool:
    """Send all in order; False when the connection ended meanwhile.

    The broker must have taken what was sent before more than `AT_ONCE` wait: the queue is everybody's.
    """
    listed = list(posts)
    for first in range(0, len(listed), AT_ONCE):
        *most, last = listed[first : first + AT_ONCE]
        for post in most:
            client.post(post.topic, post.payload, 1, retain=post.retain)
        sent = await client.publish(
            last.topic, last.payload, 1, retain=last.retain, expires_seconds=GOODBYE_SECONDS
        )
        if sent is not Sent.SENT:
            return False
    return True


async def leave(client: Exchange, config: Config, client_id: str) -> int:
    """Take back what the file remembers and what the broker keeps; how many announcements that were.

    Raises HomeError when the broker does not hear all of it.
    """
    prefix, own_node = config.home.discovery_prefix, node_id(client_id)
    found: remembered.Announced = {}

    def hear(topic: str, payload: bytes, retained: bool) -> None:
        if retained and len(found) < MAX_FOUND and announcing.is_ours(prefix, own_node, topic, payload):
            found[topic] = announcing.found_components(topic, payload)

    for topic_filter in own_announcements(prefix, own_node):
        client.subscribe(topic_filter, hear, qos=1)
    await asyncio.sleep(LOOK_SECONDS)
    file = remembered.path_of(Path(config.paths.data))
    former = {**found, **await asyncio.to_thread(remembered.read, file)}
    own = Topics(getattr(config.mqtt, "prefix", DEFAULT_PREFIX), own_node)
    topics = [*former, *state_topics(own, announcing.identities(former))]
    if not await publish(client, [announcing.Post(topic, b"") for topic in topics]):
        raise HomeError("the broker went away before everything was taken back", "try again")
    await asyncio.to_thread(remembered.write, file, {})
    return len(former)
