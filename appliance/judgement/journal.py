"""From decisions to rows of the audit, and when they are written."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from appliance.judgement.audit import FLUSH_SECONDS, Audit, Outcome, Row
from appliance.judgement.bench import Refused
from appliance.judgement.confirmation import Over, Pending
from appliance.judgement.errors import JudgementError
from appliance.judgement.identity.evidence import UNKNOWN, Identity
from appliance.wire.messages import Deed

LOG = logging.getLogger(__name__)
PRUNE_SECONDS = 3_600.0
MAX_ROWS_AT_ONCE = 50
URGENT: frozenset[Outcome] = frozenset({"denied", "wrong_pin"})
"""Written soon, not with the next batch."""


class Journal:
    """Notes into the audit. Used in one event loop; only the writing runs in a thread."""

    def __init__(
        self,
        audit: Audit,
        clock: Callable[[], float],
        wall_clock: Callable[[], datetime],
        still_known: Callable[[str], bool],
        *,
        flush_seconds: float = FLUSH_SECONDS,
    ) -> None:
        """`still_known`: is this a person whose name may be written?"""
        self._flush_seconds = flush_seconds
        self.audit = audit
        self._clock = clock
        self._wall_clock = wall_clock
        self._still_known = still_known
        self._urgent = asyncio.Event()

    def note(self, identity: Identity, room: str, row: Row) -> None:
        """One row; what is filled in here is when, where and who."""
        sure = identity.suspected and self._still_known(identity.name)
        who = identity if sure else UNKNOWN
        at = self._wall_clock().timestamp()
        self.audit.add(
            Row(
                at,
                row.outcome,
                row.what,
                row.entity,
                room,
                who.name,
                who.source,
                who.confidence,
                row.reason,
            )
        )
        if row.outcome in URGENT:
            self._urgent.set()

    def refused(self, refused: Sequence[Refused], identity: Identity, room: str) -> None:
        """Each thing that was left out."""
        for each in refused[:MAX_ROWS_AT_ONCE]:
            self.note(identity, room, Row(0, "denied", each.what, each.entity_id, reason=each.why))

    def deeds(
        self, outcome: Outcome, deeds: Iterable[Deed], identity: Identity, room: str, *, reason: str = ""
    ) -> None:
        """The same about each entity."""
        each = [(f"{deed.domain}.{deed.service}", name) for deed in deeds for name in deed.entity_id]
        for what, name in each[:MAX_ROWS_AT_ONCE]:
            self.note(identity, room, Row(0, outcome, what, name, reason=reason))

    def pending(self, outcome: Outcome, pending: Pending, identity: Identity, *, reason: str = "") -> None:
        """About everything that was asked."""
        self.deeds(outcome, pending.deeds, identity, pending.room, reason=reason)

    def over(self, over: Over, identity: Identity) -> None:
        """A question that was not answered with a yes."""
        outcome: Outcome = "declined" if over.why == "no" else "expired"
        self.pending(outcome, over.pending, identity, reason=over.why)

    async def write(self, tick: Callable[[], None]) -> None:
        """Write now and then, refusals soon, until cancelled. `tick` is called each time before."""
        pruned = self._clock()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._flush_seconds):
                    await self._urgent.wait()
            self._urgent.clear()
            tick()
            try:
                if self.audit.waiting:
                    await asyncio.to_thread(self.audit.flush)
                if self._clock() >= pruned + PRUNE_SECONDS:
                    pruned = self._clock()
                    await asyncio.to_thread(self.audit.prune, self._wall_clock().timestamp())
            except JudgementError as error:
                LOG.warning("%s", error.message)
                await asyncio.sleep(self._flush_seconds)
