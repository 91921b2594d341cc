"""`appliance person`: people over the socket or in the files; a PIN never on a command line."""

from __future__ import annotations

import argparse
import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from appliance.cli import _people
from appliance.control import NotRunning
from appliance.judgement.pins import Pins
from tests.appliances import COMMAND, environment
from tests.controlled import controlled

SECONDS = 20


def command(data: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "person", *arguments], env=environment(data), input=given, capture_output=True, text=True,
        check=False, timeout=SECONDS,
    )  # fmt: skip


def whose(data: Path, pin: str) -> str:
    pins = Pins(data / "judgement" / "pins.json")
    pins.open()
    return pins.whose(pin)


def test_people_without_an_appliance(tmp_path: Path) -> None:
    added = command(tmp_path, "add", "Anna B", "--role", "owner", "--room", "hall", "--rule", "pin lock.*")
    assert (added.returncode, added.stdout) == (0, "Anna B is known as owner\n")
    command(tmp_path, "add", "Kim", "--role", "child")
    listed = command(tmp_path, "list").stdout.splitlines()
    assert listed[0].split() == ["Anna", "B", "owner", "usually", "in", "hall;", "pin", "lock.*"]
    assert [json.loads(line)["name"] for line in command(tmp_path, "--json", "list").stdout.splitlines()] == [
        "Anna B",
        "Kim",
    ]
    assert command(tmp_path, "remove", "anna b").stdout == "Anna B is forgotten\n"
    command(tmp_path, "remove", "kim")
    assert command(tmp_path, "list").stdout == "nobody was added\n"


def test_a_pin_comes_from_standard_input(tmp_path: Path) -> None:
    command(tmp_path, "add", "Anna")
    done = command(tmp_path, "pin", "set", "anna", given="471199\n")
    assert (done.returncode, done.stdout) == (0, "Anna has a new PIN\n")
    assert whose(tmp_path, "471199") == "Anna"
    assert "471199" not in done.stdout + done.stderr


def test_a_pin_is_asked_for_twice_at_a_terminal_and_not_shown(tmp_path: Path) -> None:
    command(tmp_path, "add", "Anna")
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [COMMAND, "person", "pin", "set", "Anna"], env=environment(tmp_path), stdin=theirs, stdout=theirs,
        stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    for prompt in (b"PIN: ", b"Again: "):
        while prompt not in shown:
            shown += os.read(ours, 1_024)
        os.write(ours, b"471199\n")
    assert child.wait(SECONDS) == 0
    try:
        while piece := os.read(ours, 1_024):
            shown += piece
    except OSError:
        pass  # how a terminal says that the other end is gone
    os.close(ours)
    assert b"471199" not in shown
    assert whose(tmp_path, "471199") == "Anna"


def test_a_pin_on_the_command_line_is_not_even_understood(tmp_path: Path) -> None:
    command(tmp_path, "add", "Anna")
    done = command(tmp_path, "pin", "set", "Anna", "471199")
    assert done.returncode == 2
    assert whose(tmp_path, "471199") == ""


@pytest.mark.parametrize(
    ("arguments", "given", "message"),
    [
        (["pin", "set", "Zoe"], "471199\n", "nobody is called 'Zoe'"),
        (["pin", "set", "Anna"], "", "no PIN was given"),
        (["pin", "set", "Anna"], "12\n", "that is no PIN"),
        (["remove", "Zoe"], "", "nobody is called 'Zoe'"),
        (["add", "anna"], "", "known already"),
        (["add", "Ben", "--role", "boss"], "", "no role 'boss'"),
        (["add", "Ben", "--rule", "permit x"], "", "is none of allow"),
        (["enrol", "Anna"], "", "no appliance runs"),
    ],
)
def test_mistakes_end_in_a_sentence(tmp_path: Path, arguments: list[str], given: str, message: str) -> None:
    command(tmp_path, "add", "Anna")
    done = command(tmp_path, *arguments, given=given)
    assert (done.returncode, done.stdout) == (1, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


async def test_it_asks_the_running_appliance(tmp_path: Path) -> None:
    answers = {
        "person_remove": {"removed": "An\x1bna", "still_in_rules": ["allow lock.* for Anna"]},
        "person_enrol": {"name": "Anna", "room": "hall", "needed": 5},
    }
    async with controlled(tmp_path, **answers) as served:
        _, removed, _ = await served.command("person", "remove", "Anna")
        _, enrolled, _ = await served.command("person", "enrol", "Anna", "--room", "hall")
    assert [(request["do"], request["name"]) for request in served.requests] == [
        ("person_remove", "Anna"),
        ("person_enrol", "Anna"),
    ]
    assert "\x1b" not in removed
    assert "a rule still names them: allow lock.* for Anna" in removed
    assert enrolled == "Anna: say 5 or more different sentences in hall\n"


def test_what_needs_a_listener_is_not_asked_of_files(tmp_path: Path) -> None:
    file = tmp_path / "appliance.toml"
    file.write_text(f'[paths]\ndata = "{tmp_path}"\n')
    arguments = argparse.Namespace(config=file)
    assert _people.ask(arguments, "person_list") == {"people": []}
    for do in _people.LIVE:
        with pytest.raises(NotRunning):
            _people.ask(arguments, do, name="Anna")
