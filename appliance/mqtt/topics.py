"""Topic names, filters and the discovery topic of Home Assistant. Pure.

MQTT 3.1.1 and 5.0, section 4.7; the discovery topic is
`<prefix>/<component>/[<node_id>/]<object_id>/config`, where the component `device` announces many at once.
"""

from __future__ import annotations

import re

import msgspec

MAX_TOPIC_BYTES = 1_024
"""MQTT allows 65,535; nobody's device needs a kilobyte."""

_PART = re.compile(r"[a-zA-Z0-9_-]{1,255}")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")


class DiscoveryTopic(msgspec.Struct, frozen=True):
    """The parts of a discovery topic; `node_id` is empty when there is none."""

    component: str
    node_id: str
    object_id: str

    @property
    def key(self) -> str:
        """Names the announcement among those of its component."""
        return f"{self.node_id} {self.object_id}" if self.node_id else self.object_id


def fault_of_topic(topic: str) -> str:
    """Why this is no topic to publish to or to take a state from; empty when it is one."""
    if not topic:
        return "is empty"
    if _UNSAFE.search(topic):
        return "has characters that MQTT forbids"
    if len(topic.encode()) > MAX_TOPIC_BYTES:
        return f"is longer than {MAX_TOPIC_BYTES} bytes"
    if "+" in topic or "#" in topic:
        return "has a wildcard"
    if topic.startswith("$"):
        return "belongs to the broker"
    return ""


def is_filter(topic_filter: str) -> bool:
    """Is this a filter that can be subscribed to? `+` fills a whole level, `#` only the last."""
    if not topic_filter or _UNSAFE.search(topic_filter) or len(topic_filter.encode()) > MAX_TOPIC_BYTES:
        return False
    levels = topic_filter.split("/")
    if "#" in topic_filter and (levels[-1] != "#" or topic_filter.count("#") > 1):
        return False
    return all(level == "+" or "+" not in level for level in levels)


def has_wildcard(topic_filter: str) -> bool:
    """Can this filter match more than one topic?"""
    return "+" in topic_filter or "#" in topic_filter


def matches(topic_filter: str, topic: str) -> bool:
    """Does the topic fit the filter? Wildcards at the start do not match the broker's own `$` topics."""
    wanted, given = topic_filter.split("/"), topic.split("/")
    if given[0].startswith("$") and wanted[0] in {"+", "#"}:
        return False
    for place, level in enumerate(wanted):
        if level == "#":
            return True
        if place >= len(given) or level not in {"+", given[place]}:
            return False
    return len(wanted) == len(given)


def discovery_filters(prefix: str) -> tuple[str, str]:
    """Filters that see every discovery topic under this prefix."""
    return f"{prefix}/+/+/config", f"{prefix}/+/+/+/config"


def parse_discovery(prefix: str, topic: str) -> DiscoveryTopic | None:
    """The parts of a discovery topic, or None when it is not one."""
    head, tail = f"{prefix}/", "/config"
    if not (topic.startswith(head) and topic.endswith(tail) and len(topic) > len(head) + len(tail)):
        return None
    parts = topic[len(head) : -len(tail)].split("/")
    if len(parts) not in {2, 3} or not all(_PART.fullmatch(part) for part in parts):
        return None
    return DiscoveryTopic(parts[0], parts[1] if len(parts) == 3 else "", parts[-1])
