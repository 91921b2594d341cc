"""Root's part as its socket starts it, and not by hand."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.updating import __main__ as started

SECONDS = 60.0


def test_by_hand_it_says_who_starts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LISTEN_PID", raising=False)
    with pytest.raises(SystemExit, match="appliance-update"):
        started.listening()
    monkeypatch.setenv("LISTEN_PID", str(os.getpid() + 1))
    monkeypatch.setenv("LISTEN_FDS", "1")
    with pytest.raises(SystemExit, match="appliance-update"):
        started.listening()


def test_a_broken_setting_does_not_keep_it_from_answering(tmp_path: Path) -> None:
    """Who asks nonsense is answered, too."""
    broken = tmp_path / "appliance.toml"
    broken.write_text("[update]\nhealthy_minutes = 'many'\n")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.settimeout(SECONDS)
        client.connect(str(tmp_path / "s"))
        client.sendall(b'{"do": "nonsense"}\n')
        # What systemd does: the socket is descriptor 3, and the variables name the process itself.
        launch = (
            "import os, sys, runpy; os.dup2(int(sys.argv[1]), 3);"
            "os.environ['LISTEN_PID'] = str(os.getpid());"
            "sys.argv = ['helper']; runpy.run_module('appliance.updating', run_name='__main__')"
        )
        child = subprocess.Popen(
            [sys.executable, "-c", launch, str(server.fileno())],
            pass_fds=(server.fileno(),),
            env={**os.environ, "LISTEN_FDS": "1", "APPLIANCE_CONFIG": str(broken)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            assert b"error" in client.recv(4_096)
        finally:
            child.kill()
            child.wait()
