"""Root's helper over its real socket."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from appliance.config.model import Update
from appliance.updating import asking, helper, record, state
from appliance.updating.errors import UpdateError
from appliance.updating.helper import Helper
from appliance.updating.rauc import Report
from appliance.updating.record import Content
from appliance.updating.state import State
from tests.updating.machines import Machine
from tests.updating.players import Rauc
from tests.updating.servers import Key, Server, trust


class Rig:
    def __init__(self, machine: Machine, url: str) -> None:
        self.machine = machine
        self.rauc = Rauc(machine)
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.restarts = 0
        self.helper = Helper(
            machine.places, Update(url=url), run=self._run, restart=self._restart, idle_seconds=0.05
        )

    def _run(self, bundle: str | Path, report: Report) -> None:
        assert self.goes_on.wait(10)
        self.rauc(bundle, report)

    def _restart(self) -> None:
        self.restarts += 1

    def ask(self, do: str, **more: object) -> dict[str, object]:
        return asking.ask(self.machine.places, do, **more)

    def state(self) -> State:
        return state.read(self.machine.places.state) or State()


@pytest.fixture
def rig(n100: Machine, server: Server, key: Key) -> Iterator[Rig]:
    trust(n100.root, key)
    server.publish(key)
    rig = Rig(n100, server.url)
    with serving(rig):
        yield rig
        rig.goes_on.set()


@contextlib.contextmanager
def serving(rig: Rig) -> Iterator[None]:
    """The helper as its socket starts it: again, whenever somebody asks."""
    path = rig.machine.places.socket
    path.parent.mkdir(parents=True, exist_ok=True)
    over = threading.Event()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(path))
        server.listen()

        def run() -> None:
            while not over.is_set():
                rig.helper.serve(server)

        thread = threading.Thread(target=run)
        thread.start()
        yield
        rig.goes_on.set()
        over.set()
        thread.join()


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_it_installs_and_restarts(rig: Rig) -> None:
    assert rig.ask("install") == {"begun": True}
    wait_until(lambda: rig.restarts == 1)
    assert (rig.state().phase, rig.state().version) == ("restarting", "2.0.0")


def test_or_leaves_the_restart_to_somebody(rig: Rig) -> None:
    rig.ask("install", restart=False)
    wait_until(lambda: rig.state().phase == "idle" and rig.state().pending == "B")
    assert rig.restarts == 0
    rig.ask("restart")
    wait_until(lambda: rig.restarts == 1)


def test_one_at_a_time_and_it_does_not_go_while_it_works(rig: Rig) -> None:
    rig.goes_on.clear()
    rig.ask("install")
    wait_until(lambda: rig.state().phase == "installing")
    for do in ("install", "rollback", "restart"):
        with pytest.raises(UpdateError, match="under way"):
            rig.ask(do)
    assert rig.state().busy
    rig.goes_on.set()
    wait_until(lambda: rig.restarts == 1)


def test_a_failure_is_told_and_the_next_try_is_free(rig: Rig) -> None:
    rig.rauc.fails.append(UpdateError("broken", "mend it"))
    rig.ask("install")
    wait_until(lambda: rig.state().phase == "failed")
    assert (rig.state().problem, rig.state().hint) == ("broken", "mend it")
    rig.ask("install")
    wait_until(lambda: rig.restarts == 1)


def test_only_root_may_allow_a_downgrade(rig: Rig) -> None:
    request = {"do": "install", "allow_downgrade": True, "source": "/x"}
    with pytest.raises(UpdateError, match="only the owner"):
        rig.helper.answer(request, as_root=False)
    if os.geteuid() == 0:
        assert rig.ask("install", allow_downgrade=True) == {"begun": True}
        wait_until(lambda: rig.restarts == 1)


def test_back(rig: Rig) -> None:
    known = record.read(rig.machine.data)
    record.write(rig.machine.data, record.with_content(known, "B", Content("good", "0.9.0", 1)))
    (rig.machine.root / "efi/EFI/Linux/appliance-b.efi").write_bytes(b"kernel")
    assert rig.ask("rollback") == {"version": "0.9.0"}
    wait_until(lambda: rig.restarts == 1)


def test_another_channel(rig: Rig) -> None:
    assert rig.ask("channel", name="beta") == {"channel": "beta"}
    assert rig.state().channel == "beta"
    with pytest.raises(UpdateError, match="no channel"):
        rig.ask("channel", name="nightly")


def test_how_things_stand(rig: Rig) -> None:
    answer = rig.ask("status")
    assert answer["state"] == msgspec.to_builtins(rig.state())
    assert rig.state().running == "A"


@pytest.mark.parametrize(
    "request_",
    [
        {"do": "format"},
        {},
        {"do": "install", "source": 7},
        {"do": "install", "restart": "yes"},
        {"do": "install", "source": "relative"},
        {"do": "channel"},
    ],
)
def test_what_it_does_not_understand(rig: Rig, request_: dict[str, object]) -> None:
    with pytest.raises(UpdateError):
        rig.helper.answer(dict(request_), as_root=True)


@pytest.mark.parametrize("line", [b"\n", b"rubbish\n", b"[]\n", b"x" * 20_000, b'{"do"', b"\xff\n"])
def test_hostile_lines(rig: Rig, line: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(rig.machine.places.socket))
        client.sendall(line)
        client.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):  # it need not read to the end
            assert b"error" in client.recv(4_096)
    assert rig.ask("status")


def test_a_silent_client_does_not_keep_the_others_away(rig: Rig) -> None:
    assert helper.ANSWER_SECONDS <= asking.ANSWER_SECONDS
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(str(rig.machine.places.socket))
        silent.close()
        assert rig.ask("status")
