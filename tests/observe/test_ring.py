"""The newest lines, in memory."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.observe import logs, ring
from appliance.observe.ring import PAGE_LINES, Ring


def keep(kept: Ring, message: str, *arguments: object, **extra: object) -> None:
    """One record, as a logger gives it."""
    own = {"name": "appliance.here", "levelno": 20, "levelname": "INFO", "msg": message, "args": arguments}
    kept.handle(logging.makeLogRecord(extra | own))


def filled(count: int, **limits: int) -> Ring:
    kept = Ring(**limits)
    for number in range(count):
        keep(kept, "line %d", number)
    return kept


def messages(lines: list[str]) -> list[str]:
    return [json.loads(line)["message"] for line in lines]


def everything(kept: Ring) -> list[str]:
    found, page = [], kept.page()
    while True:
        found += messages(page.lines)
        if not page.more:
            return found
        page = kept.page(page.next)


@settings(deadline=None)  # a busy machine is no fault
@given(st.integers(0, 700), st.integers(1, 500))
def test_it_keeps_the_newest_and_pages_lose_none(count: int, room: int) -> None:
    assert everything(filled(count, max_lines=room)) == [f"line {n}" for n in range(count)][-room:]


def test_it_is_bounded_in_characters() -> None:
    kept = filled(1_000, max_characters=5_000)
    found = everything(kept)
    assert found[-1] == "line 999"
    assert 10 < len(found) < 60


def test_a_page_is_small() -> None:
    page = filled(PAGE_LINES + 1).page()
    assert (len(page.lines), page.next, page.more) == (PAGE_LINES, PAGE_LINES, True)


@pytest.mark.parametrize(
    ("after", "first"), [(0, 5), (3, 5), (5, 5), (7, 7), (15, None), (16, 5), (10**9, 5)]
)
def test_where_a_reader_goes_on(after: int, first: int | None) -> None:
    """One that was too slow misses some; one that knows an earlier run of the program begins anew."""
    found = messages(filled(15, max_lines=10).page(after).lines)
    assert found[:1] == ([] if first is None else [f"line {first}"])


@pytest.fixture
def installed() -> Iterator[Ring]:
    root, own = logging.getLogger(), logging.getLogger("appliance")
    before = (root.handlers[:], root.level, own.level)
    kept = ring.install()
    yield kept
    ring.remove(kept)
    assert kept not in root.handlers
    logging.captureWarnings(capture=False)
    root.handlers[:], level, own_level = before
    root.setLevel(level)
    own.setLevel(own_level)


def test_it_stays_when_the_log_is_configured_anew(installed: Ring) -> None:
    streams = io.StringIO(), io.StringIO()
    for number, stream in enumerate(streams):
        logs.configure("info", "text", stream)
        logging.getLogger("appliance.x").info(
            "said %d", number, extra={"heard": "the secret", "stage": "stt"}
        )
    assert messages(installed.page().lines) == ["said 0", "said 1"]
    assert json.loads(installed.page().lines[0])["stage"] == "stt"
    assert "secret" not in "".join(installed.page().lines)
    assert [stream.getvalue().count("said") for stream in streams] == [1, 1], (
        "each stream only while it is used"
    )


def test_a_line_that_cannot_be_written_ends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    kept = Ring()
    keep(kept, "%d", "no number")
    keep(kept, "next")
    assert messages(kept.page().lines) == ["next"]
    assert "no number" in capsys.readouterr().err
