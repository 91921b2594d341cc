"""A version on trial: ask for its self test until it passes, or its time is up. Time is a parameter."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

MAX_REASON_CHARS = 300
MAX_ROWS = 200
LOG_HINT = "journalctl -u appliance-selftest.service"


class Report(msgspec.Struct, frozen=True):
    """One self test."""

    passed: bool
    reason: str = ""
    hint: str = ""


Test = Callable[[float], Report]
"""One self test that takes so many seconds at most."""


def judge(
    test: Test,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    *,
    seconds: float,
    test_seconds: float,
    pause_seconds: float,
) -> Report:
    """The report that decides: the first that passed, or the last before the time was up.

    Models load slowly after the first start of a version, so one that failed is asked again.
    """
    until = clock() + seconds
    report = Report(passed=False, reason="there was no time for a self test")
    while (left := until - clock()) > 0:
        report = test(min(test_seconds, left))
        if report.passed:
            return report
        sleep(min(pause_seconds, max(0.0, until - clock())))
    return report


def read(status: int | None, output: bytes) -> Report:
    """What `appliance selftest --json` said, a row a line. `status` None: it did not end in time."""
    if status == 0:
        return Report(passed=True)
    for line in output.splitlines()[:MAX_ROWS]:
        row = _row(line)
        if row is not None:
            return row  # the others may follow from it
    reason = "the self test did not end in time" if status is None else f"the self test ended with {status}"
    return Report(passed=False, reason=reason, hint=LOG_HINT)


def _row(line: bytes) -> Report | None:
    """A row that says that something failed; None for any other line."""
    try:
        row = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(row, dict) or row.get("ok") is not False:
        return None
    what, found, hint = (str(row.get(key, ""))[:MAX_REASON_CHARS] for key in ("what", "found", "hint"))
    reason = ": ".join(filter(None, (what, found))) or "the self test failed"
    return Report(passed=False, reason=reason, hint=hint)
