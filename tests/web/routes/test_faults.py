"""Whatever breaks, /health says exactly that, everything else stays well, and answers stay in form."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.appliances import descendants, stage
from tests.web.routes.served import PROBLEM, Served

SECONDS = 60.0
STAGES = ("sound", "wake", "vad", "stt", "intent", "tts")
Parts = dict[str, tuple[str, str, str]]
"""Name → state, reason, hint."""


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An appliance for breaking."""
    made = Served(tmp_path_factory.mktemp("broken"))
    try:
        made.until_up()
        yield made
    finally:
        made.close()


def health(served: Served) -> tuple[int, dict[str, Any], Parts]:
    answer = served.http.get("/health")
    body = answer.json()
    parts = {each["name"]: (each["state"], each["reason"], each["hint"]) for each in body["parts"]}
    return answer.status_code, body, parts


def until(served: Served, wanted: Callable[[Parts], bool]) -> tuple[int, dict[str, Any], Parts]:
    deadline = time.monotonic() + SECONDS
    while True:
        found = health(served)
        if wanted(found[2]):
            return found
        assert time.monotonic() < deadline, found[2]
        time.sleep(0.005)


def bad(parts: Parts) -> set[str]:
    return {name for name, (state, _, _) in parts.items() if state != "ok"}


def until_well(served: Served) -> None:
    until(served, lambda parts: not bad(parts))


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_is_gone(broken: Served, name: str) -> None:
    until_well(broken)
    os.kill(stage(broken.ask("status"), name)["pid"], signal.SIGKILL)
    status, body, parts = until(broken, bool_of(bad))
    assert bad(parts) == {f"stage {name}"}
    state, reason, hint = parts[f"stage {name}"]
    assert (status, body["state"], body["ready"], state) == (503, "down", False, "down")
    assert reason
    assert hint
    until_well(broken)


def bool_of(function: Callable[[Parts], object]) -> Callable[[Parts], bool]:
    return lambda parts: bool(function(parts))


def test_the_broker_is_gone(broken: Served) -> None:
    until_well(broken)
    for pid in descendants(broken.running.process.pid):
        with contextlib.suppress(OSError):  # it ended while we looked
            if Path(f"/proc/{pid}/comm").read_text().strip() == "mosquitto":
                os.kill(pid, signal.SIGKILL)
    status, body, parts = until(broken, lambda parts: parts["broker"][0] != "ok")
    assert bad(parts) == {"broker"}
    assert (status, body["state"], body["ready"]) == (200, "degraded", True)
    assert parts["broker"][1]
    answer = broken.http.post("/chat", json={"text": "turn on the hall light"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["answer"]
    until(broken, lambda parts: parts["broker"][0] == "ok")
    until_well(broken)


def test_the_web_outlives_the_appliance_s_hanging(broken: Served) -> None:
    """What does not answer is said within the time that a request may take; then all is as before."""
    until_well(broken)
    with broken.client() as client:
        os.kill(broken.running.process.pid, signal.SIGSTOP)
        try:
            answer = client.get("/schema/openapi.json")
            assert answer.status_code == 200
            assert client.post("/chat", json={"text": ""}).headers["content-type"] == PROBLEM
        finally:
            os.kill(broken.running.process.pid, signal.SIGCONT)
    until_well(broken)


@pytest.mark.parametrize("file", ["judgement/people.db", "judgement/audit.db", "judgement/pins.json"])
def test_what_is_kept_is_damaged(tmp_path: Path, file: str) -> None:
    kept = tmp_path / "data" / file
    for folder in (kept.parent.parent, kept.parent):
        folder.mkdir(mode=0o700)
    kept.write_bytes(b"this is no such file" * 500)
    kept.chmod(0o600)
    made = Served(tmp_path)
    try:
        made.until_up()
        status, body, parts = health(made)
        assert bad(parts) == {"store"}
        assert (status, body["state"], body["ready"]) == (200, "degraded", True)
        state, reason, hint = parts["store"]
        assert state == "degraded"
        assert reason
        assert "appliance" in hint
        for path in ("/api/people", "/api/audit"):
            answer = made.http.get(path)
            assert answer.status_code == 200 or answer.headers["content-type"] == PROBLEM
    finally:
        made.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 520 MB for the data."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=520m,mode=0700", "none", str(data)],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"a small disk needs root: {done.stderr.decode().strip()}")
    yield data
    subprocess.run(["umount", "-l", str(data)], check=True)


def test_the_disk_is_full(small_disk: Path) -> None:
    made = Served(small_disk.parent)
    try:
        made.until_up()
        assert bad(health(made)[2]) == set()
        for megabytes, state in ((100, "degraded"), (480, "down")):
            with (small_disk / "ballast").open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, megabytes * 1024 * 1024)
            status, body, parts = health(made)
            assert bad(parts) == {"disk"}
            assert parts["disk"][0] == state
            assert "MB free" in parts["disk"][1]
            assert "appliance models" in parts["disk"][2]
            assert (status, body["ready"]) == (200, True)
        with contextlib.suppress(OSError), (small_disk / "rest").open("wb") as file:
            while True:
                file.write(bytes(1024 * 1024))
        assert made.http.post("/chat", json={"text": "turn on the hall light"}).status_code == 200
        answer = made.http.post("/api/tokens", json={"scopes": ["read"]})
        assert answer.status_code < 500 or answer.headers["content-type"] == PROBLEM
        answer = made.http.post("/api/people", json={"name": "Anna"})
        assert answer.status_code == 201 or answer.headers["content-type"] == PROBLEM
        assert bad(health(made)[2]) >= {"disk"}
        for name in ("ballast", "rest"):
            (small_disk / name).unlink()
        until(made, lambda parts: parts["disk"][0] == "ok")
    finally:
        made.close()
