"""`appliance logs`: one turn, errors, what was slow."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from appliance.control import ControlServer, socket_path
from appliance.observe.requests import LogRequests
from appliance.observe.ring import PAGE_LINES, Ring
from tests.appliances import COMMAND, environment
from tests.controlled import controlled
from tests.observe.test_ring import keep

TRACE = "4f2a81c0" * 4
EVIL = "\x1b[2J\x07\u202e"


def stamp(ago_seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - ago_seconds))


def line(message: str, ago_seconds: float = 60, **more: Any) -> str:
    return json.dumps(
        {"ts": stamp(ago_seconds), "level": "info", "message": message, "component": "turn"} | more
    )


LINES = [
    line("ancient", 2 * 86_400),
    line("fast", trace_id=TRACE, latency_ms=120, session_id="5e55" * 4, stage="turn"),
    line("slow", 1_200, trace_id="aaaa" * 8, latency_ms=2_400),
    line("broken", level="error", trace_id=TRACE, exception="Traceback\nValueError"),
    "text of something else " + EVIL,
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "appliance.log"
    path.write_text("\n".join(LINES) + "\n")
    return path


def logs(data: Path, *arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [str(COMMAND), "logs", *arguments], env=environment(data), capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ((), ["fast", "slow", "broken", "text of"]),
        (("--since", "10m"), ["fast", "broken", "text of"]),
        (("--since", "7d"), ["ancient", "fast", "slow", "broken", "text of"]),
        (("--trace", "4f2a"), ["fast", "broken"]),
        (("--trace", TRACE.upper()), ["fast", "broken"]),
        (("--errors",), ["broken"]),
        (("--slower-than", "1s"), ["slow"]),
        (("--slower-than", "100ms"), ["fast", "slow"]),
        (("--slower-than", "100ms", "--trace", "aaaa"), ["slow"]),
        (("--errors", "--slower-than", "1s"), []),
    ],
)
def test_what_is_shown(log: Path, tmp_path: Path, arguments: tuple[str, ...], shown: list[str]) -> None:
    code, out, err = logs(tmp_path, "--file", str(log), *arguments)
    assert (code, err) == (0, "")
    names = ("ancient", "fast", "slow", "broken", "text of")
    found = [
        name
        for each in out.splitlines()
        for name in names
        if f"  turn: {name}" in each or f"  {name}" in each
    ]
    assert found == shown


def test_it_is_for_people(log: Path, tmp_path: Path) -> None:
    _, out, _ = logs(tmp_path, "--file", str(log), "--trace", TRACE)
    assert "4f2a81c0    120 ms  turn: fast  stage=turn  session=5e555e55" in out
    assert "\n    ValueError\n" in out


def test_nothing_in_it_moves_a_cursor(log: Path, tmp_path: Path) -> None:
    for form in ((), ("--json",)):
        _, out, _ = logs(tmp_path, "--file", str(log), *form)
        assert "text of something else" in out
        assert not set(EVIL) & set(out) - set("[2J")


def test_json(log: Path, tmp_path: Path) -> None:
    _, out, _ = logs(tmp_path, "--file", str(log), "--json", "--errors")
    found = json.loads(out)
    assert (found["message"], found["level"], found["trace_id"]) == ("broken", "error", TRACE)
    assert found["exception"] == ["Traceback", "ValueError"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--since", "soon"), "'soon' is no length of time"),
        (("--slower-than", "-1"), "no length of time"),
        (("--trace", "zz"), "'zz' is no trace id"),
        (("--file", "/nowhere/log"), "there is no file /nowhere/log"),
    ],
)
def test_what_it_cannot_do_it_says(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    words = [f"{arguments[0]}={arguments[1]}"]
    code, out, err = logs(tmp_path, *words)
    assert (code, out) == (1, "")
    assert said in err
    assert "→" in err
    assert "Traceback" not in err


def test_it_follows(log: Path, tmp_path: Path) -> None:
    command = [str(COMMAND), "logs", "--file", str(log), "--follow", "--trace", TRACE]
    child = subprocess.Popen(command, env=environment(tmp_path), stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        assert "fast" in child.stdout.readline()
        with log.open("a") as file:
            file.write(line("later", 0, trace_id=TRACE) + "\n")
        found = ""
        while "later" not in found:
            found = child.stdout.readline()
            assert found
    finally:
        child.terminate()
        child.communicate(timeout=20)


async def test_a_running_appliance_is_asked_where_no_journal_is(tmp_path: Path) -> None:
    async with controlled(tmp_path, logs={"lines": LINES[1:], "next": 4, "more": False}) as served:
        code, out, err = await served.command("logs", "--live", "--trace", TRACE)
        assert [request["after"] for request in served.requests] == [0]
    assert (code, err) == (0, "")
    assert "turn: fast" in out
    assert "turn: broken" in out
    assert "slow" not in out


async def test_its_lines_come_page_by_page_and_are_followed(tmp_path: Path) -> None:
    ring = Ring()
    for number in range(PAGE_LINES + 1):
        keep(ring, "line %d", number)
    server = ControlServer(socket_path(tmp_path), LogRequests(ring).handlers(), lambda _: lambda: None)
    socket_path(tmp_path).parent.mkdir(parents=True)
    await server.start()
    words = ("logs", "--live", "--follow", "--json")
    child = await asyncio.create_subprocess_exec(
        COMMAND, *words, env=environment(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert child.stdout is not None
        async with asyncio.timeout(30):
            for number in range(PAGE_LINES + 1):
                assert json.loads(await child.stdout.readline())["message"] == f"line {number}"
            keep(ring, "later")
            assert json.loads(await child.stdout.readline())["message"] == "later"
    finally:
        child.terminate()
        await child.wait()
        await server.stop()


def test_nobody_runs_and_nothing_is_written(tmp_path: Path) -> None:
    code, out, err = logs(tmp_path, "--live")
    assert (code, out) == (1, "")
    assert "no appliance runs" in err
    assert "--file" in err
