"""The one loop that every stage runs.

It reads messages, hands each to the stage's `handle`, and sends what that generator yields. Between two
yields it looks at its socket: a `Ping` is answered, a `Cancel` closes the generator of that turn, a `Stop`
ends the process. So a `Pong` proves that the engine's own thread moves, and nothing needs a second thread.
"""

from __future__ import annotations

import select
import sys
import time
from collections import deque
from collections.abc import Iterator
from typing import Protocol

from appliance.engines.contract import MissingEngine
from appliance.errors import ApplianceError, PeerGone, WireError
from appliance.wire import messages
from appliance.wire.channel import StageChannel

MAX_PENDING = 512
"""Unhandled messages kept here; beyond it the socket fills and the supervisor counts what it drops."""

EXIT_OK, EXIT_FAILED, EXIT_WIRE = 0, 3, 4


class Stage(Protocol):
    """What a stage implements. Every generator yields messages to send."""

    def open(self, configure: messages.Configure) -> str:
        """Load the engine; a short line about it. Raises EngineError."""

    def close(self) -> None:
        """Release everything."""

    def handle(self, message: messages.Message) -> Iterator[messages.Message | None]:
        """Do what the message asks; None only says that time passed, and lets the loop look up."""

    def cancelled(self, turn: int) -> Iterator[messages.Message]:
        """A turn was dropped: clear what is queued for it; yields what must still be said."""

    def source(self) -> int | None:
        """A descriptor to watch besides the socket, or None."""

    def poll(self) -> Iterator[messages.Message]:
        """The descriptor is readable."""


class PlainStage:
    """A stage with no second source and nothing to say about a cancelled turn."""

    def cancelled(self, turn: int) -> Iterator[messages.Message]:
        """Nothing is kept for a turn."""
        del turn
        return iter(())

    def source(self) -> int | None:
        """Only the socket."""
        return None

    def poll(self) -> Iterator[messages.Message]:
        """Never called."""
        return iter(())


class _Stopped(Exception):
    """The supervisor asked this stage to end."""


class _Loop:
    def __init__(self, channel: StageChannel, stage: Stage) -> None:
        self._channel = channel
        self._stage = stage
        self._pending: deque[messages.Message] = deque()
        self._running_turn = 0
        self._served_turn = 0
        self._drop_running = False

    def run(self) -> None:
        """Serve until `Stop` or the supervisor's end."""
        waiter = select.poll()
        waiter.register(self._channel.fileno(), select.POLLIN)
        source = self._stage.source()
        if source is not None:
            waiter.register(source, select.POLLIN)
        while True:
            ready = [] if self._pending else waiter.poll()
            if any(number == source for number, _ in ready):
                self._drive(self._stage.poll(), 0)
            self._look()
            if self._pending:
                message = self._next()
                self._served_turn = _turn(message)
                self._drive(self._stage.handle(message), self._served_turn)

    def _next(self) -> messages.Message:
        """The oldest; of a fair stage the oldest of another turn than the last one, if any waits."""
        place = 0
        if getattr(self._stage, "fair", False) and _turn(self._pending[0]) == self._served_turn:
            others = (at for at, each in enumerate(self._pending) if _turn(each) != self._served_turn)
            place = next(others, 0)
        message = self._pending[place]
        del self._pending[place]
        return message

    def _drive(self, work: Iterator[messages.Message | None], turn: int) -> None:
        """Send what the generator yields, looking at the socket in between."""
        self._running_turn, self._drop_running = turn, False
        for message in work:
            if message is not None:
                self._channel.send(message)
            self._look()
            if self._drop_running:
                close = getattr(work, "close", None)
                if close is not None:
                    close()
                break
        self._running_turn = 0
        if self._drop_running:
            self._announce_cancelled(turn)

    def _look(self) -> None:
        """Take all that waits in the socket; control messages are obeyed at once."""
        while len(self._pending) < MAX_PENDING:
            message = self._channel.receive(0)
            if message is None:
                return
            match message:
                case messages.Ping(id=number):
                    self._channel.send(messages.Pong(number))
                case messages.Stop():
                    raise _Stopped
                case messages.Cancel(turn=turn):
                    self._cancel(turn)
                case _:
                    self._pending.append(message)

    def _cancel(self, turn: int) -> None:
        self._pending = deque(kept for kept in self._pending if _turn(kept) != turn)
        if turn == self._running_turn:
            self._drop_running = True
        else:
            self._announce_cancelled(turn)

    def _announce_cancelled(self, turn: int) -> None:
        for message in self._stage.cancelled(turn):
            self._channel.send(message)


def _turn(message: messages.Message) -> int:
    return getattr(message, "turn", 0)


def _open(channel: StageChannel, stage: Stage) -> bool:
    """First message, engine, `Ready` or `Failed`."""
    first = channel.receive()
    if not isinstance(first, messages.Configure):
        channel.send(messages.Failed(f"the first message was {type(first).__name__}, not Configure"))
        return False
    started = time.monotonic()
    try:
        detail = stage.open(first)
    except ApplianceError as error:
        missing = isinstance(error, MissingEngine)
        channel.send(messages.Failed(error.message, error.hint, missing))
        return False
    load_ms = (time.monotonic() - started) * 1000
    channel.send(messages.Ready(first.engine, round(load_ms, 1), detail))
    return True


def serve(channel: StageChannel, stage: Stage) -> int:
    """Run a stage to its end; the process's exit status.

    An exception of a foreign library is let through: the process ends, the supervisor sees the
    traceback's last line on standard error, and a fresh one takes its place.
    """
    try:
        if not _open(channel, stage):
            return EXIT_FAILED
        _Loop(channel, stage).run()
    except (_Stopped, PeerGone):
        return EXIT_OK
    except WireError as error:
        print(error, file=sys.stderr)
        return EXIT_WIRE
    finally:
        stage.close()
    return EXIT_OK
