"""`appliance understand`: lines in, lines out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from appliance.cli.understand import MAX_HOUSES, Houses, Question, reply
from appliance.errors import HomeError
from appliance.home.entities import Area, Context, Entity, House
from tests.checkout import ROOT

LAMP = Entity("light.lamp", "Lamp", "light", area="hall", state="off")
HOUSE = House(areas=(Area("hall", "Hall"),), entities=(LAMP,))


@pytest.fixture(scope="module")
def houses() -> Houses:
    return Houses(None)


def line(house: House, text: str, **more: Any) -> bytes:
    return msgspec.json.encode({"house": msgspec.to_builtins(house), "utterance": text, **more})


def test_a_line_gives_deeds_and_an_answer(houses: Houses):
    found = reply(houses, line(HOUSE, "turn on the lamp"), "line 1")
    assert found["actions"] == [
        {"domain": "light", "service": "turn_on", "entity_id": ["light.lamp"], "data": {}}
    ]
    assert (found["source"], bool(found["answer"])) == ("intent", True)
    assert found["ms"] > 0


def test_nothing_understood_has_no_answer(houses: Houses):
    found = reply(houses, line(HOUSE, "what is the meaning of life"), "line 1")
    assert (found["actions"], found["answer"], found["source"]) == ([], "", "none")


def test_states_change_and_rooms_count(houses: Houses):
    on = HOUSE.with_entities([msgspec.structs.replace(LAMP, state="on")])
    assert reply(houses, line(HOUSE, "is the lamp on"), "")["answer"].startswith("No")
    assert reply(houses, line(on, "is the lamp on"), "")["answer"].startswith("Yes")
    here = msgspec.structs.replace(HOUSE, context=Context(area="hall"))
    assert reply(houses, line(here, "turn on the lights in here"), "")["actions"]


def test_a_follow_up_is_one_only_when_it_says_so(houses: Houses):
    reply(houses, line(HOUSE, "turn on the lamp"), "")
    assert reply(houses, line(HOUSE, "turn it off"), "")["actions"] == []
    reply(houses, line(HOUSE, "turn on the lamp"), "")
    assert reply(houses, line(HOUSE, "turn it off", follow_up=True), "")["actions"]


def test_few_houses_are_kept(houses: Houses):
    for number in range(MAX_HOUSES + 3):
        entity = msgspec.structs.replace(LAMP, name=f"Lamp {number}")
        houses.understand(Question(HOUSE.with_entities([entity]), "hello"))
    assert len(houses._kept) == MAX_HOUSES


@pytest.mark.parametrize("text", [b"{", b"[]", b'{"house": {}}', b"\xff", b'{"house": 1, "utterance": ""}'])
def test_a_wrong_line_is_named(houses: Houses, text: bytes):
    with pytest.raises(HomeError) as raised:
        reply(houses, text, "line 7")
    assert raised.value.message.startswith("line 7")


def test_the_command_answers_line_by_line_and_one_sentence(tmp_path: Path):
    command = [sys.executable, "-m", "appliance", "understand"]
    lines = line(HOUSE, "turn on the lamp") + b"\n\n" + line(HOUSE, "is the lamp on") + b"\n"
    run = subprocess.run(command, input=lines, cwd=ROOT, capture_output=True, check=True, timeout=60)
    answers = [json.loads(each) for each in run.stdout.splitlines()]
    assert [bool(each["actions"]) for each in answers] == [True, False]
    file = tmp_path / "house.json"
    file.write_bytes(msgspec.json.encode(HOUSE))
    words = [*command, "--house", str(file), "turn", "on", "the", "lamp"]
    run = subprocess.run(words, cwd=ROOT, capture_output=True, check=True, timeout=60)
    assert b"light.turn_on light.lamp" in run.stdout
