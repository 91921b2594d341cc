"""Who wants to hear which topics. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from appliance.mqtt import topics

Handler = Callable[[str, bytes, bool], None]
"""(topic, payload, retained): `retained` is a message that was kept by the broker, not said just now."""


class Routes:
    """Handlers by filter; exact topics are looked up, wildcards are tried in turn."""

    def __init__(self) -> None:
        self._handlers: dict[str, dict[Handler, int]] = {}
        self._wild: set[str] = set()

    def add(self, topic_filter: str, handler: Handler, qos: int) -> None:
        """Let the handler hear this filter. Raises ValueError when it is none."""
        if not topics.is_filter(topic_filter):
            raise ValueError(f"{topic_filter!r} is no topic filter")
        self._handlers.setdefault(topic_filter, {})[handler] = qos
        if topics.has_wildcard(topic_filter):
            self._wild.add(topic_filter)

    def remove(self, topic_filter: str, handler: Handler) -> bool:
        """Let it hear no more; True when nobody wants the filter any more."""
        handlers = self._handlers.get(topic_filter)
        if handlers is None or handlers.pop(handler, None) is None or handlers:
            return False
        del self._handlers[topic_filter]
        self._wild.discard(topic_filter)
        return True

    def filters(self) -> Iterator[tuple[str, int]]:
        """Every filter, in the order in which it was asked for, with the highest QoS asked for."""
        for topic_filter, handlers in self._handlers.items():
            yield topic_filter, max(handlers.values())

    def qos(self, topic_filter: str) -> int | None:
        """The highest QoS asked for, or None when nobody wants it."""
        handlers = self._handlers.get(topic_filter)
        return max(handlers.values()) if handlers else None

    def handlers(self, topic: str) -> list[Handler]:
        """Everyone who wants this topic, each once."""
        found = dict(self._handlers.get(topic, {}))
        for topic_filter in self._wild:
            if topics.matches(topic_filter, topic):
                found.update(self._handlers[topic_filter])
        return list(found)
