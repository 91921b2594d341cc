"""Keeps each satellite to its allowance, whoever it is."""

from __future__ import annotations

import logging
from collections.abc import Callable

from appliance.config.model import Satellites
from appliance.satellites.flow import ADMITTED, Faults, Pace, RateLimiter

LOG = logging.getLogger(__name__)


class Gate:
    """One limiter a name; names that nobody knows are bounded, too."""

    def __init__(
        self,
        settings: Callable[[], Satellites],
        faults: Faults,
        clock: Callable[[], float],
        overran: Callable[[str], None],
    ) -> None:
        """`overran` hears the name of a satellite that began to send too much."""
        self._settings = settings
        self._faults = faults
        self._clock = clock
        self._overran = overran
        self._limits: dict[str, RateLimiter] = {}

    def admit(self, name: str, size_bytes: int, *, known: bool) -> bool:
        """Does this sender keep to its allowance?"""
        settings = self._settings()
        limit = self._limits.get(name)
        if limit is None:
            if not known and len(self._limits) >= 2 * settings.max_count:
                return False
            limit = self._limits[name] = RateLimiter(
                settings.max_messages_per_second, settings.max_bytes_per_second, self._clock()
            )
        pace = limit.weigh(size_bytes, self._clock())
        if pace is Pace.TOO_FAST:
            self._faults.count(name, "too fast", "it is not listened to until it slows down")
            self._overran(name)
        elif pace is Pace.SLOWED_DOWN:
            LOG.info("satellite %s is listened to again; %d messages were dropped", name, limit.dropped)
        return pace in ADMITTED

    def dropped(self, name: str) -> int:
        """Messages of this sender that were refused."""
        limit = self._limits.get(name)
        return limit.dropped if limit else 0

    def forget(self, name: str) -> None:
        """It is gone for good."""
        self._limits.pop(name, None)

    def reset(self) -> None:
        """The settings are others: everybody begins anew."""
        self._limits.clear()
