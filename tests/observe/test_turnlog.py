"""Lines of the log that belong to a turn say to which, and never what was heard or said."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from appliance.observe import logs
from appliance.observe.turnlog import MAX_SITES, Sessions, TurnLog, boot, session_id, trace_id
from appliance.pipeline.trace import Trace, TurnNote
from tests.appliances import Running, with_models
from tests.checkout import ROOT
from tests.observe.test_steps import notes

HOUSE = ROOT / "appliance" / "home" / "demo.json"
OWN = logging.getLogger("appliance.pipeline.site")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """The log at level debug."""
    root, own = logging.getLogger(), logging.getLogger("appliance")
    before = (root.handlers[:], root.level, own.level)
    stream = io.StringIO()
    logs.configure("debug", "json", stream)
    yield stream
    logging.captureWarnings(capture=False)
    root.handlers[:], level, own_level = before
    root.setLevel(level)
    own.setLevel(own_level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_every_line_of_a_turn_says_whose_it_is(stream: io.StringIO) -> None:
    log = TurnLog("boot")
    for note in notes():
        log.note(note)
    written = lines(stream)
    assert len(written) == len(notes()) - 1, "each step but the partial text"
    for line in written:
        assert {"trace_id", "session_id", "component", "stage", "latency_ms"} <= set(line)
    assert {line["trace_id"] for line in written} == {trace_id("kitchen", 7, "boot")}
    assert {line["session_id"] for line in written} == {session_id("kitchen", 7, "boot")}
    done = written[-1]
    assert (done["level"], done["message"], done["stage"]) == ("info", "turn 7 is done: answered", "turn")
    assert (done["latency_ms"], done["total_ms"]) == (950.0, 3901.0)


@pytest.mark.parametrize("level", ["debug", "info", "warning"])
@pytest.mark.parametrize("form", ["json", "text"])
def test_secret_words_never_appear(stream: io.StringIO, level: str, form: str) -> None:
    logs.configure(level, form, stream)
    log, trace = TurnLog("boot"), Trace(lambda: 0)
    trace.watch(log.note)
    for note in notes():
        trace.tell(note)
        # Whoever logs beside it may name the words, in what is bound or in the line: both are dropped.
        with log.bound(note.site, note.turn), logs.bound(text="open the safe", heard="safe"):
            OWN.warning("beside", extra={"transcript": "open the safe", "reply": "the safe is open"})
    written = stream.getvalue().lower()
    assert written.count("beside") == len(notes())
    assert "safe" not in written
    assert "open the" not in written


def test_in_daily_use_one_line_a_turn(stream: io.StringIO) -> None:
    logs.configure("info", "json", stream)
    log = TurnLog("boot")
    for note in notes():
        log.note(note)
    assert [line["message"] for line in lines(stream)] == ["turn 7 is done: answered"]


def test_a_turn_that_came_too_late_is_a_warning(stream: io.StringIO) -> None:
    TurnLog("boot").note(TurnNote(3, "done", 10, {"outcome": "late"}))
    assert lines(stream)[0]["level"] == "warning"


def test_a_line_logged_while_a_turn_is_handled_belongs_to_it(stream: io.StringIO) -> None:
    log = TurnLog("boot")
    with log.bound("kitchen", 7, "tts"):
        OWN.info("inside")
        OWN.info("own", extra={"stage": "sound", "latency_ms": 4.0})
    with log.bound("kitchen", 0):
        OWN.info("no turn")
    OWN.info("outside")
    inside, own, none, outside = lines(stream)
    assert (inside["trace_id"], inside["stage"]) == (trace_id("kitchen", 7, "boot"), "tts")
    assert inside["latency_ms"] is None
    assert (own["trace_id"], own["stage"], own["latency_ms"]) == (inside["trace_id"], "sound", 4.0)
    assert "trace_id" not in none
    assert "trace_id" not in outside


async def test_tasks_begun_inside_belong_to_it_and_others_do_not(stream: io.StringIO) -> None:
    log = TurnLog("boot")

    async def work(name: str) -> None:
        await asyncio.sleep(0)
        OWN.info(name)

    with log.bound("kitchen", 7):
        one = asyncio.create_task(work("of the turn"))
    with log.bound("kitchen", 8):
        other = asyncio.create_task(work("of the next"))
    await asyncio.gather(one, other, asyncio.create_task(work("of none")))
    found = {line["message"]: line.get("trace_id") for line in lines(stream)}
    assert found == {
        "of the turn": trace_id("kitchen", 7, "boot"),
        "of the next": trace_id("kitchen", 8, "boot"),
        "of none": None,
    }


def test_ids_are_one_a_turn_a_place_and_a_start() -> None:
    ids = {trace_id(site, turn, run) for site in ("a", "b", "a1") for turn in (1, 11) for run in ("x", "y")}
    assert len(ids) == 12
    assert all(len(each) == 32 and int(each, 16) for each in ids)
    assert trace_id("a", 1, "x") == trace_id("a", 1, "x")
    assert boot() != boot()


def test_turns_that_follow_each_other_in_a_room_are_one_session() -> None:
    sessions = Sessions(180.0)
    turns = [("hall", 1, 0.0), ("hall", 2, 100.0), ("bath", 3, 110.0), ("hall", 4, 250.0), ("hall", 5, 431.0)]
    assert [sessions.first_turn(*each) for each in turns] == [1, 1, 3, 1, 5]


def test_a_long_turn_stays_in_its_session() -> None:
    sessions = Sessions(180.0)
    assert sessions.first_turn("hall", 1, 0.0) == 1
    assert sessions.first_turn("hall", 1, 500.0) == 1


def test_places_are_bounded() -> None:
    sessions = Sessions()
    for site in range(2 * MAX_SITES):
        sessions.first_turn(f"site {site}", site, 0.0)
    assert len(sessions._known) == MAX_SITES


async def test_a_real_appliance_writes_no_word_even_at_debug(
    stream: io.StringIO, tmp_path: Path, wake_models: Path
) -> None:
    log, heard = TurnLog(boot()), []
    running = Running(with_models(tmp_path / "data", wake_models), "--house", str(HOUSE), log__level="debug")
    try:
        await running.listening()
        async with running.notes() as watched:
            for sentence in ("please polish the xylophone", "turn on the kitchen light"):
                await running.ask(sentence)
                async with asyncio.timeout(30):
                    async for raw in watched:
                        note = msgspec.convert(raw, TurnNote)
                        log.note(note)
                        heard.append(note)
                        if note.kind == "done":
                            break
    finally:
        running.close()
    replies = [note.data["text"] for note in heard if note.kind == "reply"]
    assert len(replies) >= 2
    written = running_log(running) + stream.getvalue()
    assert '"level": "debug"' in written
    for words in ("xylophone", "polish", "turn on the", *replies):
        assert words.lower() not in written.lower()
    done = [line for line in lines(stream) if line["message"].endswith("is done: answered")]
    assert len(done) == 2
    assert done[0]["session_id"] == done[1]["session_id"]
    assert done[0]["trace_id"] != done[1]["trace_id"]
    assert all(line["latency_ms"] > 0 for line in done)


def running_log(running: Running) -> str:
    """All it wrote; it has ended."""
    return Path(f"{running.data}.log").read_text(errors="replace")
