from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from appliance.errors import Malformed, PeerGone, TooBig
from appliance.wire import channel, messages

Ends = tuple[socket.socket, channel.StageChannel]


@pytest.fixture
def ends() -> Iterator[Ends]:
    supervisor, stage = channel.pair()
    with supervisor, stage:
        yield supervisor, channel.StageChannel(stage, "wake")


def test_the_supervisors_end_does_not_block_and_packets_keep_their_borders(ends: Ends) -> None:
    supervisor, stage = ends
    assert not supervisor.getblocking()
    assert supervisor.type == socket.SOCK_SEQPACKET
    stage.send(messages.Pong(1))
    stage.send(messages.Pong(2))
    assert supervisor.recv(1000) == messages.encode(messages.Pong(1))
    assert supervisor.recv(1000) == messages.encode(messages.Pong(2))


def test_a_message_is_received(ends: Ends) -> None:
    supervisor, stage = ends
    supervisor.send(messages.encode(messages.Ping(1)))
    assert stage.receive() == messages.Ping(1)
    assert stage.receive(0) is None
    assert stage.receive(1) is None
    assert stage.fileno() > 0


def test_the_largest_block_of_audio_passes(ends: Ends) -> None:
    supervisor, stage = ends
    audio = messages.Audio(1, 2, b"\x01" * messages.MAX_PCM_BYTES)
    supervisor.send(messages.encode(audio))
    assert stage.receive() == audio


@pytest.mark.parametrize(
    ("packet", "error"),
    [
        (b"\xc1\xc1", Malformed),
        (messages.encode(messages.Pong(1)), Malformed),
        (messages.encode(messages.Speak(1, 0, "x")), Malformed),
        (b"x" * (messages.MAX_PACKET_BYTES + 1), TooBig),
        (b"", PeerGone),
    ],
)
def test_each_wrong_packet_has_its_error(ends: Ends, packet: bytes, error: type[Exception]) -> None:
    supervisor, stage = ends
    supervisor.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 500_000)
    supervisor.send(packet)
    with pytest.raises(error):
        stage.receive()


def test_what_was_sent_before_the_end_is_received_first(ends: Ends) -> None:
    supervisor, stage = ends
    supervisor.send(messages.encode(messages.Ping(1)))
    supervisor.close()
    assert stage.receive() == messages.Ping(1)
    with pytest.raises(PeerGone):
        stage.receive()
    with pytest.raises(PeerGone):
        stage.send(messages.Pong(1))


def fill(stage: channel.StageChannel) -> None:
    while True:
        stage.send(messages.Note("info", "x" * 50_000))


def test_a_supervisor_that_takes_nothing_is_gone_after_a_while(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor, _ = ends
    monkeypatch.setattr(channel, "SEND_TIMEOUT_SECONDS", 0.05)
    ours, theirs = channel.pair()
    with ours, theirs:
        stage = channel.StageChannel(theirs, "wake")
        with pytest.raises(PeerGone, match="takes no messages"):
            fill(stage)
    assert supervisor.fileno() > 0
