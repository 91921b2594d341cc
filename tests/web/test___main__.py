"""The process: what it says when its port is taken or it was told nonsense."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.config.model import Web
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


def test_what_does_not_fit_together_is_said_in_a_line(tmp_path: Path) -> None:
    with taken() as sock:
        port = sock.getsockname()[1]
    web = Web(port=port, listen="loopback", certificate="only.pem")
    done = process(encode(Settings(web, "en", "1.2.3", str(tmp_path))))
    assert done.returncode == 1
    assert done.stdout.decode().startswith("web.certificate and web.key belong together")
    assert b"Traceback" not in done.stdout + done.stderr


def test_the_process_says_it_in_a_line(tmp_path: Path) -> None:
    with taken() as sock:
        done = process(encode(settings(sock.getsockname()[1], tmp_path)))
    assert done.returncode == 1
    (line,) = done.stdout.decode().splitlines()
    assert line.startswith("port ")
    assert "→ set web.port" in line
    assert b"Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("told", [b"", b"{}", b'{"web": {"port": 0}}', b"\xff" * 100])
def test_nonsense_is_no_traceback(told: bytes) -> None:
    done = process(told)
    assert done.returncode == 2
    assert b"Traceback" not in done.stdout + done.stderr
