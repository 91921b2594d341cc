"""The process that fetches: what it is told, what it says, never a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from appliance.config.model import Config, Paths
from appliance.ops.fetching import Order


def process(told: bytes, manifest: Path | None = None) -> tuple[int, list[dict[str, object]]]:
    variables = {"APPLIANCE_MANIFEST": str(manifest)} if manifest is not None else {}
    done = subprocess.run(
        [sys.executable, "-m", "appliance.ops.fetching"],
        input=told,
        capture_output=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **variables},
    )
    assert b"Traceback" not in done.stderr, done.stderr
    return done.returncode, [msgspec.json.decode(line) for line in done.stdout.splitlines()]


def order(data: Path, *names: str) -> bytes:
    return msgspec.json.encode(Order(Config(paths=Paths(data=str(data))), names))


def test_what_comes_with_the_appliance_cannot_be_fetched(tmp_path: Path) -> None:
    status, said = process(order(tmp_path, "hey_jarvis_nowhere"))
    assert status == 1
    assert "there is no model" in str(said[-1]["error"])
    assert said[-1]["hint"]


@pytest.mark.parametrize("told", [b"", b"{}", b'{"names": 7}', b"\xff"])
def test_no_order_is_said_in_a_line(told: bytes) -> None:
    status, said = process(told)
    assert status == 2
    assert "no order" in str(said[-1]["error"])


def test_a_manifest_that_is_none_is_said(tmp_path: Path) -> None:
    manifest = tmp_path / "models.toml"
    manifest.write_text("model = 7\n")
    status, said = process(order(tmp_path, "x"), manifest)
    assert status == 1
    assert "manifest" in str(said[-1]["error"])
