"""When the set-up hotspot comes and goes, as a pure state machine: events in, effects out.

    WAITING ──too long──▶ SCANNING ──▶ RAISING ──▶ OPEN ──Submitted──▶ JOINING ──Joined──▶ ONLINE
       ▲                     ▲            ▲  │       │                    │                   │
       │                     │            │  └failed─┼──▶ RESTING         │                   │
       │                     └────────────┼──────────┼──────┘             │                   │
       │                     └──too long──┼───── RETRYING ◀─nobody there  │                   │
       │                                  └──────────────────JoinFailed───┘                   │
       └──────────────────────────────────────────────────────────────────the network is lost─┘

Every state but ONLINE has a deadline. The hotspot goes down now and then when nobody uses it, so that the
networks that are known get another chance: after a power cut the router is often slower than the appliance.
"The network is there" leads to ONLINE from everywhere but JOINING, which ends with its own result. Time is a
parameter in seconds of any monotonic clock.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from appliance.firstboot.phrases import Reason
from appliance.firstboot.wifi import Wifi


class Patience(msgspec.Struct, frozen=True):
    """Seconds; the first two are settings."""

    offline: float = 60.0
    lost: float = 600.0
    scan: float = 30.0
    raising: float = 90.0
    quiet: float = 300.0
    """The hotspot stays so long after the last sign of a person."""
    longest: float = 1_800.0
    """…and never longer than this at a time, whatever somebody's telephone asks for."""
    retry: float = 60.0
    join: float = 170.0
    rest: float = 60.0


class Phase(Enum):
    """Where it is."""

    WAITING = "waiting"
    SCANNING = "scanning"
    RAISING = "raising"
    OPEN = "open"
    JOINING = "joining"
    RETRYING = "retrying"
    RESTING = "resting"
    ONLINE = "online"


class Tick(msgspec.Struct, frozen=True):
    """Time went by."""


class Network(msgspec.Struct, frozen=True):
    """Is there a network that is not our hotspot, and a Wi-Fi card?"""

    online: bool
    has_wifi: bool = True


class Scanned(msgspec.Struct, frozen=True):
    """What is in the air is known (the keeper holds the list)."""


class Raised(msgspec.Struct, frozen=True):
    """The hotspot is up."""


class RaiseFailed(msgspec.Struct, frozen=True):
    """The hotspot cannot be made, or its page ended."""


class Visited(msgspec.Struct, frozen=True):
    """Somebody uses the page."""


class Submitted(msgspec.Struct, frozen=True):
    """Somebody with the code chose a network."""

    wifi: Wifi


class Joined(msgspec.Struct, frozen=True):
    """It is connected and kept."""


class JoinFailed(msgspec.Struct, frozen=True):
    """It could not be joined, and is forgotten."""

    reason: Reason


Event = Tick | Network | Scanned | Raised | RaiseFailed | Visited | Submitted | Joined | JoinFailed


class Scan(msgspec.Struct, frozen=True):
    """Look what networks there are; answer with Scanned."""


class Raise(msgspec.Struct, frozen=True):
    """Make the hotspot and its page, which shows `reason`; answer with Raised or RaiseFailed."""

    reason: Reason | None = None


class Drop(msgspec.Struct, frozen=True):
    """End the hotspot and its page."""


class Join(msgspec.Struct, frozen=True):
    """Try this network; answer with Joined or JoinFailed."""

    wifi: Wifi


class Tell(msgspec.Struct, frozen=True):
    """Say this."""

    what: str
    reason: Reason = "other"


Effect = Scan | Raise | Drop | Join | Tell


class Hotspot:
    """One machine. `handle` returns what must be done; illegal events change nothing."""

    def __init__(self, patience: Patience, now: float) -> None:
        self._patience = patience
        self._has_wifi = True
        self._opened = 0.0
        self._reason: Reason | None = None
        self._was_online = self._told = False
        self.phase = Phase.WAITING
        self.deadline: float | None = now + patience.offline

    @property
    def reason(self) -> Reason | None:
        """Why the last network could not be joined."""
        return self._reason

    def handle(self, event: Event, now: float) -> list[Effect]:
        """What must be done because of this event. Never raises for any order of events."""
        match self.phase, event:
            case _, Tick():
                return self._late(now) if self.deadline is not None and now >= self.deadline else []
            case _, Network():
                self._has_wifi = event.has_wifi
                return self._network(event.online, now)
            case Phase.SCANNING, Scanned():
                return self._raise(now)
            case Phase.RAISING, Raised():
                self._opened = now
                self._enter(Phase.OPEN, now, self._patience.quiet)
                return [Tell("hotspot")]
            case Phase.RAISING, RaiseFailed():
                return self._rest(now)
            case Phase.OPEN, RaiseFailed():
                return [Drop(), *self._rest(now)]
            case Phase.OPEN, Visited():
                latest = self._opened + self._patience.longest
                self.deadline = min(now + self._patience.quiet, latest)
            case Phase.OPEN, Submitted(wifi=wifi):
                self._enter(Phase.JOINING, now, self._patience.join)
                return [Tell("joining"), Drop(), Join(wifi)]
            case Phase.JOINING, Joined():
                return self._online(now)
            case Phase.JOINING, JoinFailed(reason=reason):
                return self._failed(reason, now)
            case _:
                pass
        return []

    def _network(self, online: bool, now: float) -> list[Effect]:
        if self.phase is Phase.JOINING:
            return []
        if online and self.phase is not Phase.ONLINE:
            up = self.phase in {Phase.RAISING, Phase.OPEN}
            return [*([Drop()] if up else []), *self._online(now)]
        if not online and self.phase is Phase.ONLINE:
            self._enter(Phase.WAITING, now, self._patience.lost)
        return []

    def _late(self, now: float) -> list[Effect]:
        match self.phase:
            case Phase.WAITING | Phase.RETRYING | Phase.RESTING:
                return self._scan(now)
            case Phase.SCANNING:
                return self._raise(now)
            case Phase.RAISING:
                return [Drop(), *self._rest(now)]
            case Phase.OPEN:
                self._enter(Phase.RETRYING, now, self._patience.retry)
                return [Drop()]
            case Phase.JOINING:
                return self._failed("other", now)
            case Phase.ONLINE:
                return []

    def _scan(self, now: float) -> list[Effect]:
        first = self._first_word()
        if not self._has_wifi:
            self._enter(Phase.RESTING, now, self._patience.rest)
            return first
        self._enter(Phase.SCANNING, now, self._patience.scan)
        return [*first, Scan()]

    def _first_word(self) -> list[Effect]:
        """Once a loss: who knows it need not hear it every minute."""
        if self._told:
            return []
        self._told = True
        return [Tell("no_network" if self._has_wifi else "no_wifi")]

    def _raise(self, now: float) -> list[Effect]:
        self._enter(Phase.RAISING, now, self._patience.raising)
        return [Raise(self._reason)]

    def _rest(self, now: float) -> list[Effect]:
        self._enter(Phase.RESTING, now, self._patience.rest)
        return []

    def _failed(self, reason: Reason, now: float) -> list[Effect]:
        self._reason = reason
        return [Tell("failed", reason), *self._raise(now)]

    def _online(self, now: float) -> list[Effect]:
        del now
        first, self._was_online = not self._was_online, True
        back = self._told
        self._reason, self._told = None, False
        self.phase, self.deadline = Phase.ONLINE, None
        return [Tell("ready")] if first or back else []

    def _enter(self, phase: Phase, now: float, seconds: float) -> None:
        self.phase, self.deadline = phase, now + seconds
