"""In a whole appliance: what was said is kept over a restart where somebody asked for it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.appliances import COMMAND, Running, environment


def listed(running: Running) -> list[dict[str, object]]:
    done = subprocess.run(
        [COMMAND, "history", "--json"],
        env=environment(running.data),
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


async def test_a_sentence_and_its_answer_are_kept_over_a_restart(tmp_path: Path) -> None:
    data = tmp_path / "data"
    running = Running(data, wake__engine="microwakeword", history__days="7")
    try:
        await running.listening()
        await running.ask("what time is it")
        running.close()
        running = Running(data, wake__engine="microwakeword", history__days="7")
        await running.listening()
        (row,) = listed(running)
        assert (row["room"], row["words"]) == ("local", "what time is it")
        assert row["answer"]
    finally:
        running.close()
