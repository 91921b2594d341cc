"""How long to wait after wrong codes. Pure; time is a parameter in seconds since the machine started."""

from __future__ import annotations

import msgspec

FREE_TRIES = 5
FIRST_WAIT_SECONDS = 10.0
MAX_WAIT_SECONDS = 900.0


class Tries(msgspec.Struct, frozen=True):
    """Wrong tries so far, and when the last one was."""

    wrong: int = 0
    last: float = 0.0
    boot: str = ""
    """Which start of the machine `last` counts from; the wait begins anew with another one."""


def wait_seconds(tries: Tries, now: float, boot: str) -> float:
    """How long nobody may try; 0 when now is fine."""
    over = tries.wrong - FREE_TRIES
    if over < 0:
        return 0.0
    pause: float = min(MAX_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** min(over, 32))
    since = tries.last if tries.boot == boot else 0.0
    return min(pause, max(0.0, since + pause - now))


def missed(tries: Tries, now: float, boot: str) -> Tries:
    """One more wrong try."""
    return Tries(tries.wrong + 1, now, boot)
