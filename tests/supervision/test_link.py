from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import TooBig
from appliance.supervision import link as module
from appliance.supervision.link import Link, LinkEnd, Meter, Rate
from appliance.wire import channel, messages

RATE = Rate(messages=1_000, bytes=50_000_000)
AUDIO = messages.Audio(0, 80, b"\0" * 2_560)
PONG = messages.encode(messages.Pong(1))


class Peer:
    def __init__(
        self, link: Link, sock: socket.socket, heard: list[messages.Message], ends: list[LinkEnd]
    ) -> None:
        self.link, self.sock, self.heard, self.ends = link, sock, heard, ends

    async def until(self, predicate) -> None:
        async with asyncio.timeout(10):
            while not predicate():
                await asyncio.sleep(0.001)

    async def ended(self) -> LinkEnd:
        await self.until(lambda: self.ends)
        return self.ends[0]


@asynccontextmanager
async def linked(rate: Rate = RATE) -> AsyncIterator[Peer]:
    ours, theirs = channel.pair()
    heard: list[messages.Message] = []
    ends: list[LinkEnd] = []
    link = Link(ours, "wake", rate, heard.append, ends.append)
    peer = Peer(link, theirs, heard, ends)
    link.start()
    yield peer
    link.close()
    link.close()
    theirs.close()


def test_messages_go_both_ways() -> None:
    async def scenario() -> None:
        async with linked() as peer:
            assert peer.link.send(messages.Ping(7))
            assert messages.decode(peer.sock.recv(1000), "to", "wake") == messages.Ping(7)
            peer.sock.send(PONG)
            await peer.until(lambda: peer.heard)
            assert peer.heard == [messages.Pong(1)]
            assert (peer.link.counts.sent, peer.link.counts.received) == (1, 1)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("packet", "kind"),
    [
        (b"", "gone"),
        (b"\xc1", "malformed"),
        (b"\x00" * 1000, "malformed"),
        (messages.encode(messages.Stop()), "malformed"),
        (b"x" * (messages.MAX_PACKET_BYTES + 1), "too big"),
    ],
)
def test_what_is_wrong_ends_the_link_once_with_its_kind(packet: bytes, kind: str) -> None:
    async def scenario() -> None:
        async with linked() as peer:
            peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 500_000)
            peer.sock.send(packet)
            assert (await peer.ended()).kind == kind
            assert not peer.link.send(messages.Ping(1))
            await asyncio.sleep(0.01)
            assert len(peer.ends) == 1

    asyncio.run(scenario())


@given(st.binary(min_size=1, max_size=300))
def test_garbage_never_raises(packet: bytes) -> None:
    async def scenario() -> None:
        async with linked() as peer:
            peer.sock.send(packet)
            peer.sock.close()
            assert (await peer.ended()).kind in {"malformed", "gone"}

    asyncio.run(scenario())


def test_what_was_said_before_the_end_is_heard() -> None:
    async def scenario() -> None:
        async with linked() as peer:
            for _ in range(100):
                peer.sock.send(PONG)
            peer.sock.close()
            peer.link.drain()
            assert len(peer.heard) == 100
            assert peer.ends[0].kind == "gone"

    asyncio.run(scenario())


def test_one_wake_up_takes_a_bounded_batch() -> None:
    async def scenario() -> None:
        async with linked() as peer:
            for _ in range(100):
                peer.sock.send(PONG)
            peer.link._readable()
            assert len(peer.heard) == module.BATCH_PACKETS

    asyncio.run(scenario())


@pytest.mark.parametrize(("rate", "word"), [(Rate(50, 10**9), "messages"), (Rate(10**6, 100), "bytes")])
def test_too_much_ends_the_link(rate: Rate, word: str) -> None:
    async def scenario() -> None:
        async with linked(rate) as peer:
            for _ in range(60):
                peer.sock.send(PONG)
            end = await peer.ended()
            assert end.kind == "flood"
            assert word in end.text
            assert len(peer.heard) <= 50

    asyncio.run(scenario())


@given(st.lists(st.tuples(st.floats(0.0, 0.3), st.integers(1, 1000)), max_size=200))
def test_the_meter_lets_pass_what_stays_below(steps: list[tuple[float, int]]) -> None:
    meter, now = Meter(Rate(10**6, 10**9)), 0.0
    for pause, size in steps:
        now += pause
        assert meter.add(size, now) == ""


def test_the_meter_counts_each_second_anew() -> None:
    meter = Meter(Rate(2, 10**9))
    assert [bool(meter.add(1, at)) for at in (0.0, 0.5, 0.9, 1.0, 1.1, 1.2)] == [
        False,
        False,
        True,
        False,
        False,
        True,
    ]


def test_a_slow_stage_loses_the_oldest_audio_and_no_control_message() -> None:
    async def scenario() -> None:
        async with linked() as peer:
            blocks = 3 * module.MAX_QUEUED_AUDIO
            for number in range(blocks):
                assert peer.link.send(messages.Audio(0, number, b"\0" * 2_560))
                if number % 100 == 0:
                    assert peer.link.send(messages.Ping(number))
            dropped = peer.link.counts.dropped_audio
            assert dropped > 0
            received: list[messages.Message] = []
            peer.sock.setblocking(False)

            def read() -> bool:
                while True:
                    try:
                        received.append(messages.decode(peer.sock.recv(10_000), "to", "wake"))
                    except BlockingIOError:
                        return len(received) == peer.link.counts.sent and not peer.link._queue

            await peer.until(read)
            audio = [message.at_ms for message in received if isinstance(message, messages.Audio)]
            pings = [message.id for message in received if isinstance(message, messages.Ping)]
            assert pings == list(range(0, blocks, 100))
            assert audio == sorted(audio)
            assert audio[-1] == blocks - 1
            assert len(audio) == blocks - dropped

    asyncio.run(scenario())


def test_a_stage_that_reads_nothing_is_stuck_and_memory_stays_bounded() -> None:
    async def scenario() -> None:
        async with linked() as peer:
            big = messages.Inject(b"\0" * 60_000)
            sent = 0
            while peer.link.send(big):
                sent += 1
            assert sent * 60_000 < module.MAX_QUEUED_BYTES + 1_000_000
            assert peer.link.counts.refused == 1
            assert (await peer.ended()).kind == "stuck"

    asyncio.run(scenario())


def test_a_message_that_fits_no_packet_is_the_senders_fault() -> None:
    async def scenario() -> None:
        async with linked() as peer:
            with pytest.raises(TooBig):
                peer.link.send(messages.Inject(b"\0" * messages.MAX_PACKET_BYTES))

    asyncio.run(scenario())


def test_descriptors_that_come_along_are_closed_by_the_kernel() -> None:
    async def scenario() -> None:
        async with linked() as peer:
            ours, theirs = os.pipe()
            socket.send_fds(peer.sock, [PONG], [theirs])
            os.close(theirs)
            await peer.until(lambda: peer.heard)
            # The other end of the pipe says that no copy of it is left anywhere.
            assert os.read(ours, 1) == b""
            os.close(ours)

    asyncio.run(scenario())
