"""`appliance models` as a person runs it, against a real server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ops.conftest import entry
from tests.ops.web import Web, serving

CONTENT = b"GGUF" + bytes(5_000)
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as server:
        server.files["/m"] = CONTENT
        yield server


@pytest.fixture
def run(tmp_path: Path, web: Web) -> Run:
    """The command with a manifest of one model, on the test's own server."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("APPLIANCE")}
    (tmp_path / "models.toml").write_text(
        entry(f"{web.url}/m", CONTENT) + entry(f"{web.url}/m", None, name="new")
    )
    config = tmp_path / "a.toml"
    config.write_text(
        f"paths.data = '{tmp_path}/data'\npaths.models = '{tmp_path}/image'\n"
        "llm.model = 'tiny'\n[wake]\nengine = 'none'\nwords = ['/a/word.onnx']\n"
    )
    environ["APPLIANCE_MANIFEST"] = str(tmp_path / "models.toml")

    def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "appliance", "models", "--config", str(config), *map(str, arguments)],
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return command


def test_from_missing_to_fetched_to_damaged_to_mended(run: Run, tmp_path: Path) -> None:
    before = [json.loads(line) for line in run("list", "--json").stdout.splitlines()]
    assert [(each["name"], each["state"], each["needed"]) for each in before] == [
        ("tiny", "missing", True),
        ("new", "missing", False),
    ]
    fetched = run("fetch")
    assert (fetched.returncode, fetched.stderr) == (0, "")
    path = tmp_path / "data" / "models" / "tiny" / "model.gguf"
    assert fetched.stdout == f"tiny: fetched: {path}\n"
    assert "already here" in run("fetch", "tiny").stdout
    assert "verified" in run("list").stdout
    path.write_bytes(b"damaged")
    verified = run("verify")
    assert verified.returncode == 1
    assert "appliance models fetch tiny" in verified.stderr
    assert json.loads(run("fetch", "--json").stdout) == {"name": "tiny", "path": str(path), "fetched": True}
    assert json.loads(run("verify", "tiny", "--json").stdout) == {"name": "tiny", "ok": True, "problem": ""}


def test_a_file_without_a_checksum_needs_a_word(run: Run) -> None:
    refused = run("fetch", "new")
    assert refused.returncode == 1
    assert "--trust-first-download" in refused.stderr
    assert run("fetch", "new", "--trust-first-download").returncode == 0
    assert run("verify", "new").returncode == 0


def test_a_file_of_ones_own(run: Run, tmp_path: Path) -> None:
    own = tmp_path / "own.gguf"
    own.write_bytes(CONTENT)
    done = run("add", own, "--name", "mine", "--language", "en")
    assert done.stdout == 'mine: added for llamacpp. Use it with: llm.model = "mine"\n'
    assert json.loads(run("verify", "mine", "--json").stdout)["ok"]


@pytest.mark.parametrize("arguments", [("fetch", "other"), ("verify", "other"), ("add", "no-such-file")])
def test_mistakes_end_in_a_sentence(run: Run, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 1
    assert done.stderr.startswith("appliance: ")
    assert "Traceback" not in done.stderr


def test_without_a_server_the_sentence_says_what_to_do(run: Run, web: Web) -> None:
    web.statuses = [404]
    done = run("fetch")
    assert done.returncode == 1
    assert "the server answered 404" in done.stderr
    assert "→" in done.stderr
