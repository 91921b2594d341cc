"""Which lines of the log are wanted; whatever a line holds, what is shown is bounded and printable."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import ControlError
from appliance.observe import entries, logs
from appliance.observe.entries import Entry, Wanted
from appliance.observe.logs import MAX_FIELDS, MAX_MESSAGE_CHARACTERS

TRACE = "4f2a81c0" * 4
EVIL = "\x1b[2J\x07\r\nforged\u202e"
NOON = 1_790_000_000.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1.0),
        ("500ms", 0.5),
        ("10m", 600.0),
        ("2h", 7_200.0),
        ("1d", 86_400.0),
        ("1.5", 1.5),
        (" 3 s ", 3.0),
        ("0", 0.0),
    ],
)
def test_lengths_of_time(text: str, seconds: float) -> None:
    assert entries.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "-1s", "1 week", "1e9", "١s", "1" * 400, EVIL, "nan"])
def test_what_is_no_length_of_time(text: str) -> None:
    with pytest.raises(ControlError, match="no length of time") as raised:
        entries.seconds(text)
    assert "10m" in raised.value.hint
    assert raised.value.message.isprintable()


@pytest.mark.parametrize(("text", "found"), [(TRACE, TRACE), (" 4F2A ", "4f2a")])
def test_traces(text: str, found: str) -> None:
    assert entries.trace(text) == found


@pytest.mark.parametrize("text", ["4f2", "xyz1", "4f2a 81c0", TRACE + "0", EVIL])
def test_what_is_no_trace(text: str) -> None:
    with pytest.raises(ControlError, match="no trace id"):
        entries.trace(text)


def entry(**more: Any) -> Entry:
    usual = {"message": "m", "at": NOON, "level": "info", "trace_id": TRACE, "latency_ms": 1_200.0}
    return Entry(**(usual | more))


@pytest.mark.parametrize(
    ("wanted", "one", "fits"),
    [
        (Wanted(), entry(), True),
        (Wanted(), Entry("m"), True),
        (Wanted(trace="4f2a"), entry(), True),
        (Wanted(trace="4f2b"), entry(), False),
        (Wanted(trace="4f2a"), entry(trace_id=""), False),
        (Wanted(errors=True), entry(), False),
        (Wanted(errors=True), entry(level="warning"), False),
        (Wanted(errors=True), entry(level="error"), True),
        (Wanted(errors=True), entry(level="critical"), True),
        (Wanted(slower_than_ms=1_000), entry(), True),
        (Wanted(slower_than_ms=1_200), entry(), False),
        (Wanted(slower_than_ms=1_000), entry(latency_ms=None), False),
        (Wanted(slower_than_ms=0), entry(latency_ms=0.5), True),
        (Wanted(since=NOON), entry(), True),
        (Wanted(since=NOON + 1), entry(), False),
        (Wanted(since=NOON + 1), entry(at=None), True),
        (Wanted("4f2a", True, 1_000, NOON), entry(level="error"), True),
        (Wanted("4f2a", True, 1_000, NOON), entry(level="error", latency_ms=3.0), False),
    ],
)
def test_what_is_wanted(wanted: Wanted, one: Entry, fits: bool) -> None:
    assert wanted.fits(one) is fits


ENTRIES = st.builds(
    entry,
    at=st.none() | st.floats(0, 2e9),
    level=st.sampled_from(sorted(entries.LEVELS)),
    trace_id=st.sampled_from(["", TRACE, "4f2b" * 8]),
    latency_ms=st.none() | st.floats(0, 1e5),
)
WANTED = st.builds(
    Wanted,
    st.sampled_from(["", "4f2a", TRACE]),
    st.booleans(),
    st.none() | st.floats(0, 1e5),
    st.none() | st.floats(0, 2e9),
)


@given(ENTRIES, WANTED)
def test_each_filter_only_takes_away(one: Entry, wanted: Wanted) -> None:
    alone = [
        Wanted(trace=wanted.trace),
        Wanted(errors=wanted.errors),
        Wanted(slower_than_ms=wanted.slower_than_ms),
        Wanted(since=wanted.since),
    ]
    assert wanted.fits(one) == all(each.fits(one) for each in alone)
    assert Wanted().fits(one)


def test_what_the_log_writes_is_read_back() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonFormatter())
    record = logging.makeLogRecord(
        {"name": "appliance.observe.turnlog", "levelname": "WARNING", "msg": "turn 7 is done: late",
         "created": NOON, "trace_id": TRACE, "session_id": "5e55", "stage": "turn", "latency_ms": 950.0,
         "site": "hall"}
    )  # fmt: skip
    handler.emit(record)
    assert entries.from_line(stream.getvalue().encode()) == Entry(
        message="turn 7 is done: late", at=NOON, level="warning", component="observe.turnlog", stage="turn",
        trace_id=TRACE, session_id="5e55", latency_ms=950.0, fields={"site": "hall"},
    )  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"plain text",
        b"{",
        b"[]",
        b"null",
        b'{"message": 7}',
        b'{"level": "info"}',
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"message":' + b"[" * 100_000,
        EVIL.encode(),
        b"x" * 10_000_000,
    ],
    ids=range(12),
)
def test_any_other_line_is_a_message(line: bytes) -> None:
    found = entries.from_line(line, NOON, "warning")
    assert (found.at, found.level, found.fields) == (NOON, "warning", {})
    assert found.message.isprintable()
    assert len(found.message) <= MAX_MESSAGE_CHARACTERS


def test_fields_of_the_wrong_kind_are_left_out() -> None:
    line = {
        "message": "m", "ts": "yesterday", "level": "loud", "component": 7, "stage": ["x"], "trace_id": None,
        "latency_ms": "fast", "exception": 9, "deep": [[[["x"]]]], "long": "y" * 10_000, "big": 10**30,
    }  # fmt: skip
    found = entries.from_line(json.dumps(line).encode(), NOON)
    assert (found.level, found.at, found.component, found.stage, found.trace_id) == ("info", NOON, "", "", "")
    assert (found.latency_ms, found.exception) == (None, ())
    assert (found.fields["deep"], found.fields["big"]) == ("…", None)
    assert len(found.fields["long"]) == 500


def test_words_that_another_program_wrote_are_not_shown() -> None:
    found = entries.from_line(b'{"message": "m", "text": "open the safe", "Heard": "safe"}')
    assert "safe" not in entries.shown(found) + entries.as_json(found)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
OWN_NAMES = st.sampled_from(
    ["message", "ts", "level", "component", "stage", "trace_id", "session_id", "latency_ms", "exception"]
)


@given(st.dictionaries(OWN_NAMES | st.text(), VALUES, max_size=30))
def test_whatever_an_object_holds_is_neutralised(line: dict[str, Any]) -> None:
    check(entries.from_line(json.dumps(line).encode()))


@given(st.binary(max_size=400))
def test_whatever_bytes_a_line_holds_is_neutralised(line: bytes) -> None:
    check(entries.from_line(line))


def check(found: Entry) -> None:
    text = entries.shown(found)
    assert all(each.isprintable() for each in text.split("\n"))
    assert len(text.split("\n")) == 1 + len(found.exception)
    assert len(found.fields) <= MAX_FIELDS
    assert json.loads(entries.as_json(found))["message"] == found.message


@pytest.mark.parametrize(
    ("stamp", "at"),
    [
        ("2026-09-21T14:13:20.000Z", NOON),
        ("2026-09-21T14:13:20", NOON),
        ("2026-09-21T16:13:20+02:00", NOON),
        ("0001-01-01T00:00:00+23:59", None),
        ("x" * 100, None),
    ],
)
def test_times(stamp: str, at: float | None) -> None:
    found = entries.from_line(json.dumps({"message": "m", "ts": stamp}).encode()).at
    assert found == at or (stamp.startswith("0001") and (found is None or found < 0))


def journal(**more: Any) -> bytes:
    usual = {"MESSAGE": "hello", "PRIORITY": "4", "__REALTIME_TIMESTAMP": f"{NOON:.0f}000000"}
    return json.dumps(usual | more).encode()


def test_a_line_of_the_journal() -> None:
    assert entries.from_journal(journal()) == Entry("hello", NOON, "warning")
    inner = json.dumps({"message": "m", "level": "error", "trace_id": TRACE})
    assert entries.from_journal(journal(MESSAGE=inner)) == Entry("m", NOON, "error", trace_id=TRACE)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (list(b"a\x1b[2Jb"), "a\\u001b[2Jb"),
        (None, "(too large to show)"),
        ([300], ""),
        ({"x": 1}, ""),
        ("\ud83d", "?"),
    ],
)
def test_messages_that_the_journal_does_not_give_as_text(message: object, shown: str) -> None:
    found = entries.from_journal(journal(MESSAGE=message))
    # A lone surrogate is no JSON for some decoders: then the whole line is none.
    assert found is None or found.message == shown


@pytest.mark.parametrize("line", [b"", b"-- No entries --", b"[]", b"7", b"[" * 9_999, b"\xff"])
def test_what_the_journal_does_not_say(line: bytes) -> None:
    assert entries.from_journal(line) is None


@given(VALUES, VALUES, VALUES)
def test_hostile_journals(message: object, priority: object, stamp: object) -> None:
    found = entries.from_journal(journal(MESSAGE=message, PRIORITY=priority, __REALTIME_TIMESTAMP=stamp))
    if found is not None:
        check(found)


def test_how_it_looks() -> None:
    line = entries.shown(
        entry(component="turn", stage="turn", session_id="5e55aaaabbbb", fields={"site": "hall"})
    )
    assert line.endswith("info     4f2a81c0   1200 ms  turn: m  stage=turn  session=5e55aaaa  site=hall")
    assert entries.shown(Entry("m", exception=("a", "b"))).splitlines()[1:] == ["    a", "    b"]
