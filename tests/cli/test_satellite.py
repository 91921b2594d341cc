"""`appliance satellite`: what a person sees, and where the secret is not."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from appliance.satellites import unit_join
from tests.appliances import COMMAND, environment
from tests.satellites.test_credentials import Hub, hub_of

SECONDS = 20.0
LINE = re.compile(r"(appliance-satellite://\S+)")


def settings(data: Path) -> dict[str, str]:
    return environment(data, mqtt__listen="127.0.0.1", mqtt__listen_port="18883") | {"COLUMNS": "200"}


def command(data: Path, *arguments: str, **overrides: str) -> subprocess.CompletedProcess[str]:
    """Run it with no appliance beside it."""
    variables = settings(data) | {f"APPLIANCE__{name.upper()}": value for name, value in overrides.items()}
    return subprocess.run(
        [COMMAND, *arguments], env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False, timeout=SECONDS,
    )  # fmt: skip


async def beside(hub: Hub, *arguments: str) -> tuple[int, str, str, str]:
    """Run it beside a broker of this process; status, output, errors, and every command line meanwhile."""
    child = await asyncio.create_subprocess_exec(
        str(COMMAND), *arguments, env=settings(hub.data), stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    waiting = asyncio.create_task(child.communicate())
    seen = set()
    async with asyncio.timeout(SECONDS):
        while not waiting.done():
            seen |= command_lines()
            await asyncio.sleep(0.01)
    out, err = waiting.result()
    assert child.returncode is not None
    return child.returncode, out.decode(), err.decode(), "\n".join(seen)


def command_lines() -> set[str]:
    """Of every process that can be seen."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.add(entry.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:  # it ended while we looked
            continue
    return found


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with hub_of(tmp_path / "data") as made:
        yield made


def uri_of(text: str) -> str:
    found = LINE.search(text)
    assert found is not None, text
    return found[1]


async def test_added_listed_and_revoked_beside_a_running_broker(hub: Hub) -> None:
    status, out, err, _ = await beside(hub, "satellite", "add", "kitchen", "--area", "Küche")
    assert (status, err) == (0, "")
    assert "kitchen may connect. The password is shown only now" in out
    joined = unit_join.parse(uri_of(out))
    assert (joined.name, joined.tls, joined.ca) == ("kitchen", True, hub.broker.authority)
    assert joined.host.endswith(".local")
    assert "kitchen" in hub.broker.accounts()
    status, out, _, _ = await beside(hub, "satellite", "list")
    assert out.split() == ["kitchen", "satellite", "Küche"]
    assert joined.password not in out
    status, out, _, _ = await beside(hub, "satellite", "revoke", "kitchen")
    assert (status, out) == (0, "kitchen may not connect any more\n")
    assert (await beside(hub, "satellite", "list"))[1] == "nobody was added\n"
    assert hub.broker.accounts() == {}


