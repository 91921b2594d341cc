"""The process: what it says when its port is taken or it was told nonsense, and how uvicorn is set."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.config.model import Web
from appliance.web.access.gate import MAX_HEAD_BYTES
from appliance.web.serving import configuration
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


def test_no_header_tells_who_asks() -> None:
    set_so = configuration(None)
    assert not set_so.proxy_headers
    assert not set_so.server_header
    assert set_so.h11_max_incomplete_event_size == MAX_HEAD_BYTES


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
    assert done.stdout.decode().startswith("port ")
    assert b"Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("told", [b"", b"{}", b'{"web": {"port": 0}}', b"\xff" * 100])
def test_nonsense_is_no_traceback(told: bytes) -> None:
    done = process(told)
    assert done.returncode == 2
    assert b"Traceback" not in done.stdout + done.stderr
