"""The loop of every stage, on a real socket; the test is the supervisor."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from appliance.engines.contract import MissingEngine
from appliance.errors import EngineError
from appliance.stages import loop
from appliance.stages.loop import PlainStage, serve
from appliance.wire import channel, messages
from appliance.wire import messages as m


class Counting(PlainStage):
    """Answers `Generate` with tokens until `limit`, waiting at each for the test's permission."""

    def __init__(self) -> None:
        self.gate = threading.Semaphore(0)
        self.inside = threading.Semaphore(0)
        self.opened = self.closed = 0
        self.generators_closed = 0
        self.error: Exception | None = None
        self.pipe: int | None = None
        self.said_of_cancelled: list[int] = []
        self.fair = False

    def open(self, configure: m.Configure) -> str:
        self.opened += 1
        if self.error is not None:
            raise self.error
        return f"opened {configure.engine}"

    def close(self) -> None:
        self.closed += 1

    def handle(self, message: m.Message) -> Iterator[m.Message]:
        assert isinstance(message, m.Generate)
        try:
            for number in range(message.max_tokens):
                self.inside.release()
                self.gate.acquire(timeout=20)
                yield m.Token(message.turn, str(number))
        finally:
            self.generators_closed += 1
        yield m.Generated(message.turn, "length", 1, message.max_tokens, 1.0, 1.0)

    def cancelled(self, turn: int) -> Iterator[m.Message]:
        self.said_of_cancelled.append(turn)
        yield m.Generated(turn, "cancelled", 0, 0, 0.0, 0.0)

    def source(self) -> int | None:
        return self.pipe

    def poll(self) -> Iterator[m.Message]:
        assert self.pipe is not None
        yield m.Note("info", os.read(self.pipe, 100).decode())


def working(talk: Conversation, max_tokens: int) -> None:
    """Let it begin a turn and wait inside the engine, after the first token."""
    talk.send(m.Generate(1, "", "", max_tokens=max_tokens))
    talk.stage.gate.release()
    assert talk.hear() == m.Token(1, "0")
    for _ in range(2):
        assert talk.stage.inside.acquire(timeout=20)


class Conversation:
    """The supervisor's end, blocking with a limit, and the stage in a thread."""

    def __init__(self, stage: Counting, configure: bool = True) -> None:
        self.stage = stage
        self.sock, self._theirs = channel.pair()
        self.sock.settimeout(20)
        self.status: int | None = None
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        if configure:
            self.send(m.Configure("test"))
            assert self.hear() == m.Ready("test", pytest.approx(0, abs=20_000), "opened test")

    def _serve(self) -> None:
        with self._theirs:
            self.status = serve(channel.StageChannel(self._theirs, "llm"), self.stage)

    def send(self, *outgoing: m.Message) -> None:
        for message in outgoing:
            self.sock.send(m.encode(message))

    def hear(self) -> m.Message:
        return m.decode(self.sock.recv(m.MAX_PACKET_BYTES), "from", "llm")

    def end(self) -> int | None:
        self._thread.join(20)
        self.sock.close()
        assert not self._thread.is_alive()
        assert self.stage.closed == 1
        return self.status


Start = Callable[..., Conversation]


@pytest.fixture
def stage() -> Counting:
    return Counting()


def test_it_becomes_ready_works_and_stops(stage: Counting) -> None:
    talk = Conversation(stage)
    stage.gate.release(2)
    talk.send(m.Generate(1, "", "", max_tokens=2))
    assert [talk.hear() for _ in range(3)] == [
        m.Token(1, "0"),
        m.Token(1, "1"),
        m.Generated(1, "length", 1, 2, 1.0, 1.0),
    ]
    talk.send(m.Stop())
    assert talk.end() == loop.EXIT_OK


def test_the_end_of_the_supervisor_is_its_end(stage: Counting) -> None:
    talk = Conversation(stage)
    talk.sock.shutdown(socket.SHUT_RDWR)
    assert talk.end() == loop.EXIT_OK


def test_a_ping_is_answered_between_two_yields(stage: Counting) -> None:
    talk = Conversation(stage)
    working(talk, 3)
    talk.send(m.Ping(5))
    stage.gate.release()
    assert [talk.hear(), talk.hear()] == [m.Token(1, "1"), m.Pong(5)]
    stage.gate.release()
    assert [type(talk.hear()) for _ in range(2)] == [m.Token, m.Generated]
    talk.send(m.Stop())
    assert talk.end() == loop.EXIT_OK


def test_no_pong_comes_while_the_engine_hangs(stage: Counting) -> None:
    talk = Conversation(stage)
    working(talk, 2)
    talk.send(m.Ping(5))
    talk.sock.settimeout(0.2)
    with pytest.raises(TimeoutError):
        talk.hear()
    talk.sock.settimeout(20)
    stage.gate.release()
    assert [talk.hear(), talk.hear()] == [m.Token(1, "1"), m.Pong(5)]
    talk.send(m.Stop())
    assert talk.end() == loop.EXIT_OK


