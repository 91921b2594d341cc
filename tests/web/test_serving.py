"""The port: had, or said why not; and the process that was told nonsense."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.config.model import Web
from appliance.errors import ControlError
from appliance.web.serving import listen
from appliance.web.settings import Settings, encode


def taken() -> socket.socket:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen()
    return sock


def settings(port: int, data: Path) -> Settings:
    return Settings(Web(port=port, listen="loopback"), "en", "1.2.3", str(data))


def process(told: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "appliance.web"], input=told, capture_output=True, timeout=30, check=False
    )


def test_a_port_that_is_taken_is_said_with_what_to_do(tmp_path: Path) -> None:
    with taken() as sock, pytest.raises(ControlError, match="cannot be had") as caught:
        listen(settings(sock.getsockname()[1], tmp_path))
    assert caught.value.hint == "set web.port"


def test_loopback_is_loopback(tmp_path: Path) -> None:
    with taken() as sock:
        port = sock.getsockname()[1]
    with listen(settings(port, tmp_path)) as bound:
        assert bound.getsockname() == ("127.0.0.1", port)


def test_the_process_says_it_in_a_line(tmp_path: Path) -> None:
    with taken() as sock:
        done = process(encode(settings(sock.getsockname()[1], tmp_path)))
    assert done.returncode == 1
    assert done.stdout.decode().startswith("port ")
    assert b"Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("told", [b"", b"{}", b'{"web": {"port": 0}}', b"\xff" * 100])
def test_nonsense_is_no_traceback(told: bytes) -> None:
    done = process(told)
    assert done.returncode == 2
    assert b"Traceback" not in done.stdout + done.stderr
