"""A real stage process at the other end of a real socket."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from appliance.wire import channel, messages

M = TypeVar("M", bound=messages.Message)


class StageChild:
    """`python -m appliance.stages NAME FD`, with everything it said so far."""

    def __init__(self, stage: messages.StageName, environment: Mapping[str, str] | None = None) -> None:
        self.stage = stage
        self.seen: list[messages.Message] = []
        self._socket, inherited = channel.pair()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "appliance.stages", stage, str(inherited.fileno())],
            pass_fds=(inherited.fileno(),),
            env={**os.environ, **(environment or {})},
        )
        inherited.close()

    def send(self, *outgoing: messages.Message) -> None:
        """Send each."""
        for message in outgoing:
            select.select([], [self._socket], [], 10)
            self._socket.send(messages.encode(message))

    def receive(self, seconds: float) -> messages.Message | None:
        """The next message within this time, or None."""
        if not select.select([self._socket], [], [], max(0.0, seconds))[0]:
            return None
        packet = self._socket.recv(messages.MAX_PACKET_BYTES + 1)
        if not packet:
            raise EOFError(f"stage {self.stage} ended with {self.process.wait(10)}")
        message = messages.decode(packet, "from", self.stage)
        self.seen.append(message)
        return message

    def until(self, kind: type[M], fits: Callable[[M], bool] = lambda _: True, seconds: float = 20) -> M:
        """Read on until a message of this kind that fits arrives."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            message = self.receive(left)
            if isinstance(message, kind) and fits(message):
                return message
        raise AssertionError(f"no {kind.__name__} in {seconds} s; last: {self.seen[-3:]}")

    def collect(self, seconds: float) -> list[messages.Message]:
        """Everything that comes in this time."""
        start = len(self.seen)
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.receive(left)
        return self.seen[start:]

    def all(self, kind: type[M]) -> list[M]:
        """What was seen of this kind."""
        return [message for message in self.seen if isinstance(message, kind)]

    def stop(self) -> int:
        """Ask it to end; its exit status."""
        if self.process.poll() is None:
            self.send(messages.Stop())
        try:
            return self.process.wait(20)
        finally:
            self.kill()

    def kill(self) -> None:
        """Leave nothing running."""
        self.process.kill()
        self.process.wait()
        self._socket.close()
