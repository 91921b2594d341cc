"""From start to stop: what systemd is told, the view on a terminal, and how children end."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.home import entities
from appliance.serve import CHILD_STOP_SECONDS, demonstration_house, end_child
from tests.appliances import COMMAND, Running, alive, descendants, environment

SECONDS = 30.0
OWN_WORDS = {"wake__engine": "microwakeword"}


async def child(code: str) -> asyncio.subprocess.Process:
    """A Python process that has said that it is there."""
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
    )
    assert started.stdout is not None
    assert await started.stdout.readline() == b"here\n"
    return started


@pytest.mark.parametrize(
    ("on_sigterm", "status"),
    [("signal.SIG_DFL", -signal.SIGTERM), ("lambda *_: exit(7)", 7), ("signal.SIG_IGN", -signal.SIGKILL)],
    ids=["ordinary", "polite", "stubborn"],
)
async def test_a_child_ends_one_way_or_the_other(on_sigterm: str, status: int) -> None:
    handler = f"import signal, time; signal.signal(signal.SIGTERM, {on_sigterm})"
    started = await child(f"{handler}; print('here', flush=True); time.sleep(60)")
    async with asyncio.timeout(CHILD_STOP_SECONDS + SECONDS):
        await end_child(started)
    assert started.returncode == status


async def test_a_child_that_ended_itself_is_left_alone() -> None:
    started = await child("print('here')")
    await started.wait()
    await end_child(started)
    assert started.returncode == 0


def test_the_demonstration_house_is_a_house() -> None:
    house = entities.load(demonstration_house())
    assert house.entities
    assert house.areas


async def test_systemd_hears_of_every_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        running = Running(tmp_path / "data", **OWN_WORDS)
        try:
            await until_told(systemd, heard, "READY=1")
            assert (await running.status())["listening"], "ready means that it listens"
            await until_told(systemd, heard, "sound ready")
            running.process.send_signal(signal.SIGHUP)
            await until_told(systemd, heard, "RELOADING=1")
            heard.clear()
            await until_told(systemd, heard, "READY=1")
        finally:
            assert running.close() == 0
        await until_told(systemd, heard, "STOPPING=1")


async def until_told(systemd: socket.socket, heard: list[str], words: str) -> None:
    async with asyncio.timeout(SECONDS):
        while not any(words in each for each in heard):
            packet = await asyncio.get_running_loop().sock_recv(systemd, 4_096)
            heard.append(packet.decode())


async def test_the_home_gets_its_password_in_a_private_file(tmp_path: Path) -> None:
    running = Running(tmp_path / "data", "--house", str(demonstration_house()), **OWN_WORDS)
    try:
        status = await running.until(lambda status: status["home"]["entities"] > 0)
        assert status["home"]["areas"] > 0
        given = running.data / "run" / "home.json"
        assert stat.S_IMODE(given.stat().st_mode) == 0o600
        words = [Path(f"/proc/{pid}/cmdline").read_text() for pid in alive(descendants(running.process.pid))]
        assert any("appliance.home.simulated" in each for each in words)
        assert not any("password" in each for each in words)
    finally:
        assert running.close() == 0


class Terminal:
    """`appliance run` on a pseudo terminal."""

    def __init__(self, data: Path) -> None:
        self._ours, theirs = pty.openpty()
        os.set_blocking(self._ours, False)
        self.text = ""
        self.process = subprocess.Popen(
            [str(COMMAND), "run"],
            env=environment(data, **OWN_WORDS, log__level="info") | {"TERM": "xterm", "COLUMNS": "200"},
            stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)

    def read(self) -> bool:
        """Take what is there; False at its end."""
        try:
            more = os.read(self._ours, 65_536)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.text += more.decode(errors="replace")
        return bool(more)

    def until(self, wanted: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SECONDS
        while not wanted():
            assert time.monotonic() < deadline, self.text
            self.read()
            time.sleep(0.01)

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self._ours)


@pytest.mark.parametrize("when", ["starting the stages", "Listening."])
def test_ctrl_c_on_a_terminal_leaves_it_as_it_was(tmp_path: Path, when: str) -> None:
    terminal = Terminal(tmp_path / "data")
    try:
        terminal.until(lambda: when in terminal.text)
        children = descendants(terminal.process.pid)
        os.killpg(terminal.process.pid, signal.SIGINT)
        terminal.until(lambda: terminal.process.poll() is not None)
        assert terminal.process.returncode == 0
        terminal.until(lambda: not terminal.read())  # nobody has it open any more
        assert "Traceback" not in terminal.text
        assert terminal.text.rfind("\x1b[?25h") >= terminal.text.rfind("\x1b[?25l")
        assert not alive(children)
    finally:
        terminal.close()
