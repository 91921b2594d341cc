"""`appliance metrics`: what Prometheus would read."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
from prometheus_client.parser import text_string_to_metric_families

from appliance.cli.metrics import chosen
from appliance.observe.metrics import shown
from tests.controlled import controlled
from tests.observe.test_metrics import full


async def test_text(tmp_path: Path) -> None:
    text = full().render()
    async with controlled(tmp_path, metrics={"content_type": "text/plain", "text": text}) as served:
        code, out, err = await served.command("metrics")
        _, part, _ = await served.command("metrics", "appliance_stage_up")
    assert (code, err) == (0, "")
    assert out == text
    assert len(list(text_string_to_metric_families(out))) > 40
    assert part.splitlines() == [
        "# HELP appliance_stage_up 1: the stage is ready.",
        "# TYPE appliance_stage_up gauge",
        'appliance_stage_up{stage="stt"} 1',
        'appliance_stage_up{stage="tts"} 0',
    ]


async def test_json(tmp_path: Path) -> None:
    samples = msgspec.to_builtins(shown(full().samples()))
    async with controlled(tmp_path, metrics={"samples": samples}) as served:
        code, out, _ = await served.command("metrics", "--json", "appliance_listening")
        assert served.requests[-1]["form"] == "samples"
    assert code == 0
    assert json.loads(out) == {"name": "appliance_listening", "labels": {}, "value": 1.0}


async def test_an_appliance_that_refuses(tmp_path: Path) -> None:
    async with controlled(tmp_path, metrics={"error": "not yet", "hint": "wait"}) as served:
        code, out, err = await served.command("metrics")
    assert (code, out, err) == (1, "", "appliance: not yet\n  → wait\n")


def test_lines_of_a_metric() -> None:
    text = "# HELP a_x X.\n# TYPE a_x gauge\na_x 1\n# HELP b B.\nb 2\n#\n"
    assert chosen(text, "a_") == ["# HELP a_x X.", "# TYPE a_x gauge", "a_x 1"]
    assert chosen(text, "") == text.splitlines()
