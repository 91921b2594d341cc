"""`appliance status`: every line that a person needs, and nothing that moves their cursor."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from appliance.cli._others import lines_of_others
from tests.controlled import controlled, stage, status

EVIL = "\x1b[2J\x07[bold]:skull:[/bold]"


async def test_all_is_well(tmp_path: Path) -> None:
    async with controlled(tmp_path) as served:
        code, out, err = await served.command("status")
    assert (code, err) == (0, "")
    assert "appliance 1.2.3: listening" in out
    row = next(line for line in out.splitlines() if line.split()[:1] == ["stt"])
    assert row.split() == ["stt", "some", "ready", "4711", "0", "33", "of", "160", "MB"]
    assert "no language model is chosen → choose one" in out
    assert "sandbox: limits no cgroups" in out
    assert "broker: 127.0.0.1:1883 connected" in out
    assert "home: 12 entities in 4 areas" in out


@pytest.mark.parametrize(
    ("listening", "muted", "said", "code"),
    [(True, False, "listening", 0), (False, True, "muted", 0), (False, False, "not listening", 1)],
)
async def test_its_exit_status_says_whether_it_hears(
    tmp_path: Path, listening: bool, muted: bool, said: str, code: int
) -> None:
    async with controlled(tmp_path, status=status(listening=listening, muted=muted)) as served:
        found, out, _ = await served.command("status")
    assert found == code
    assert out.splitlines()[0] == f"appliance 1.2.3: {said}"


async def test_a_page_that_cannot_be_served_is_told(tmp_path: Path) -> None:
    web = {"enabled": True, "trouble": "port 8085 (web.port) is taken → set web.port"}
    async with controlled(tmp_path, status=status(web=web)) as served:
        code, out, _ = await served.command("status")
    assert code == 0
    assert "web page: port 8085 (web.port) is taken → set web.port" in out


async def test_trouble_is_shown_with_its_remedy(tmp_path: Path) -> None:
    broken = stage(
        "stt",
        state="backoff",
        pid=None,
        memory_mb=None,
        restarts=7,
        last_error="killed: 9",
        hint="buy memory",
    )
    mqtt = status()["mqtt"] | {"connected": False, "problem": "nothing listens", "hint": "start it"}
    async with controlled(tmp_path, status=status(stages=[broken], mqtt=mqtt, listening=False)) as served:
        code, out, _ = await served.command("status")
    assert code == 1
    row = next(line for line in out.splitlines() if line.split()[:1] == ["stt"])
    assert row.split() == ["stt", "some", "backoff", "7"]
    assert "stt: killed: 9 → buy memory" in out
    assert "broker: 127.0.0.1:1883 nothing listens → start it" in out


async def test_what_stages_say_is_shown_as_they_say_it(tmp_path: Path) -> None:
    stages = [stage("sound", detail=EVIL), stage("stt", state="failed", last_error="[/red] [x", hint="[/]")]
    mqtt = status()["mqtt"] | {"connected": False, "problem": EVIL, "hint": "[/]"}
    answer = status(stages=stages, mqtt=mqtt, absent={"llm": {"message": "[/dim]", "hint": "[a"}})
    async with controlled(tmp_path, status=answer) as served:
        _, out, err = await served.command("status")
    assert err == ""
    assert "\x1b" not in out
    assert "\x07" not in out
    assert out.count("[bold]:skull:[/bold]") == 1
    assert "stt: [/red] [x → [/]" in out
    assert "[/dim] → [a" in out


async def test_json_is_everything_on_one_line(tmp_path: Path) -> None:
    async with controlled(tmp_path) as served:
        code, out, _ = await served.command("status", "--json")
    assert code == 0
    assert json.loads(out) == status()
    assert out.count("\n") == 1


async def test_an_appliance_that_refuses(tmp_path: Path) -> None:
    refusal = {"error": "the sandbox was not probed yet", "hint": "wait a second"}
    async with controlled(tmp_path, status=refusal) as served:
        code, out, err = await served.command("status")
    assert (code, out) == (1, "")
    assert err == "appliance: the sandbox was not probed yet\n  → wait a second\n"


async def test_rooms_and_what_they_do(tmp_path: Path) -> None:
    rooms = [
        {"name": "local", "area": "", "phase": "idle", "not_searched": ""},
        {"name": "hall", "area": "Hall", "phase": "listening", "not_searched": "the processor is busy"},
    ]
    async with controlled(tmp_path, status=status(rooms=rooms)) as served:
        _, out, _ = await served.command("status")
    assert "room: local idle\n" in out
    assert "room: hall (Hall) listening not searched: the processor is busy" in out


async def test_satellites_and_home_assistant_are_shown_with_their_troubles(tmp_path: Path) -> None:
    def satellite(name: str, **more: object) -> dict[str, object]:
        usual = {"name": name, "refused": "", "online": True, "muted": False, "state": "idle", "faults": {}}
        return usual | more

    known = [
        satellite("kitchen"),
        satellite("hall", online=False),
        satellite("bath", muted=True, faults={"malformed": 3}),
        satellite("attic", refused=EVIL),
    ]
    answer = status(
        home_assistant={"connected": False, "problem": "[/x]", "hint": "look"},
        satellites={"satellites": known, "faults": {}},
        hermes={"rooms": {"den": {"detects": True, "off": [], "faults": {"audio": 2}}}, "faults": {}},
    )
    async with controlled(tmp_path, status=answer) as served:
        _, out, err = await served.command("status")
    assert err == ""
    assert "Home Assistant: [/x] → look" in out
    assert "satellite: kitchen idle\n" in out
    assert "satellite: hall away\n" in out
    assert "satellite: bath muted (malformed: 3)\n" in out
    assert "satellite: attic refused:  [2J [bold]:skull:[/bold]" in out
    assert "\x1b" not in out
    assert "satellite: den (Hermes) (audio: 2)\n" in out


def test_an_appliance_without_others_says_nothing_of_them() -> None:
    assert list(lines_of_others({})) == []
    empty = {"home_assistant": None, "satellites": {"satellites": []}, "hermes": {"rooms": {}}}
    assert list(lines_of_others(empty)) == []
