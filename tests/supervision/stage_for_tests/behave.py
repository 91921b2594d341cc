"""A stage for tests that behaves as its first argument says: `behave.py WHAT NAME FD`.

It runs inside the real sandbox. Without misbehaviour it is a real stage on the real loop.
"""

from __future__ import annotations

import importlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from appliance.engines.contract import MissingEngine
from appliance.errors import EngineError
from appliance.stages.loop import PlainStage, serve
from appliance.wire import messages
from appliance.wire.channel import StageChannel


class Behaving(PlainStage):
    """Answers every `Audio` with a `WakeHeard` that carries its time."""

    def __init__(self, what: str) -> None:
        self.what = what

    def open(self, configure: messages.Configure) -> str:
        options = configure.options
        match self.what:
            case "fails":
                raise EngineError("the engine is broken", "mend it")
            case "crashes":
                raise RuntimeError("boom in the library")
            case "exits":
                os._exit(7)
            case "is slow":
                time.sleep(60)
            case "needs a file" if not Path(configure.models["file"]).exists():
                raise MissingEngine("the model is not there", "appliance models fetch it")
            case "imports":
                for name in options["modules"]:
                    importlib.import_module(name)
            case "prints":
                print("\x1b[31mred\x07 alert\n" + "x" * 10_000 + "\nlast line", file=sys.stderr)
            case "prints without end":
                threading.Thread(target=_print_for_ever, daemon=True).start()
        return f"behaves: {self.what}"

    def close(self) -> None:
        return

    def handle(self, message: messages.Message) -> Iterator[messages.Message]:
        if isinstance(message, messages.Audio):
            yield messages.WakeHeard("word", 1.0, message.at_ms)
            if self.what == "dies on audio":
                os._exit(9)
            if self.what == "hangs on audio":
                time.sleep(60)
            if self.what == "eats on audio":
                _eat()
            if self.what == "forks on audio":
                _fork_bomb()
            if self.what == "ignores stop":
                while True:
                    time.sleep(0.05)


def _print_for_ever() -> None:
    while True:
        sys.stderr.write("noise " * 20 + "\n")


def _eat() -> None:
    kept = []
    while True:
        kept.append(bytearray(os.urandom(1024) * 1024))


def _fork_bomb() -> None:
    while True:
        try:
            subprocess.Popen(["/bin/sleep", "60"])
        except OSError:
            time.sleep(0.05)


READY = messages.encode(messages.Ready("test", 1.0))


def misbehave(what: str, sock: socket.socket) -> None:  # noqa: C901 a table
    """Speak on the socket without the loop; every branch ends in silence."""
    sock.recv(messages.MAX_PACKET_BYTES)
    match what:
        case "garbage":
            sock.send(os.urandom(64))
        case "garbage later":
            sock.send(READY)
            sock.send(b"\xc1" * 30)
        case "wrong direction":
            sock.send(messages.encode(messages.Stop()))
        case "other stage":
            sock.send(READY)
            sock.send(messages.encode(messages.Token(1, "x")))
        case "too big":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1_000_000)
            sock.send(b"x" * (messages.MAX_PACKET_BYTES + 1))
        case "flood":
            sock.send(READY)
            while True:
                sock.send(messages.encode(messages.WakeHeard("word", 1.0, 1)))
        case "flood of bytes":
            sock.send(READY)
            note = messages.encode(messages.Note("debug", "x" * 100_000))
            while True:
                sock.send(note)
        case "empty packet":
            sock.send(b"")
        case "closes":
            sock.send(READY)
            sock.close()
        case "early":
            sock.send(messages.encode(messages.WakeHeard("word", 1.0, 1)))
        case "ready twice":
            sock.send(READY)
            sock.send(READY)
        case "wrong pong":
            sock.send(READY)
            sock.send(messages.encode(messages.Pong(12345)))
        case "silent":
            sock.send(READY)
        case "descriptors":
            own = [os.open("/dev/null", os.O_RDONLY) for _ in range(20)]
            socket.send_fds(sock, [READY], own)
            while True:
                packet = sock.recv(messages.MAX_PACKET_BYTES)
                ping = messages.decode(packet, "to", "wake")
                socket.send_fds(sock, [messages.encode(messages.Pong(ping.id))], own)
    time.sleep(60)


ORDINARY = {
    "", "fails", "crashes", "exits", "is slow", "needs a file", "imports", "prints", "prints without end",
    "dies on audio", "hangs on audio", "eats on audio", "forks on audio", "ignores stop",
}  # fmt: skip


def main() -> int:
    what, name, number = sys.argv[1:4]
    sock = socket.socket(fileno=int(number))
    if what in ORDINARY:
        return serve(StageChannel(sock, name), Behaving(what))
    misbehave(what, sock)
    return 0


if __name__ == "__main__":
    sys.exit(main())
