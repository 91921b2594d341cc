"""What a confined web process can still do: in a process that confines itself, and at the real one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.supervision import landlock
from appliance.web.access.confinement import rules
from appliance.web.settings import Settings
from tests.web.access.keys import bearer, token
from tests.web.access.served import served

needs_landlock = pytest.mark.skipif(landlock.abi() < 1, reason="this kernel has no Landlock")
needs_network_rules = pytest.mark.skipif(landlock.abi() < 4, reason="this kernel's Landlock is older")

TRY = """
import ctypes, json, os, signal, socket, subprocess, sys
from pathlib import Path
from appliance.config.model import Web
from appliance.web.access.confinement import confine
from appliance.web.settings import Settings

data, parent, listening = Path(sys.argv[1]), os.getppid(), int(sys.argv[2])
held = socket.socket()  # of before: what Landlock alone says to it
lacking = confine(Settings(Web(), "en", "1", str(data)))
own = data / "web"

def tried(what):
    try:
        what()
    except OSError as error:
        return type(error).__name__
    return "done"

def replaced():
    (own / "new").write_text("x")
    (own / "new").replace(own / "old")
    (own / "old").write_text("y")
    (own / "old").unlink()
    (own / "folder").mkdir()
    (own / "folder").rmdir()

def control():
    from appliance.control import short_address
    with short_address(data / "run" / "control.sock") as address, socket.socket(socket.AF_UNIX) as client:
        client.connect(address)

def thread():
    import threading
    worker = threading.Thread(target=lambda: seen.update(thread=tried((data / "secret").read_text)))
    worker.start()
    worker.join()

seen = {
    "own": tried(replaced),
    "control": tried(control),
    "import": tried(lambda: __import__("litestar")),
    "secret": tried((data / "secret").read_text),
    "listing": tried(lambda: os.listdir(data)),
    "write": tried(lambda: (data / "new").write_text("x")),
    "tmp": tried(lambda: Path("/tmp/appliance-web-was-here").write_text("x")),
    "passwd": tried(Path("/etc/passwd").read_text),
    "run": tried(lambda: subprocess.run(["/bin/true"])),
    "signal": tried(lambda: os.kill(parent, 0)),
    "connect": tried(lambda: held.connect(("127.0.0.1", listening))),
    "tcp": tried(lambda: socket.socket()),
    "udp": tried(lambda: socket.socket(type=socket.SOCK_DGRAM)),
    "raw": tried(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),
    "netlink": tried(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)),
    "bind": tried(lambda: socket.socket(socket.AF_UNIX).bind(b"\\0name")),
    "memory": tried(lambda: open(f"/proc/{parent}/mem", "rb")),
    "unshare": "done" if ctypes.CDLL(None).unshare(0x10000000) == 0 else "PermissionError",
}
thread()
print(json.dumps({"lacking": lacking, "seen": seen}))
"""
MAY = {"own", "control", "import"}


@needs_landlock
def test_what_is_left(tmp_path: Path) -> None:
    import socket

    (tmp_path / "web").mkdir()
    (tmp_path / "run").mkdir()
    (tmp_path / "secret").write_text("words")
    with socket.socket(socket.AF_UNIX) as control, socket.socket() as listening:
        control.bind(str(tmp_path / "run" / "control.sock"))
        control.listen()
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        done = subprocess.run(
            [sys.executable, "-c", TRY, str(tmp_path), str(listening.getsockname()[1])],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert {what for what, came in told["seen"].items() if came == "done"} == MAY | set(
        _beyond(landlock.abi())
    )
    assert len(told["lacking"]) == len(_beyond(landlock.abi()))


def _beyond(version: int) -> list[str]:
    """What older kernels do not deny."""
    return [*(["connect"] if version < 4 else []), *(["signal"] if version < 6 else [])]


def test_the_real_one_is_confined_and_works(tmp_path: Path) -> None:
    with served(tmp_path, listen="lan") as server, server.client(headers=bearer(token(tmp_path))) as client:
        status = Path(f"/proc/{server.process.pid}/status").read_text()
        assert "NoNewPrivs:\t1" in status
        assert "Seccomp:\t2" in status
        made = client.post("/api/tokens", json={"scopes": ["read"]})  # written by a thread
        assert made.status_code == 201
        assert client.get("/schema/openapi.json").status_code == 200
    if landlock.abi() >= 6:
        assert "not confined" not in server.log.read_text()


def test_own_certificates_stay_readable_for_their_renewal(tmp_path: Path) -> None:
    from appliance.config.model import Web

    web = Web(certificate="/etc/letsencrypt/live/x/fullchain.pem", key="/srv/keys/x.pem")
    allowed = dict(rules(Settings(web, "en", "1", str(tmp_path))))
    for folder in ("/etc/letsencrypt/live/x", "/srv/keys"):
        assert allowed[folder] == landlock.READ_FILE | landlock.READ_DIR
    assert allowed[str(tmp_path / "web")] & landlock.WRITE_FILE
    assert str(tmp_path) not in allowed
