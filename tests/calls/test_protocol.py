"""Frames: there and back, and what is none."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.calls import protocol
from appliance.errors import Malformed, TooBig

FROM = [
    protocol.Open("browser-1", "kitchen", sound=False, speed=1.5),
    protocol.Audio(0, b"\0\0" * 160),
    protocol.Search(on=True),
    protocol.Talk(),
    protocol.Finish(),
    protocol.Ask("turn it on", 7),
    protocol.Say("dinner is ready"),
    protocol.Hush(),
    protocol.Playing(3, 120),
    protocol.Played(3),
]
TO = [
    protocol.Opened(),
    protocol.Refused("no", "why", 1),
    protocol.Begun(7, 3),
    protocol.Note(3, "reply", 100, {"text": "Done"}),
    protocol.Play(3, 22_050, b"\0\0"),
    protocol.End(3),
    protocol.Cancel(3),
    protocol.Sound(3, "tick"),
    protocol.Searched(on=False, reason="no"),
    protocol.Volume(0.5),
]


def body(frame: object) -> bytes:
    data = protocol.encode(frame)
    assert protocol.length(data[: protocol.LENGTH.size]) == len(data) - protocol.LENGTH.size
    return data[protocol.LENGTH.size :]


@pytest.mark.parametrize("frame", FROM, ids=lambda frame: type(frame).__name__)
def test_what_a_caller_says_arrives(frame: protocol.FromCaller) -> None:
    assert protocol.decode_caller(body(frame)) == frame


@pytest.mark.parametrize("frame", TO, ids=lambda frame: type(frame).__name__)
def test_what_the_appliance_says_arrives(frame: protocol.ToCaller) -> None:
    assert protocol.decode_appliance(body(frame)) == frame


def test_every_frame_was_tried() -> None:
    assert {type(each) for each in (*FROM, *TO)} == set(protocol.Frame.__subclasses__())


@pytest.mark.parametrize(
    "said",
    [
        {"type": "Open", "name": "../x"},
        {"type": "Open", "name": "a\n"},
        {"type": "Open", "name": ""},
        {"type": "Open", "name": "a", "speed": 9.0},
        {"type": "Open", "name": "a", "more": 1},
        {"type": "Ask", "text": ""},
        {"type": "Ask", "text": "x" * 1_001},
        {"type": "Audio", "at_ms": -1, "pcm": b""},
        {"type": "Audio", "at_ms": 1, "pcm": bytes(protocol.MAX_PCM_BYTES + 1)},
        {"type": "Play", "turn": 1, "rate_hz": 1, "pcm": b""},
        {"type": "Nobody"},
        [],
    ],
)
def test_what_no_caller_may_say(said: object) -> None:
    with pytest.raises(Malformed):
        protocol.decode_caller(msgspec.msgpack.encode(said))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_frame_or_malformed(data: bytes) -> None:
    for decode in (protocol.decode_caller, protocol.decode_appliance):
        try:
            assert isinstance(decode(data), protocol.Frame)
        except Malformed:
            continue


@given(st.binary(min_size=4, max_size=4))
def test_a_length_is_bounded(head: bytes) -> None:
    try:
        assert 0 <= protocol.length(head) <= protocol.MAX_FRAME_BYTES
    except TooBig:
        assert int.from_bytes(head) > protocol.MAX_FRAME_BYTES


def test_too_much_is_not_sent() -> None:
    with pytest.raises(TooBig):
        protocol.encode(protocol.Note(1, "reply", 0, {"text": "x" * protocol.MAX_FRAME_BYTES}))
