"""Traces arrive at a real receiver, whole and without words; a receiver that fails costs nothing."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.errors import ApplianceError
from appliance.observe.steps import Steps
from appliance.observe.traces import MAX_TURNS, QUEUE_SPANS, Traces, endpoint, made
from appliance.observe.turnlog import TurnLog
from appliance.serve import demonstration_house
from tests.appliances import Running

pytest.importorskip("opentelemetry.sdk", reason="the extra `otlp` is not installed")
from tests.observe.receiver import Receiver, receiving
from tests.observe.test_steps import SPOKEN, notes

WALL_NS = 1_700_000_000 * 10**9


class Sent:
    """Traces of notes, at a wall clock that follows the notes' own."""

    def __init__(self, url: str, every_seconds: float = 0.05) -> None:
        self.at_ms = 0
        self.steps = Steps()
        self.log = TurnLog("boot", lambda: self.at_ms / 1000)
        self.traces = Traces(
            url, self.log.ids, "9.9", wall_ns=lambda: WALL_NS + self.at_ms * 10**6,
            send_every_seconds=every_seconds,
        )  # fmt: skip

    def turn(self, number: int = 7, end: int | None = None) -> None:
        for note in notes(number)[:end]:
            self.at_ms = note.at_ms
            self.traces.take(note, self.steps.take(note))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def plain(span: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes}


def test_a_spoken_turn_is_one_trace_with_the_number_of_the_log(receiver: Receiver) -> None:
    sent = Sent(receiver.url)
    sent.turn()
    receiver.until(lambda: len(receiver.spans) == 6)
    sent.traces.close()
    assert set(receiver.paths) == {"/v1/traces"}
    assert receiver.resource == {"service.name": "appliance", "service.version": "9.9"}
    by_name = {span.name: span for span in receiver.spans}
    root = by_name.pop("turn")
    assert set(by_name) == {
        "vad endpoint", "stt transcript", "intent intent", "home deed", "tts first audio",
    }  # fmt: skip
    known = sent.log.ids("kitchen", 7)
    assert {span.trace_id.hex() for span in receiver.spans} == {known["trace_id"]}
    assert {span.parent_span_id for span in by_name.values()} == {root.span_id}
    assert plain(root)["session.id"] == known["session_id"]
    assert plain(root)["appliance.outcome"] == "answered"
    assert (root.end_time_unix_nano - root.start_time_unix_nano) // 10**6 == 3_901
    heard = by_name["stt transcript"]
    assert (heard.end_time_unix_nano - heard.start_time_unix_nano) // 10**6 == 95
    assert heard.end_time_unix_nano == WALL_NS + 3_200 * 10**6
    assert plain(by_name["intent intent"])["appliance.name"] == "HassTurnOn"
    assert {event.name for event in root.events} == {"wake", "listening", "speech_start", "reply", "played"}


def test_never_the_words(receiver: Receiver) -> None:
    sent = Sent(receiver.url)
    sent.turn()
    receiver.until(lambda: len(receiver.spans) == 6)
    sent.traces.close()
    words = {text for _, _, data in SPOKEN for text in (data.get("text"), data.get("entity_id")) if text}
    assert words
    for body in receiver.raw:
        for text in (*words, "safe"):
            assert text.encode() not in body


def test_two_turns_are_two_traces_of_one_session(receiver: Receiver) -> None:
    sent = Sent(receiver.url)
    sent.turn(7)
    sent.turn(8)
    receiver.until(lambda: len(receiver.spans) == 12)
    sent.traces.close()
    roots = [span for span in receiver.spans if span.name == "turn"]
    assert len({span.trace_id for span in roots}) == 2
    assert len({plain(span)["session.id"] for span in roots}) == 1


def test_what_waits_at_the_end_is_sent(receiver: Receiver) -> None:
    sent = Sent(receiver.url, every_seconds=3_600.0)
    sent.turn()
    assert receiver.spans == []
    sent.traces.close()
    assert len(receiver.spans) == 6


def test_turns_that_never_end_are_let_go(receiver: Receiver) -> None:
    sent = Sent(receiver.url)
    for number in range(1, MAX_TURNS + 6):
        sent.turn(number, end=2)
    assert len(sent.traces._turns) == MAX_TURNS
    receiver.until(lambda: len(receiver.spans) == 5)
    sent.traces.close()


def test_a_receiver_that_hangs_holds_nobody_up(receiver: Receiver) -> None:
    receiver.hold.clear()
    sent = Sent(receiver.url)
    for number in range(1, 2 * QUEUE_SPANS // 6):
        sent.turn(number)
    began = time.monotonic()
    sent.traces.close()
    assert time.monotonic() - began < 10
    receiver.hold.set()


@pytest.mark.parametrize("answer", [400, 503])
def test_a_receiver_that_refuses_is_only_said(
    receiver: Receiver, answer: int, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answer = answer
    sent = Sent(receiver.url)
    sent.turn()
    receiver.until(lambda: str(answer) in caplog.text or "ailed" in caplog.text or "error" in caplog.text)
    sent.traces.close()
    assert receiver.spans == []


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("http://collector:4318", "http://collector:4318/v1/traces"),
        ("http://collector:4318/", "http://collector:4318/v1/traces"),
        ("https://c/otlp/v1/traces", "https://c/otlp/v1/traces"),
    ],
)
def test_where_they_go(url: str, where: str) -> None:
    assert endpoint(url) == where


@pytest.mark.parametrize("url", ["collector:4318", "ftp://x", "http://", "http://x:nine", "http://[1"])
def test_no_address(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ApplianceError, match="otlp_url"):
        endpoint(url)
    assert made(url, lambda _site, _turn: {}, "1") is None
    assert "no traces" in caplog.text


def test_who_wants_none_does_not_load_the_library() -> None:
    assert made("", lambda _site, _turn: {}, "1") is None
    program = "import sys, appliance.daemon; print([n for n in sys.modules if n.startswith('opentelemetry')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_a_whole_appliance_sends_them(receiver: Receiver, tmp_path: Path) -> None:
    running = Running(
        tmp_path / "data", "--house", str(demonstration_house()), observe__otlp_url=receiver.url,
        wake__engine="microwakeword",
    )  # fmt: skip
    try:
        await running.until(lambda status: status["listening"] and status["home"]["entities"] == 8)
        told = await running.ask("turn on the hall light")
        assert told["outcome"] == "answered"
        await asyncio.to_thread(receiver.until, lambda: "turn" in {span.name for span in receiver.spans})
    finally:
        assert running.close() == 0
    roots = [span for span in receiver.spans if span.name == "turn"]
    assert len(roots) == 1
    assert plain(roots[0])["appliance.outcome"] == "answered"
    assert {"intent intent", "home deed", "tts first audio"} <= {span.name for span in receiver.spans}
    for body in receiver.raw:
        assert b"hall" not in body.lower()
