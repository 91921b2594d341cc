"""A real Mosquitto on a free port of the loopback, with a password. Fixture: `broker`.

Use it with `from tests.broker import broker` in a conftest, or in the test module itself.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.home.accounts import HASH_ROUNDS, SALT_BYTES, secret
from appliance.mqtt.address import Address

SEARCH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin"))
WAIT_SECONDS = 10.0


class Mosquitto:
    """One broker process; every user of `users` may do everything."""

    def __init__(self, folder: Path, users: tuple[str, ...] = ("tester",)) -> None:
        self.folder = folder
        self.users = {name: f"secret of {name}" for name in users}
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def address(self, name: str = "tester") -> Address:
        return Address("127.0.0.1", self.port, name, self.users[name])

    def start(self, listener: str = "") -> None:
        """Start it, with more settings for its listener."""
        program = shutil.which("mosquitto", path=SEARCH)
        if program is None:
            pytest.skip("mosquitto is not installed: apt-get install mosquitto")
        lines = [_line(name, password) for name, password in self.users.items()]
        (self.folder / "passwords").write_text("".join(lines))
        account = f"user {'root' if os.geteuid() == 0 else 'mosquitto'}\n"
        (self.folder / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\n{listener}allow_anonymous false\npassword_file passwords\n"
            f"max_queued_messages 0\nset_tcp_nodelay true\n{account}"
        )
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [program, "-c", "mosquitto.conf"], cwd=self.folder, stdout=log, stderr=log
            )
        deadline = time.monotonic() + WAIT_SECONDS
        while not _listens(self.port):
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline, "mosquitto does not listen"
            time.sleep(0.01)

    def kill(self) -> None:
        """End it without a goodbye; nothing that it retained survives."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(WAIT_SECONDS)
            self._process = None


def _line(name: str, password: str) -> str:
    """A line of Mosquitto's password file."""
    kept = secret(password, os.urandom(SALT_BYTES))
    return f"{name}:$7${HASH_ROUNDS}${kept.salt}${kept.hash}\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running broker of this test's own."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    mosquitto = Mosquitto(folder, ("tester", "demo"))
    mosquitto.start()
    yield mosquitto
    mosquitto.kill()
