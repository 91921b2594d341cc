"""Each row is judged by its limit, and says what to do."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.acceptance import result
from appliance.acceptance.result import Result
from tests.controlled import stage, status


@pytest.mark.parametrize(
    ("row", "ok", "said"),
    [
        (result.cold_start(4.25), True, "listening after 4.2 s"),
        (result.cold_start(300.5), False, "300.5 s"),
        (result.cold_start(None, "too little memory"), False, "too little memory"),
        (result.cold_start(None), False, "it never listened"),
        (result.healthy(59.9, ()), True, "after 59.9 s"),
        (result.healthy(60.1, ()), False, "after 60.1 s"),
        (result.healthy(5.0, ("stage stt (backoff)",)), False, "stage stt (backoff)"),
        (result.healthy(None, ()), False, "not from a cold start"),
        (result.log_queries({"all": 7, "errors": 0}, 0.1), True, "all 7, errors 0 lines in 0.10 s"),
        (result.log_queries({"all": 7}, 2.1), False, "2.10 s"),
        (result.log_queries({"all": 0}, 0.1), False, "all 0"),
        (result.log_queries({"all": 9}, 0.1, "it went away"), False, "it went away"),
        (result.backup(0.5, 7), True, "7 files, whole, 0.5 s behind"),
        (result.backup(61.0, 7), False, "61.0 s"),
        (result.backup(None, 0, "disk full", "make room"), False, "disk full"),
        (result.alert(0.012, "a.alert"), True, "a.alert after 12 ms"),
        (result.alert(10.5, "a.alert"), False, "10500 ms"),
        (result.alert(None, "a.alert", "nobody listens"), False, "nobody listens"),
    ],
)
def test_rows(row: Result, ok: bool, said: str) -> None:
    assert row.ok is ok
    assert said in row.found
    assert row.limit.endswith(" s")
    assert bool(row.hint) is not ok


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, ()),
        ({"listening": False, "muted": True}, ()),
        ({"stages": [stage("llm", state="resting")]}, ()),
        ({"listening": False}, ("it does not listen",)),
        ({"stages": [stage("stt", state="backoff")], "listening": False}, ("stage stt (backoff)",)),
        ({"mqtt": {"connected": False}}, ("broker",)),
    ],
)
def test_what_is_not_healthy(changes: dict[str, Any], found: tuple[str, ...]) -> None:
    assert result.unhealthy(status(**changes)) == found
