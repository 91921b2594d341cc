"""States on their way out: each topic at most every 100 ms, the newest wins, nothing is said twice."""

from __future__ import annotations

import msgspec

from appliance.presence.entities import Sending

EVERY_SECONDS = 0.1
MAX_TOPICS = 20_000


class Said(msgspec.Struct):
    """One topic."""

    payload: str
    sending: Sending
    sent: str | None = None
    sent_at: float = -1e9


class States:
    """What every topic should say, and what it says."""

    def __init__(self, every_seconds: float = EVERY_SECONDS) -> None:
        self._every = every_seconds
        self._topics: dict[str, Said] = {}
        self._waiting: dict[str, None] = {}

    def put(self, topic: str, payload: str, sending: Sending) -> None:
        """It should say this; the newest wins."""
        said = self._topics.get(topic)
        if said is None:
            if len(self._topics) >= MAX_TOPICS:
                return
            said = self._topics[topic] = Said(payload, sending)
        said.payload = payload
        if said.sent != payload:
            self._waiting[topic] = None

    def again(self, topic: str = "") -> None:
        """Say this topic once more, or all of them: nobody can be sure of what was heard."""
        for name in [topic] if topic else list(self._topics):
            if name in self._topics:
                self._topics[name].sent = None
                self._waiting[name] = None

    def forget(self, above: str) -> list[str]:
        """Say nothing on topics that begin so any more; which they were."""
        gone = [topic for topic in self._topics if topic.startswith(above)]
        for topic in gone:
            del self._topics[topic]
            self._waiting.pop(topic, None)
        return gone

    def due(self, now: float) -> tuple[list[tuple[str, str, Sending]], float | None]:
        """(topic, payload, how) of all that may be sent now, and when the next may."""
        found, later = [], []
        for topic in list(self._waiting):
            said = self._topics[topic]
            if said.sent == said.payload:
                del self._waiting[topic]
            elif now - said.sent_at >= self._every:
                said.sent, said.sent_at = said.payload, now
                del self._waiting[topic]
                found.append((topic, said.payload, said.sending))
            else:
                later.append(said.sent_at + self._every)
        return found, min(later, default=None)
