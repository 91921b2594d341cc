"""Frames of a talk: byte for byte as docs/talk-protocol.md says, and nothing else gets in."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import Malformed, TooBig, WireError
from appliance.web.talk import wire

NUMBERS = st.integers(1, wire.MAX_U32)
CLOCKS = st.integers(0, wire.MAX_U32)
SOUND = st.binary(min_size=1, max_size=wire.MAX_PCM_BYTES // 2).map(lambda half: half * 2)
SAID = [
    (wire.Hello(), '{"type":"hello"}'),
    (wire.Hello(area="kitchen", mode="text", token="t", heard=7),
     '{"type":"hello","area":"kitchen","mode":"text","token":"t","heard":7}'),
    (wire.Press(1, 160), '{"type":"press","n":1,"back_ms":160}'),
    (wire.Release(2), '{"type":"release","n":2}'),
    (wire.Text(3, "what time is it", 9), '{"type":"text","n":3,"text":"what time is it","id":9}'),
    (wire.Hush(4), '{"type":"hush","n":4}'),
    (wire.Playing(5, 12, 4000), '{"type":"playing","n":5,"turn":12,"at_ms":4000}'),
    (wire.Played(6, 12), '{"type":"played","n":6,"turn":12}'),
    (wire.SetMode(7, "text"), '{"type":"mode","n":7,"mode":"text"}'),
    (wire.SetWake(8, on=True), '{"type":"wake","n":8,"on":true}'),
    (wire.Ping(9, 77), '{"type":"ping","n":9,"at":77}'),
    (wire.Bye(10), '{"type":"bye","n":10}'),
]  # fmt: skip


def test_sound_byte_for_byte() -> None:
    frame = bytes.fromhex("01 00 0000 02000000 e8030000 0100ff7f")
    assert wire.decode_audio(frame) == wire.Audio(2, 1000, b"\x01\x00\xff\x7f")


def test_speech_byte_for_byte() -> None:
    piece = wire.Speech(3, 22_050, b"\x01\x00")
    assert wire.encode_out(piece, 9) == bytes.fromhex("02 00 2256 09000000 03000000 0100")


@pytest.mark.parametrize(("frame", "text"), SAID)
def test_what_a_browser_says(frame: wire.Numbered, text: str) -> None:
    assert wire.decode_text(text) == frame
    assert wire.decode_text(wire.encode_text(frame)) == frame


def test_what_a_browser_is_told() -> None:
    told = wire.encode_out(wire.Told("end", {"turn": 4}), 12)
    assert json.loads(told) == {"type": "end", "n": 12, "turn": 4}


@given(NUMBERS, CLOCKS, SOUND)
def test_sound_there_and_back(number: int, clock_ms: int, pcm: bytes) -> None:
    audio = wire.Audio(number, clock_ms, pcm)
    assert wire.decode_audio(wire.encode_audio(audio)) == audio


@given(NUMBERS, CLOCKS, st.integers(1, wire.MAX_RATE_HZ), st.binary(max_size=200))
def test_speech_there_and_back(number: int, turn: int, rate_hz: int, pcm: bytes) -> None:
    piece = wire.Speech(turn, rate_hz, pcm)
    encoded = wire.encode_out(piece, number)
    assert isinstance(encoded, bytes)
    assert wire.decode_speech(encoded) == (number, piece)


@given(st.binary(max_size=300))
def test_no_bytes_do_harm(raw: bytes) -> None:
    for decode in (wire.decode_audio, wire.decode_speech):
        try:
            decode(raw)
        except WireError:
            continue


@given(
    st.one_of(
        st.text(max_size=200), st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps)
    )
)
def test_no_text_does_harm(raw: str) -> None:
    with pytest.raises(WireError):
        wire.decode_text(raw)


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        (b"", Malformed),
        (bytes(11), Malformed),
        (bytes.fromhex("01 00 0000 01000000 00000000"), Malformed),
        (bytes.fromhex("01 00 0000 01000000 00000000 01"), Malformed),
        (bytes.fromhex("01 00 0000 00000000 00000000 0100"), Malformed),
        (bytes.fromhex("01 01 0000 01000000 00000000 0100"), Malformed),
        (bytes.fromhex("02 00 0000 01000000 00000000 0100"), Malformed),
        (bytes.fromhex("01 00 0000 01000000 00000000") + bytes(wire.MAX_PCM_BYTES + 2), TooBig),
    ],
)
def test_what_is_no_sound(frame: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        wire.decode_audio(frame)


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"press"}',
        '{"type":"press","n":0}',
        '{"type":"press","n":1,"more":1}',
        '{"type":"text","n":1,"text":"   "}',
        '{"type":"text","n":1,"text":"' + "x" * 1001 + '"}',
        '{"type":"hello","version":2}',
        '{"type":"hello","speed":9}',
        '{"type":"playing","n":1,"turn":-1}',
        '{"type":"ping","n":1,"at":1e99}',
        "[" * 5000,
    ],
)
def test_what_is_no_text_frame(text: str) -> None:
    with pytest.raises(Malformed):
        wire.decode_text(text)


def test_a_text_has_an_end() -> None:
    with pytest.raises(TooBig):
        wire.decode_text(" " * (wire.MAX_TEXT_BYTES + 1))


def test_a_voice_of_no_rate_is_refused() -> None:
    with pytest.raises(TooBig):
        wire.encode_out(wire.Speech(1, 70_000, b""), 1)
