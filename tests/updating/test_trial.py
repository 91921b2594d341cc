"""A version on trial, in virtual time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.updating import trial
from appliance.updating.trial import Report

FAILING = b"""{"what":"broker","ok":true}
rubbish
{"what":"wake word","ok":false,"found":"heard nothing","hint":"h"}
{"what":"answer","ok":false}
"""


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.now += seconds


def judge(test: trial.Test, time: Time, seconds: float = 600.0) -> Report:
    return trial.judge(
        test, lambda: time.now, time.sleep, seconds=seconds, test_seconds=200.0, pause_seconds=10.0
    )


def test_it_is_asked_until_it_passes() -> None:
    time = Time()
    results = [
        Report(passed=False, reason="not ready"),
        Report(passed=False, reason="slow"),
        Report(passed=True),
    ]
    assert judge(lambda _: results.pop(0), time).passed
    assert results == []
    assert time.now == 20.0


@given(takes=st.floats(0.0, 1_000.0), seconds=st.floats(1.0, 900.0))
def test_it_never_takes_longer_than_it_may(takes: float, seconds: float) -> None:
    time = Time()

    def test(limit: float) -> Report:
        time.sleep(min(takes, limit))
        return Report(passed=False, reason="deaf")

    report = judge(test, time, seconds)
    assert (report.passed, report.reason) == (False, "deaf")
    assert time.now <= seconds * 1.000001


@pytest.mark.parametrize(
    ("status", "output", "expected"),
    [
        (0, b"", Report(passed=True)),
        (0, b'{"what": "wake word", "ok": false}', Report(passed=True)),
        (
            1,
            FAILING,
            Report(passed=False, reason="wake word: heard nothing", hint="h"),
        ),
        (1, b'{"ok": false}', Report(passed=False, reason="the self test failed")),
        (3, b"\xff[]{", Report(passed=False, reason="the self test ended with 3", hint=trial.LOG_HINT)),
        (None, b"", Report(passed=False, reason="the self test did not end in time", hint=trial.LOG_HINT)),
    ],
)
def test_its_rows(status: int | None, output: bytes, expected: Report) -> None:
    assert trial.read(status, output) == expected


@given(st.one_of(st.none(), st.integers(1, 255)), st.binary(max_size=300))
def test_whatever_it_says_a_failure_is_a_failure(status: int | None, output: bytes) -> None:
    assert not trial.read(status, output).passed
