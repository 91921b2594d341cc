"""`appliance ask`: the sentence goes in whole, the answer comes out readable."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.appliances import COMMAND, environment
from tests.controlled import controlled

DEED = {"name": "Kitchen light", "done": True, "ms": 81.6, "reason": ""}


def answer(**changes: Any) -> dict[str, Any]:
    usual = {"answer": "Turned on.", "outcome": "answered", "deeds": [DEED], "latency_ms": 213}
    return usual | changes


async def test_words_are_one_sentence(tmp_path: Path) -> None:
    async with controlled(tmp_path, ask=answer()) as served:
        code, out, err = await served.command("ask", "turn", "on", "the light")
    assert [request["text"] for request in served.requests] == ["turn on the light"]
    assert (code, err) == (0, "")
    assert out == "Turned on.\n  ✓ Kitchen light  82 ms\n  first audio after 213 ms\n"


async def test_a_deed_that_was_not_done_is_the_exit_status(tmp_path: Path) -> None:
    failed = DEED | {"done": False, "reason": "it does not answer"}
    async with controlled(tmp_path, ask=answer(deeds=[DEED, failed])) as served:
        code, out, _ = await served.command("ask", "x")
    assert code == 1
    assert "✗ Kitchen light  82 ms  it does not answer" in out


async def test_without_an_answer_the_outcome_is_said(tmp_path: Path) -> None:
    async with controlled(
        tmp_path, ask=answer(answer="", outcome="interrupted", deeds=[], latency_ms=None)
    ) as served:
        code, out, _ = await served.command("ask", "x")
    assert (code, out) == (0, "(interrupted)\n")


async def test_names_and_answers_do_not_steer_the_terminal(tmp_path: Path) -> None:
    evil = DEED | {"name": "\x1b]0;owned\x07lamp\nfake", "reason": "\x9b2J"}
    async with controlled(tmp_path, ask=answer(answer="\x1b[2JDone\r.", deeds=[evil])) as served:
        _, out, _ = await served.command("ask", "x")
    assert not [char for char in out if not char.isprintable() and char != "\n"]
    assert len(out.splitlines()) == 3


async def test_json(tmp_path: Path) -> None:
    async with controlled(tmp_path, ask=answer()) as served:
        _, out, _ = await served.command("ask", "--json", "x")
    assert json.loads(out) == answer()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [((), 2, "usage:"), (("x",), 1, "no appliance runs with the data directory")],
)
def test_nothing_to_ask_or_nobody_to_ask(
    tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = subprocess.run(
        [str(COMMAND), "ask", *arguments],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
