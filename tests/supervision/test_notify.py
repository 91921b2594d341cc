from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.supervision.notify import Notifier, watchdog_seconds
from appliance.tasks import end
from tests.checkout import ROOT

UNIT = ROOT / "systemd/appliance.service"
# Said by a systemd older than 254, which ignores these; and by every one, as the unit is not installed.
EXPECTED = re.compile(
    r"service type, ignoring: notify-reload|Unknown key '(RestartSteps|RestartMaxDelaySec|DelegateSubgroup)'"
    r"|appliance is not executable: No such file|landlock_\w+|mqtt-password"
    r"|Failed to parse boolean value, ignoring: disconnected"
)
BREAKS_BUBBLEWRAP = (
    "ProtectKernelTunables", "ProtectKernelLogs", "ProcSubset", "RestrictNamespaces", "RestrictSUIDSGID",
    "DynamicUser", "ProtectControlGroups", "ProtectHostname",
)  # fmt: skip


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind(str(tmp_path / "notify"))
    sock.settimeout(10)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    yield sock
    sock.close()


def test_each_sign_is_one_datagram(systemd: socket.socket) -> None:
    notifier = Notifier()
    notifier.ready("all stages are ready")
    assert systemd.recv(1000) == b"READY=1\nSTATUS=all stages are ready"
    notifier.status("one\ntwo\x1b → three")
    assert systemd.recv(1000) == b"STATUS=one two  ? three"
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    notifier.reloading()
    first, second = systemd.recv(1000).split(b"\n")
    assert first == b"RELOADING=1"
    name, usec = second.split(b"=")
    assert name == b"MONOTONIC_USEC"
    assert before <= int(usec) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    notifier.stopping()
    assert systemd.recv(1000) == b"STOPPING=1"
    notifier.close()


async def test_a_slow_start_is_given_more_time_until_it_is_over(systemd: socket.socket) -> None:
    notifier = Notifier()
    starting = asyncio.create_task(notifier.extend_start())
    said = await asyncio.to_thread(systemd.recv, 1000)
    name, usec = said.split(b"=")
    assert name == b"EXTEND_TIMEOUT_USEC"
    assert int(usec) >= 15_000_000  # more than the pause until it says so again
    assert not starting.done()
    await end(starting)
    notifier.ready()
    assert systemd.recv(1000) == b"READY=1"
    notifier.close()


def test_an_abstract_socket_works(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(f"\0appliance-notify-{os.getpid()}")
        sock.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@appliance-notify-{os.getpid()}")
        notifier = Notifier()
        notifier.ready()
        assert sock.recv(100) == b"READY=1"
        notifier.close()


def test_without_systemd_it_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notifier = Notifier()
    notifier.ready()
    notifier.close()


def test_a_systemd_that_does_not_read_does_not_stop_us(systemd: socket.socket) -> None:
    notifier = Notifier()
    for _ in range(5_000):
        notifier.status("x" * 150)
    assert systemd.recv(1000)
    notifier.close()


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "2000000"}, 1.0),
        ({"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "42"}, 1.0),
        ({"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "41"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_for_this_process(environ: dict[str, str], seconds: float | None) -> None:
    assert watchdog_seconds(environ, 42) == seconds


def test_signs_of_life_stop_when_it_is_not_healthy(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "20000")
    healthy = True

    async def scenario() -> None:
        nonlocal healthy
        notifier = Notifier()
        task = asyncio.create_task(notifier.watchdog(lambda: healthy))
        await asyncio.sleep(0.05)
        assert systemd.recv(100) == b"WATCHDOG=1"
        healthy = False
        await asyncio.sleep(0.03)
        systemd.setblocking(False)
        while True:
            try:
                systemd.recv(100)
            except BlockingIOError:
                break
        await asyncio.sleep(0.05)
        with pytest.raises(BlockingIOError):
            systemd.recv(100)
        task.cancel()
        notifier.close()

    asyncio.run(scenario())


def test_without_a_watchdog_there_is_no_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    asyncio.run(Notifier().watchdog(lambda: True))


def test_the_unit_is_what_systemd_understands() -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    done = subprocess.run(
        ["systemd-analyze", "verify", str(UNIT)], capture_output=True, text=True, timeout=60, check=False
    )
    said = [line for line in done.stderr.splitlines() if "appliance" in line and not EXPECTED.search(line)]
    assert said == []


def test_the_unit_leaves_bubblewrap_what_it_needs() -> None:
    settings = [line for line in UNIT.read_text().splitlines() if not line.startswith("#")]
    assert [line for line in settings if line.startswith(BREAKS_BUBBLEWRAP)] == []
    assert "SystemCallFilter=@system-service @mount" in settings
    assert [line for line in settings if line.startswith("RestrictAddressFamilies=") and "AF_NETLINK" in line]