def test_a_cancel_closes_the_running_work(stage: Counting) -> None:
    talk = Conversation(stage)
    working(talk, 100)
    talk.send(m.Cancel(1))
    stage.gate.release()
    assert [talk.hear(), talk.hear()] == [m.Token(1, "1"), m.Generated(1, "cancelled", 0, 0, 0.0, 0.0)]
    assert stage.generators_closed == 1
    talk.send(m.Stop())
    assert talk.end() == loop.EXIT_OK
    assert stage.said_of_cancelled == [1]


def test_a_cancel_drops_what_waits_and_nothing_else(stage: Counting) -> None:
    talk = Conversation(stage)
    queued = [m.Generate(turn, "", "", max_tokens=1) for turn in (1, 2, 2, 3)]
    talk.send(*queued, m.Cancel(2))
    stage.gate.release(10)
    heard = [talk.hear() for _ in range(5)]
    talk.send(m.Stop())
    assert talk.end() == loop.EXIT_OK
    assert [message.turn for message in heard if isinstance(message, m.Token)] == [1, 3]
    assert m.Generated(2, "cancelled", 0, 0, 0.0, 0.0) in heard


@pytest.mark.parametrize(("fair", "served"), [(False, [1, 2, 2, 2, 3, 3]), (True, [1, 2, 3, 2, 3, 2])])
def test_a_fair_stage_lets_turns_alternate(stage: Counting, fair: bool, served: list[int]) -> None:
    stage.fair = fair
    talk = Conversation(stage)
    talk.send(m.Generate(1, "", "", max_tokens=1))
    assert stage.inside.acquire(timeout=20)
    talk.send(*(m.Generate(turn, "", "", max_tokens=1) for turn in (2, 2, 2, 3, 3)))
    stage.gate.release(10)
    heard = [talk.hear() for _ in range(12)]
    talk.send(m.Stop())
    assert talk.end() == loop.EXIT_OK
    assert [message.turn for message in heard if isinstance(message, m.Token)] == served


def test_a_stop_interrupts_work(stage: Counting) -> None:
    talk = Conversation(stage)
    working(talk, 1_000_000)
    talk.send(m.Stop())
    stage.gate.release()
    assert talk.hear() == m.Token(1, "1")
    assert talk.end() == loop.EXIT_OK


def test_a_second_source_is_polled(stage: Counting) -> None:
    ours, theirs = os.pipe()
    stage.pipe = ours
    talk = Conversation(stage)
    os.write(theirs, b"from the pipe")
    assert talk.hear() == m.Note("info", "from the pipe")
    talk.send(m.Stop())
    assert talk.end() == loop.EXIT_OK
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize(
    ("error", "missing"),
    [(EngineError("broken", "mend it"), False), (MissingEngine("broken", "mend it"), True)],
)
def test_an_engine_that_does_not_open_says_failed(stage: Counting, error: Exception, missing: bool) -> None:
    stage.error = error
    talk = Conversation(stage, configure=False)
    talk.send(m.Configure("test"))
    assert talk.hear() == m.Failed("broken", "mend it", missing)
    assert talk.end() == loop.EXIT_FAILED


def test_the_first_message_must_configure(stage: Counting) -> None:
    talk = Conversation(stage, configure=False)
    talk.send(m.Ping(1))
    failed = talk.hear()
    assert isinstance(failed, m.Failed)
    assert "Ping" in failed.message
    assert talk.end() == loop.EXIT_FAILED
    assert stage.opened == 0


@pytest.mark.parametrize(
    "packet", [b"\xc1", b"x" * 1000, m.encode(m.Pong(1)), b"x" * (m.MAX_PACKET_BYTES + 1)]
)
def test_garbage_ends_the_stage(stage: Counting, packet: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    talk = Conversation(stage)
    talk.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 500_000)
    talk.sock.send(packet)
    assert talk.end() == loop.EXIT_WIRE
    assert "stage llm" in capsys.readouterr().err


def fill(talk: Conversation, first: int) -> int:
    """Send turns until the socket takes no more; how many it took."""
    talk.sock.setblocking(False)
    count = 0
    try:
        while True:
            talk.send(m.Generate(first + count, "", "", max_tokens=1))
            count += 1
    except BlockingIOError:
        talk.sock.settimeout(20)
        return count


def test_more_than_it_keeps_stays_in_the_socket_and_nothing_is_lost(stage: Counting) -> None:
    talk = Conversation(stage)
    working(talk, 8)
    capacity = total = fill(talk, 2)
    for number in range(1, 7):
        stage.gate.release()
        assert talk.hear() == m.Token(1, str(number))
        assert stage.inside.acquire(timeout=20)
        total += fill(talk, 2 + total)
    assert loop.MAX_PENDING <= total <= loop.MAX_PENDING + capacity
    stage.gate.release(total + 1)
    assert [talk.hear() for _ in range(2)] == [m.Token(1, "7"), m.Generated(1, "length", 1, 8, 1.0, 1.0)]
    turns = [talk.hear().turn for _ in range(2 * total)]
    assert turns[::2] == list(range(2, 2 + total))
    talk.send(m.Stop())
    assert talk.end() == loop.EXIT_OK


@pytest.mark.parametrize("arguments", [[], ["wake"], ["nosuch", "3"], ["wake", "x"], ["wake", "3", "4"]])
def test_the_process_refuses_wrong_arguments(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "appliance.stages", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("usage:")
    assert messages.STAGE_NAMES[0] in done.stderr
