"""`appliance token`: tokens made, listed and revoked, while the web runs and without it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from appliance.web.access.store import FILE
from tests.appliances import COMMAND, environment
from tests.web.access.keys import bearer
from tests.web.access.served import PASSPHRASE, served

SECONDS = 30


def command(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *arguments],
        env=environment(data),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


def test_made_listed_and_revoked_without_an_appliance(tmp_path: Path) -> None:
    made = command(
        tmp_path, "token", "create", "--scope", "speak", "--scope", "chat", "--name", "door", "--days", "3"
    )
    secret = made.stdout.strip()
    assert (made.returncode, made.stderr) == (0, "")
    assert re.fullmatch(r"appl_[\w-]{43}", secret)
    assert secret not in (tmp_path / "web" / FILE).read_text()

    listed = command(tmp_path, "token", "list").stdout
    assert secret not in listed
    assert "speak chat" in listed
    assert listed.rstrip().endswith("door")
    (known,) = [json.loads(line) for line in command(tmp_path, "token", "--json", "list").stdout.splitlines()]
    assert known["scopes"] == ["speak", "chat"]
    assert known["expires"] - known["made"] == 3 * 86_400

    gone = command(tmp_path, "token", "revoke", known["id"])
    assert (gone.returncode, "no use any more" in gone.stdout) == (0, True)
    assert command(tmp_path, "token", "list").stdout == "no tokens\n"


def test_they_count_at_once_for_the_web_that_runs(tmp_path: Path) -> None:
    with served(tmp_path) as server, server.client() as client:
        secret = command(tmp_path, "token", "create", "--scope", "admin", "--name", "me").stdout.strip()
        assert client.get("/api/tokens", headers=bearer(secret)).status_code == 200
        assert command(tmp_path, "token", "revoke", "me").returncode == 0
        assert client.get("/api/tokens", headers=bearer(secret)).status_code == 401


def test_a_code_for_the_page(tmp_path: Path) -> None:
    with served(tmp_path) as server, server.client() as client:
        code = command(tmp_path, "token", "claim").stdout.splitlines()[0]
        body = {"code": code, "passphrase": PASSPHRASE}
        assert client.post("/api/setup/claim", json=body).status_code == 200


@pytest.mark.parametrize(
    "arguments",
    [
        ("create",),
        ("create", "--scope", "everything"),
        ("create", "--scope", "read", "--days", "-1"),
        ("revoke", "x"),
    ],
)
def test_what_cannot_be_is_said_with_what_to_do(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = command(tmp_path, "token", *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith("appliance: ")
    assert "→" in done.stderr
    assert "Traceback" not in done.stderr
