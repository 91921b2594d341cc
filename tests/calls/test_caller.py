"""What a caller says becomes acts of its place; what its place wants becomes frames."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from appliance.calls import protocol
from appliance.calls.caller import MAX_AHEAD_MS, Caller
from appliance.pipeline.trace import TurnNote

SECOND = bytes(32_000)


class Recorded:
    """A place that writes down what is asked of it."""

    name, area, turn = "browser-1", "", 4

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.takes = True

    def hear(self, at_ms: int, block: bytes) -> None:
        self.asked.append(("hear", at_ms, len(block)))

    def listen(self, purpose: str = "command", prompt: str = "") -> int:
        self.asked.append(("listen", purpose, prompt))
        return 4

    def ask(self, text: str, started: Callable[[int], bool]) -> bool:
        self.asked.append(("ask", text, started(4)))
        return self.takes

    def say(self, text: str, started: Callable[[int], bool]) -> bool:
        self.asked.append(("say", text, started(4)))
        return self.takes

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *values: self.asked.append((name, *values))


class Setting:
    def __init__(self, *, sound: bool = True) -> None:
        self.now = 100.0
        self.sent: list[protocol.ToCaller] = []
        self.caller = Caller(protocol.Open("browser-1", sound=sound), self.sent.append, lambda: self.now)
        self.place = self.caller.place = Recorded()


def test_its_acts() -> None:
    setting = Setting()
    for frame in (
        protocol.Search(on=True), protocol.Talk(), protocol.Finish(), protocol.Hush(),
        protocol.Playing(4, 80), protocol.Played(4),
    ):  # fmt: skip
        setting.caller.receive(frame)
    assert setting.place.asked == [
        ("search", True), ("listen", "command", ""), ("finish",), ("hush",), ("play_started", 4, 80),
        ("played", 4),
    ]  # fmt: skip


def test_a_question_gets_its_turn() -> None:
    setting = Setting()
    setting.caller.receive(protocol.Ask("what time is it", 7))
    assert setting.place.asked == [("ask", "what time is it", True)]
    assert setting.sent == [protocol.Begun(7, 4)]


def test_who_is_gone_asks_nothing_any_more() -> None:
    setting = Setting()
    begin = setting.caller._begun(7)
    setting.caller.place = None
    assert begin(4) is False
    setting.caller.receive(protocol.Talk())
    assert setting.place.asked == []


@pytest.mark.parametrize("frame", [protocol.Ask("hello", 7), protocol.Say("hello", 7)])
def test_too_much_is_refused_by_number(frame: protocol.FromCaller) -> None:
    setting = Setting()
    setting.place.takes = False
    setting.caller.receive(frame)
    refused = setting.sent[-1]
    assert isinstance(refused, protocol.Refused)
    assert refused.id == 7


def test_half_a_sample_is_left_out() -> None:
    setting = Setting()
    setting.caller.receive(protocol.Audio(0, b"123"))
    assert setting.place.asked == [("hear", 0, 2)]


def test_audio_faster_than_time_is_dropped_and_time_makes_room() -> None:
    setting = Setting()
    for second in range(60):
        setting.caller.receive(protocol.Audio(second * 1_000, SECOND))
    assert len(setting.place.asked) == MAX_AHEAD_MS // 1_000
    assert setting.caller.dropped_ms == (60 - MAX_AHEAD_MS / 1_000) * 1_000
    setting.now += 1
    setting.caller.receive(protocol.Audio(60_000, SECOND))
    assert len(setting.place.asked) == MAX_AHEAD_MS // 1_000 + 1


def test_speech_goes_to_who_listens() -> None:
    setting = Setting()
    setting.caller.play(4, 22_050, b"\1\0")
    setting.caller.end(4)
    setting.caller.cancel(4)
    assert setting.sent == [protocol.Play(4, 22_050, b"\1\0"), protocol.End(4), protocol.Cancel(4)]
    assert setting.place.asked == []


def test_a_typed_conversation_gets_no_speech_and_has_heard_it_at_once() -> None:
    setting = Setting(sound=False)
    setting.caller.play(4, 22_050, b"\1\0")
    setting.caller.end(4)
    assert setting.sent == []
    assert setting.place.asked == [("play_started", 4), ("played", 4)]


def test_what_happens_is_told() -> None:
    setting = Setting(sound=False)
    setting.caller.note(TurnNote(4, "reply", 10, {"text": "Done"}))
    setting.caller.chime(4)
    setting.caller.tick(4)
    setting.caller.volume(0.5)
    setting.caller.searched(on=False, reason="no")
    assert setting.sent == [
        protocol.Note(4, "reply", 10, {"text": "Done"}), protocol.Sound(4, "chime"),
        protocol.Sound(4, "tick"), protocol.Volume(0.5), protocol.Searched(on=False, reason="no"),
    ]  # fmt: skip
