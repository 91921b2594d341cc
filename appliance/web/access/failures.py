"""Wrong passphrases and codes: each costs waiting, for the address it came from and a little for everybody.

A try is counted before it is compared and taken back when it was right: a hundred at once are no hundred free
ones. What is known lies in memory; whoever is signed in already notices nothing.
"""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from appliance.web.access.rate import Bucket, take

FREE = 3
"""Mistakes that cost nothing: people mistype."""
FIRST_SECONDS, LONGEST_SECONDS = 2.0, 900.0
FORGET_SECONDS = 3_600.0
IN_ALL = 30
"""Mistakes from everywhere together; then one every `IN_ALL_SECONDS`."""
IN_ALL_SECONDS = 20.0
MAX_ADDRESSES = 1_024


class Record(msgspec.Struct, frozen=True):
    """`count` wrong ones, the last at `at` (seconds, monotonic)."""

    count: int = 0
    at: float = 0.0


def wait_seconds(record: Record, now: float) -> float:
    """How long this address has to wait before it is listened to again."""
    if record.count <= FREE:
        return 0.0
    pause = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(record.count - FREE - 1, 20))
    return max(0.0, record.at + pause - now)


def missed(record: Record, now: float) -> Record:
    """One more."""
    before = record.count if now - record.at < FORGET_SECONDS else 0
    return Record(before + 1, now)


class Failures:
    """`begin` a try, then `right` if it was; otherwise it stays counted."""

    def __init__(self) -> None:
        self._by_address: OrderedDict[str, Record] = OrderedDict()
        self._all: Bucket | None = None

    def __len__(self) -> int:
        return len(self._by_address)

    def begin(self, address: str, now: float) -> float:
        """0 when this try is listened to (and is counted as wrong so far), else how many seconds to wait."""
        record = self._by_address.get(address, Record())
        wait = wait_seconds(record, now)
        if wait > 0:
            return wait
        self._all, wait = take(self._all, now, IN_ALL, 1 / IN_ALL_SECONDS)
        if wait > 0:
            return wait
        self._by_address[address] = missed(record, now)
        self._by_address.move_to_end(address)
        while len(self._by_address) > MAX_ADDRESSES:
            self._by_address.popitem(last=False)
        return 0.0

    def right(self, address: str) -> None:
        """It was not wrong after all: nothing is held against this address any more."""
        self._by_address.pop(address, None)
        if self._all is not None:
            self._all = msgspec.structs.replace(self._all, level=self._all.level + 1)
