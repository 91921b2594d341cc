"""The process language, byte for byte. A change here is a change of the language."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import Malformed, TooBig
from appliance.wire import messages as m

GRAMMAR = m.SpeechGrammar(("turn on <name>",), {"name": ("lamp",)})
BYTES = [
    (m.Configure("e", {"a": 1, "b": [".x"]}, {"m": "/p"}, 2), "to", "wake",
     ("85a474797065a9436f6e666967757265a6656e67696e65a165a76f7074696f6e7382a16101a16291a22e78a66d6f6465"
      "6c7381a16da22f70a77468726561647302")),
    (m.Ping(7), "to", "wake", "82a474797065a450696e67a2696407"),
    (m.Cancel(3), "to", "tts", "82a474797065a643616e63656ca47475726e03"),
    (m.Stop(), "to", "sound", "81a474797065a453746f70"),
    (m.Ready("e", 1.5, "d"), "from", "stt",
     "84a474797065a55265616479a6656e67696e65a165a76c6f61645f6d73cb3ff8000000000000a664657461696ca164"),
    (m.Failed("x", "h", missing=True), "from", "llm",
     "84a474797065a64661696c6564a76d657373616765a178a468696e74a168a76d697373696e67c3"),
    (m.Pong(7), "from", "vad", "82a474797065a4506f6e67a2696407"),
    (m.Note("info", "t"), "from", "intent", "83a474797065a44e6f7465a56c6576656ca4696e666fa474657874a174"),
    (m.MicAudio(80, b"\x01\x02"), "from", "sound",
     "83a474797065a84d6963417564696fa561745f6d7350a370636dc4020102"),
    (m.Capture(on=True), "to", "sound", "82a474797065a743617074757265a26f6ec3"),
    (m.Inject(b"\x01"), "to", "sound", "82a474797065a6496e6a656374a370636dc40101"),
    (m.Play(1, 22050, b"\x00"), "to", "sound",
     "84a474797065a4506c6179a47475726e01a7726174655f687acd5622a370636dc40100"),
    (m.PlayEnd(1), "to", "sound", "82a474797065a7506c6179456e64a47475726e01"),
    (m.Volume(0.5), "to", "sound", "82a474797065a6566f6c756d65a56c6576656ccb3fe0000000000000"),
    (m.PlayStarted(1, 2), "from", "sound", "83a474797065ab506c617953746172746564a47475726e01a561745f6d7302"),
    (m.Played(1, 2, 0.5, 0.25), "from", "sound",
     ("86a474797065a6506c61796564a47475726e01a561745f6d7302a77365636f6e6473cb3fe0000000000000a3726d73cb"
      "3fd0000000000000ab696e746572727570746564c2")),
    (m.Injected(80), "from", "sound", "82a474797065a8496e6a6563746564a561745f6d7350"),
    (m.Overrun(1, 2), "from", "sound",
     "83a474797065a74f76657272756eac696e7075745f626c6f636b7301ad6f75747075745f626c6f636b7302"),
    (m.DeviceState("input", False, "mic"), "from", "sound",
     ("85a474797065ab4465766963655374617465a9646972656374696f6ea5696e707574a770726573656e74c2a664657669"
      "6365a36d6963a468696e74a0")),
    (m.Audio(0, 80, b"\x01"), "to", "wake",
     "85a474797065a5417564696fa47475726e00a561745f6d7350a370636dc40101a673747265616d00"),
    (m.WakeReset(), "to", "wake",
     "82a474797065a957616b655265736574a673747265616d00"),
    (m.WakeHeard("w", 1.0, 80), "from", "wake",
     ("85a474797065a957616b654865617264a4776f7264a177a573636f7265cb3ff0000000000000a561745f6d7350a6737472"
      "65616d00")),
    (m.WakeNear("w", 0.5, 80), "from", "wake",
     ("85a474797065a857616b654e656172a4776f7264a177a573636f7265cb3fe0000000000000a561745f6d7350a6737472"
      "65616d00")),
    (m.WakeStream(1, open=True), "to", "wake",
     "83a474797065aa57616b6553747265616da673747265616d01a46f70656ec3"),
    (m.WakeLoad(1, 0.5, 2, 0.25), "from", "wake",
     ("86a474797065a857616b654c6f6164a773747265616d7301a462757379cb3fe0000000000000a66c61675f6d7302a4636f"
      "7374cb3fd0000000000000a764726f7070656400")),
    (m.Voice(1, 32, 0.5), "from", "vad",
     "84a474797065a5566f696365a47475726e01a561745f6d7320ab70726f626162696c697479cb3fe0000000000000"),
    (m.SetGrammar(None), "to", "stt", "82a474797065aa5365744772616d6d6172a76772616d6d6172c0"),
    (m.SetGrammar(GRAMMAR), "to", "stt",
     ("82a474797065aa5365744772616d6d6172a76772616d6d617282a87061747465726e7391ae7475726e206f6e203c6e61"
      "6d653ea56c6973747381a46e616d6591a46c616d70")),
    (m.ListenStart(1), "to", "vad", "82a474797065ab4c697374656e5374617274a47475726e01"),
    (m.ListenEnd(1), "to", "stt", "82a474797065a94c697374656e456e64a47475726e01"),
    (m.Partial(1, "t", 5), "from", "stt",
     "84a474797065a75061727469616ca47475726e01a474657874a174a561745f6d7305"),
    (m.Transcript(1, "t", 0.5, 2.0), "from", "stt",
     ("88a474797065aa5472616e736372697074a47475726e01a474657874a174aa636f6e666964656e6365cb3fe000000000"
      "0000a26d73cb4000000000000000a7737065616b657290a5776f72647390a66e6561726c79a0")),
    (m.HousePart(b"{}", last=True), "to", "intent",
     "83a474797065a9486f75736550617274a464617461c4027b7da46c617374c3"),
    (m.Understand(1, "t", "a"), "to", "intent",
     "85a474797065aa556e6465727374616e64a47475726e01a474657874a174a461726561a161a4726f6f6da0"),
    (m.Consider(1, "t", "a"), "to", "intent",
     "85a474797065a8436f6e7369646572a47475726e01a474657874a174a461726561a161a4726f6f6da0"),
    (m.Considered(1, "t", whole=True, ending="open", answer="a"), "from", "intent",
     ("86a474797065aa436f6e73696465726564a47475726e01a474657874a174a577686f6c65c3a6656e64696e67a46f70656e"
      "a6616e73776572a161")),
    (m.GrammarReady(m.SpeechGrammar()), "from", "intent",
     "82a474797065ac4772616d6d61725265616479a76772616d6d617282a87061747465726e7390a56c6973747380"),
    (m.Token(1, "t"), "from", "llm", "83a474797065a5546f6b656ea47475726e01a474657874a174"),
    (m.Speak(1, 0, "t"), "to", "tts",
     ("85a474797065a5537065616ba47475726e01a873656e74656e636500a474657874a174a57370656564cb3ff000000000"
      "0000")),
    (m.Prepare(1, "t"), "to", "tts",
     "84a474797065a750726570617265a47475726e01a474657874a174a57370656564cb3ff0000000000000"),
    (m.SpeechAudio(1, 0, 16000, b"\x01"), "from", "tts",
     ("85a474797065ab537065656368417564696fa47475726e01a873656e74656e636500a7726174655f687acd3e80a37063"
      "6dc40101")),
    (m.Spoken(1, 0, 0.5, 2.0), "from", "tts",
     ("86a474797065a653706f6b656ea47475726e01a873656e74656e636500a77365636f6e6473cb3fe0000000000000a26d"
      "73cb4000000000000000a6636163686564c2")),
]  # fmt: skip
LONGER = [
    (m.Understood(1, (m.Deed("light", "turn_on", ("light.a",), {"x": 5}),), "ok", "intent", "HassTurn", 2.0),
     "from", "intent"),
    (m.Transcript(1, "t", 0.5, 1.0, (0.5,), (m.TimedWord("t", 1, 2, 0.5),)), "from", "stt"),
    (m.Transcript(1, "", 0.5, 1.0, nearly="t"), "from", "stt"),
    (m.Generate(1, "s", "t", "root ::= x"), "to", "llm"),
    (m.Generated(1, "stop", 3, 4, 5.0, 6.0, 2), "from", "llm"),
]  # fmt: skip
ALL = {
    member for table in (m.TO_STAGE, m.FROM_STAGE) for union in table.values() for member in get_args(union)
}


@pytest.mark.parametrize(
    ("message", "direction", "stage", "packet"), BYTES, ids=lambda value: str(value)[:24]
)
def test_each_message_is_these_bytes(message: m.Message, direction: str, stage: str, packet: str) -> None:
    assert m.encode(message).hex() == packet
    assert m.decode(bytes.fromhex(packet), direction, stage) == message


@pytest.mark.parametrize(("message", "direction", "stage"), LONGER)
def test_longer_ones_come_back_as_they_were(message: m.Message, direction: str, stage: str) -> None:
    assert m.decode(m.encode(message), direction, stage) == message


def test_the_table_holds_every_message() -> None:
    assert {type(row[0]) for row in (*BYTES, *LONGER)} == ALL


def accepts(direction: str, stage: str) -> set[type]:
    table = m.TO_STAGE if direction == "to" else m.FROM_STAGE
    return set(get_args(table[stage]))


@pytest.mark.parametrize("direction", ["to", "from"])
@pytest.mark.parametrize("stage", m.STAGE_NAMES)
def test_a_message_is_known_only_where_it_belongs(direction: str, stage: str) -> None:
    for row in (*BYTES, *LONGER):
        packet = m.encode(row[0])
        if type(row[0]) in accepts(direction, stage):
            assert m.decode(packet, direction, stage) == row[0]
        else:
            with pytest.raises(Malformed):
                m.decode(packet, direction, stage)


def test_nothing_travels_both_ways() -> None:
    for stage in m.STAGE_NAMES:
        assert accepts("to", stage) & accepts("from", stage) == set()


@pytest.mark.parametrize(
    "packet",
    [
        b"", b"\xc1", b"\x80", b"\x90", b"null", m.encode(m.Ping(1)) + b"\x00", m.encode(m.Ping(1))[:-1],
        msgspec.msgpack.encode({"type": "Ping"}), msgspec.msgpack.encode({"type": "Ping", "id": "1"}),
        msgspec.msgpack.encode({"type": "Ping", "id": 1, "more": 2}), msgspec.msgpack.encode({"id": 1}),
        msgspec.msgpack.encode({"type": "Nothing", "id": 1}),
        msgspec.msgpack.encode({"type": ["Ping"], "id": 1}),
        msgspec.msgpack.encode({"type": "Audio", "turn": 0, "at_ms": 0, "pcm": 5}),
        b"\x82\xa4type\xa4Ping\xa2id\xd9\x02\xff\xff", b"\x91" * 100_000, b"\xdd\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff", b"\xc7\x01\x05\x00",
    ],
    ids=lambda packet: packet[:20].hex() or "empty",
)  # fmt: skip
def test_what_is_no_message_is_malformed(packet: bytes) -> None:
    with pytest.raises(Malformed):
        m.decode(packet, "to", "wake")


def test_too_big_is_another_error_in_both_directions() -> None:
    with pytest.raises(TooBig):
        m.decode(b"\0" * (m.MAX_PACKET_BYTES + 1), "to", "wake")
    with pytest.raises(TooBig):
        m.encode(m.Inject(b"\0" * m.MAX_PACKET_BYTES))
    assert len(m.encode(m.Play(2**60, 2**60, b"\0" * m.MAX_PCM_BYTES))) < m.MAX_PACKET_BYTES


@given(st.binary(max_size=400), st.sampled_from(m.STAGE_NAMES), st.sampled_from(["to", "from"]))
def test_no_bytes_raise_anything_else(packet: bytes, stage: str, direction: str) -> None:
    try:
        message = m.decode(packet, direction, stage)
    except Malformed:
        return
    assert type(message) in accepts(direction, stage)


@given(st.sampled_from([row[:3] for row in BYTES]), st.data())
def test_one_wrong_byte_never_raises_anything_else(row, data: st.DataObject) -> None:
    message, direction, stage = row
    packet = bytearray(m.encode(message))
    packet[data.draw(st.integers(0, len(packet) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = m.decode(bytes(packet), direction, stage)
    except Malformed:
        return
    assert type(found) in accepts(direction, stage)
