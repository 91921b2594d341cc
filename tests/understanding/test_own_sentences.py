"""Sentences of the owner."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.errors import UnderstandingError
from appliance.home.entities import Area, Entity, House
from appliance.understanding.intents import Understander
from appliance.understanding.own_sentences import MAX_BYTES, load_sentences, parse_sentences, with_own
from appliance.understanding.templates import Templates
from appliance.wire.messages import Deed

LUMOS = """
intents:
  HassTurnOn:
    data:
      - sentences:
          - "lumos [in] [the] <area>"
        slots:
          domain: light
"""
HOUSE = House(
    areas=(Area("hall", "Hall"),), entities=(Entity("light.h", "Lamp", "light", area="hall", state="off"),)
)


def test_own_sentences_are_understood_beside_the_others(tmp_path: Path):
    file = tmp_path / "own.yaml"
    file.write_text(LUMOS.replace("<area>", "{area}"), encoding="utf-8")
    home = Understander(HOUSE, Templates("en", load_sentences(file)))
    home.open()
    on = (Deed("light", "turn_on", ("light.h",)),)
    assert home.understand("lumos in the hall").deeds == on
    assert home.understand("turn on the lamp").deeds == on


def test_what_was_there_stays():
    data = {"intents": {"A": {"data": [{"sentences": ["a"]}]}}, "lists": {"x": 1}}
    both = with_own(data, {"intents": {"A": {"data": [{"sentences": ["b"]}]}, "B": {"data": []}}})
    assert [block["sentences"] for block in both["intents"]["A"]["data"]] == [["a"], ["b"]]
    assert both["lists"] == {"x": 1}
    assert data["intents"]["A"]["data"] == [{"sentences": ["a"]}]


@pytest.mark.parametrize(
    "text",
    [
        "[1, 2]",
        "intents: [a]",
        "intents: {A: {data: [{sentences: [5]}]}}",
        "intents: {A: {data: [{sentences: ['(((']}]}}",
        "intents: {A: {}}",
        "a: !!python/object:os.system {}",
        "{{{{",
        "x" * (MAX_BYTES + 1),
    ],
)
def test_what_is_wrong_is_named(text: str):
    with pytest.raises(UnderstandingError) as raised:
        parse_sentences(text, "own.yaml")
    assert "own.yaml" in raised.value.message


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(UnderstandingError, match=r"nowhere\.yaml"):
        load_sentences(tmp_path / "nowhere.yaml")


def test_nothing_is_a_file_of_no_sentences():
    assert parse_sentences("", "own.yaml") == {}