async def test_the_secret_is_in_no_command_line_log_or_file(
    hub: Hub, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    _, out, _, seen = await beside(hub, "satellite", "add", "kitchen")
    secret = unit_join.parse(uri_of(out)).password
    assert "satellite add kitchen" in seen
    broker_line = Path(f"/proc/{hub.broker.pid}/cmdline").read_text()
    assert secret not in seen + broker_line + caplog.text
    for path in tmp_path.rglob("*"):
        assert not (path.is_file() and secret.encode() in path.read_bytes()), path


def form(shown: str) -> dict[str, str]:
    """What is to be typed, by the name of its field."""
    return dict(line.split(maxsplit=1) for line in shown.splitlines() if line.startswith("  "))


async def test_a_hermes_satellite_gets_a_form_to_fill_in(hub: Hub) -> None:
    _, out, _, _ = await beside(hub, "satellite", "add", "esp", "--protocol", "hermes", "--host", "localhost")
    fields = form(out)
    assert (fields["host"], fields["user"]) == ("localhost", "esp")
    assert fields["site"].split() == ["id", "esp"]
    assert "BEGIN CERTIFICATE" in out
    assert LINE.search(out) is None
    assert (await beside(hub, "satellite", "list"))[1].split() == ["esp", "satellite", "(Hermes)"]


async def test_json_is_one_object_a_line(hub: Hub) -> None:
    told = json.loads((await beside(hub, "satellite", "--json", "add", "kitchen"))[1])
    assert unit_join.parse(told["uri"]).password == told["password"]
    await beside(hub, "satellite", "add", "hall")
    listed = [json.loads(line) for line in (await beside(hub, "satellite", "--json", "list"))[1].splitlines()]
    assert [each["name"] for each in listed] == ["hall", "kitchen"]
    assert told["password"] not in str(listed)
    assert json.loads((await beside(hub, "satellite", "--json", "revoke", "hall"))[1]) == {"revoked": "hall"}


def terminal(data: Path, columns: int, *arguments: str) -> str:
    """What it shows on a terminal of this width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 80, columns, 0, 0))
    variables = {name: value for name, value in settings(data).items() if name != "COLUMNS"}
    child = subprocess.Popen(
        [COMMAND, *arguments], env=variables, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            chunk = os.read(ours, 65_536)
        except OSError:  # the other end is closed: that is the end of a terminal
            break
        if not chunk:
            break
        shown += chunk
    os.close(ours)
    assert child.wait(SECONDS) == 0
    return shown.decode()


def test_a_terminal_shows_the_line_as_a_code_that_fits(tmp_path: Path) -> None:
    shown = terminal(tmp_path, 200, "satellite", "add", "kitchen")
    assert LINE.search(shown)
    rows = [line for line in shown.splitlines() if any(block in line for block in "▀▄█")]
    assert len(rows) > 20
    assert LINE.search(terminal(tmp_path, 200, "satellite", "add", "hall", "--no-code"))
    assert "▀" not in terminal(tmp_path, 200, "satellite", "add", "attic", "--no-code")


def test_a_window_that_is_too_narrow_gets_a_sentence_in_place_of_a_broken_code(tmp_path: Path) -> None:
    shown = terminal(tmp_path, 40, "satellite", "add", "kitchen")
    assert LINE.search(shown.replace("\r\n", "\n"))
    assert "columns wide (it has 40)" in shown
    assert "▀" not in shown


def test_without_a_running_appliance_it_is_kept_for_its_start(tmp_path: Path) -> None:
    done = command(tmp_path, "satellite", "add", "kitchen")
    assert (done.returncode, done.stderr) == (0, "")
    assert "start it, then add this again" in done.stdout
    assert command(tmp_path, "satellite", "list").stdout.split() == ["kitchen", "satellite"]
    closed = command(tmp_path, "satellite", "add", "hall", mqtt__listen="")
    assert "mqtt.listen" in closed.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "kitchen"), "there is one of this name already"),
        (("add", "KITCHEN"), "there is one of this name already"),
        (("add", "local"), "that is the appliance itself"),
        (("add", "a b"), "use letters"),
        (("add", "a/b"), "use letters"),
        (("add", ""), "use letters"),
        (("add", "+"), "use letters"),
        (("add", "kü\x1b[31m"), "use letters"),
        (("add", "x" * 5_000), "use letters"),
        (("add", "hall", "--area", "x" * 5_000), "area"),
        (("add", "hall", "--host", "a b"), "host"),
        (("add", "hall", "--host", "other.lan"), "'other.lan'"),
        (("revoke", "nobody"), "there is: kitchen"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence_with_a_hint(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    command(tmp_path, "satellite", "add", "kitchen")
    done = command(tmp_path, "satellite", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert "→" in done.stderr
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr
    assert len(done.stderr) < 1_000


def test_somebody_elses_broker_is_told_its_rights(tmp_path: Path) -> None:
    done = command(tmp_path, "satellite", "add", "kitchen", mqtt__host="broker.lan")
    assert done.returncode == 0
    assert "broker.lan:1883 is not the appliance's own" in done.stdout
    assert "write   appliance/satellites/kitchen/up/audio" in done.stdout
    refused = command(tmp_path, "satellite", "revoke", "kitchen", mqtt__host="broker.lan")
    assert refused.returncode == 1
    assert "decides itself" in refused.stderr


def test_damaged_credentials_are_reported_and_no_traceback(tmp_path: Path) -> None:
    command(tmp_path, "satellite", "add", "kitchen")
    for path in (tmp_path / "mosquitto").glob("credentials.json*"):
        path.write_text("{")
    done = command(tmp_path, "satellite", "list")
    assert (done.returncode, done.stdout) == (0, "nobody was added\n")
    assert "Traceback" not in done.stderr
    assert (tmp_path / "mosquitto" / "credentials.json.damaged").read_text() == "{"


def test_adding_does_not_read_the_whole_program() -> None:
    """The command is light: its help is there at once."""
    words = "import sys, appliance.cli.satellite, appliance.cli.device; print(*sys.modules)"
    run: Any = subprocess.run(
        [COMMAND.parent / "python", "-c", words], capture_output=True, text=True, check=True
    )
    assert not {"aiomqtt", "segno", "cryptography", "numpy"} & set(run.stdout.split())
