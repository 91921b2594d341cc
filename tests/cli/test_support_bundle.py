"""`appliance support-bundle`: helps whoever helps, and tells nothing of the home."""

from __future__ import annotations

import gzip
import io
import json
import os
import pty
import stat
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.__main__ import main
from tests.appliances import COMMAND, environment
from tests.controlled import controlled, status
from tests.support.planted import Planted, plant

FILES = {
    "README.txt",
    "machine.json",
    "configuration.json",
    "checks.json",
    "status.json",
    "data.json",
    "log.jsonl",
}


def members(content: bytes) -> dict[str, str]:
    """File → text."""
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(content))) as archive:
        found = {}
        for member in archive.getmembers():
            assert member.isreg()
            assert member.mode == 0o600
            file = archive.extractfile(member)
            assert file is not None
            found[Path(member.name).name] = file.read().decode()
    return found


def leaks(text: str, planted: Planted) -> list[str]:
    return [secret for secret in planted.secrets if secret.casefold() in text.casefold()]


def run(home: Planted, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [
        str(COMMAND),
        "support-bundle",
        "--config",
        str(home.config),
        "--log",
        str(home.log),
        *arguments,
    ]
    return subprocess.run(
        command, cwd=home.config.parent, env=environment(home.data, mqtt__host=None, audio__device=None),
        capture_output=True, text=True, timeout=100, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_nothing_that_was_planted_is_in_it_while_the_appliance_is_down(tmp_path: Path) -> None:
    home = plant(tmp_path, "Xq9vZrT2")
    out = tmp_path / "bundle.tar.gz"
    done = run(home, "--out", str(out), "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert out.stat().st_size < 1_000_000
    found = members(out.read_bytes())
    assert set(found) == FILES
    assert leaks(str(found), home) == []
    assert leaks(done.stdout, home) == []
    assert "Xq9vZrT2" not in str(found)


def test_what_helps_is_in_it(tmp_path: Path) -> None:
    home = plant(tmp_path, "Xq9vZrT2")
    done = run(home, "--print", "--json")
    found = {each["file"]: each["content"] for each in map(json.loads, done.stdout.splitlines())}
    assert "stage stt is ready" in found["log.jsonl"]
    assert "Traceback" in found["log.jsonl"]
    assert "no appliance runs" in found["status.json"]
    configuration = json.loads(found["configuration.json"])
    assert configuration["mqtt.port"] == {"value": 1883, "from": "default"}
    assert configuration["mqtt.password"] == {"value": "(set)", "from": "file"}
    assert configuration["llm.engine"]["value"] == "openai"
    assert json.loads(found["data.json"])["files"]["judgement/people.db"]["whole"] is True
    assert {"python", "sandbox", "network"} <= {check["name"] for check in json.loads(found["checks.json"])}
    assert json.loads(found["machine.json"])["packages"]["msgspec"]
    assert list(tmp_path.glob("*.tar.gz")) == []


async def test_nothing_that_was_planted_is_in_it_while_the_appliance_runs(tmp_path: Path) -> None:
    home = plant(tmp_path, "Yw3kLmN8")
    metrics = {"text": f'# HELP x y\nappliance_turns{{room="{home.secrets[6]}"}} 3\n', "content_type": ""}
    async with controlled(home.data, status=status(**home.status), metrics=metrics) as served:
        code, out, err = await served.command(
            "support-bundle", "--config", str(home.config), "--log", str(home.log), "--print"
        )
    assert (code, err) == (0, "")
    assert leaks(out, home) == []
    assert "} 3.0" in out
    assert '"listening": true' in out


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(
        st.characters(whitelist_categories=("Lu", "Ll", "Nd"), max_codepoint=0x24F), min_size=8, max_size=20
    ).map(lambda text: f"Zq{text}")  # a word of the appliance's own, such as "announce", is no secret
)
def test_no_secret_of_any_kind(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str], secret: str
) -> None:
    home = plant(tmp_path_factory.mktemp("home"), secret)
    assert main(["support-bundle", "--config", str(home.config), "--log", str(home.log), "--print"]) == 0
    assert leaks(capsys.readouterr().out, home) == []


def test_it_asks_before_it_writes(tmp_path: Path) -> None:
    home = plant(tmp_path, "secretsecret")
    done = run(home)
    assert done.returncode == 1
    assert "--yes" in done.stderr
    assert "configuration.json" in done.stdout, "it shows what will be in it first"
    assert list(tmp_path.glob("*.tar.gz")) == []


@pytest.mark.parametrize(("answer", "status", "count"), [(b"n\n", 1, 0), (b"\n", 1, 0), (b"y\n", 0, 1)])
def test_the_answer_decides(tmp_path: Path, answer: bytes, status: int, count: int) -> None:
    home = plant(tmp_path, "secretsecret")
    master, end = pty.openpty()
    child = subprocess.Popen(
        [str(COMMAND), "support-bundle", "--config", str(home.config), "--log", str(home.log)],
        cwd=tmp_path, env=environment(home.data, mqtt__host=None, audio__device=None), stdin=end,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    os.close(end)
    try:
        os.write(master, answer)
        out, _ = child.communicate(timeout=60)
    finally:
        child.kill()
        os.close(master)
    assert (child.returncode, len(list(tmp_path.glob("appliance-support-*.tar.gz")))) == (status, count), out


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    home = plant(tmp_path, "secretsecret")
    out = tmp_path / "mine"
    out.write_text("precious")
    done = run(home, "--out", str(out), "--yes")
    assert done.returncode == 1
    assert "is there already" in done.stderr
    assert out.read_text() == "precious"
    assert list(tmp_path.glob(".*partial")) == []


def test_a_flood_of_log_stays_small(tmp_path: Path) -> None:
    home = plant(tmp_path, "secretsecret")
    line = json.dumps({"level": "info", "message": "stage stt is ready " * 100})
    home.log.write_text(f"{line}\n" * 20_000)
    out = tmp_path / "bundle.tar.gz"
    assert run(home, "--out", str(out), "--yes").returncode == 0
    assert sum(map(len, members(out.read_bytes()).values())) < 5_000_000
