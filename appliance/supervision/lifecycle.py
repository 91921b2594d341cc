"""When a stage that ended is started again. Pure: time and randomness are parameters.

The first restart comes almost at once, further ones after jittered, doubling pauses. More than
`burst_restarts` failures within `burst_seconds` is a storm: from then on one try every
`slow_retry_seconds`, for ever, until a generation has stayed ready for `burst_seconds`. A piece that is
missing (a model not fetched yet) is no failure and is counted apart.
"""

from __future__ import annotations

import msgspec

from appliance.config.model import Supervision

JITTER = 0.5
"""A pause is shortened by up to this share, so that stages that fell together do not rise together."""
SLOW_JITTER = 0.1


class History(msgspec.Struct, frozen=True):
    """What the policy remembers of one stage."""

    failed_at: tuple[float, ...] = ()
    """Monotonic seconds of the failures within the last `burst_seconds`."""
    slow: bool = False
    """In a storm: only slow retries until a generation stays ready."""
    failures: int = 0
    """All failures so far."""
    missing: int = 0
    """How often a piece was missing so far."""


def after_failure(policy: Supervision, history: History, now: float, random: float) -> tuple[History, float]:
    """The new history, and seconds until the next start; `random` is uniform in 0…1."""
    recent = (*(at for at in history.failed_at if now - at < policy.burst_seconds), now)
    slow = history.slow or len(recent) > policy.burst_restarts
    kept = History(recent[-policy.burst_restarts - 1 :], slow, history.failures + 1, history.missing)
    if slow:
        return kept, policy.slow_retry_seconds * (1.0 - SLOW_JITTER * random)
    # An exponent above 64 only makes a float overflow; the pause is capped long before.
    doubled = policy.backoff_min_seconds * 2.0 ** min(len(recent) - 1, 64)
    return kept, min(doubled, policy.backoff_max_seconds) * (1.0 - JITTER * random)


def after_missing(policy: Supervision, history: History, random: float) -> tuple[History, float]:
    """The new history, and seconds until it is looked for again."""
    kept = msgspec.structs.replace(history, missing=history.missing + 1)
    return kept, policy.missing_retry_seconds * (1.0 - SLOW_JITTER * random)


def after_ready(policy: Supervision, history: History, ready_seconds: float) -> History:
    """Forgive earlier failures when the generation that just ended was ready for long enough."""
    if ready_seconds < policy.burst_seconds:
        return history
    return History(failures=history.failures, missing=history.missing)
