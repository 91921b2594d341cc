"""From words to wishes."""

from __future__ import annotations

import pytest

from appliance.understanding.resolution.english import english
from appliance.understanding.resolution.index import HouseIndex
from appliance.understanding.resolution.pieces import items, segments
from appliance.understanding.resolution.reading import Reader
from appliance.understanding.resolution.tokens import tokenize
from appliance.understanding.resolution.wishes import read
from tests.understanding.resolution.rooms import HOUSE

LEXICON = english()
INDEX = HouseIndex(HOUSE, {each.id: each.area for each in HOUSE.entities}, LEXICON)


def clauses(text: str) -> list[tuple[str, str, str]]:
    tokens = tokenize(text, LEXICON)
    parts = segments(items(tokens, [False] * len(tokens), INDEX))
    read_parts = (Reader(part, INDEX).read() for part in parts)
    return [(each.verb, each.particle, " ".join(word.text for word in each.words)) for each in read_parts]


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("turn on the lamp on the terrace", [("turn", "on", "lamp terrace")]),
        ("turn the lamp on the terrace on", [("turn", "on", "lamp terrace")]),
        ("lamp off", [("", "off", "lamp")]),
        ("light on in the hall", [("", "on", "light hall")]),
        ("lock the door", [("lock", "", "door")]),
        ("vacuum the hall", [("clean", "", "hall")]),
        ("vacuum off", [("", "off", "vacuum")]),
        ("turn the heat up", [("turn", "up", "heat")]),
        ("turn on the lamp and the fan", [("turn", "on", "lamp"), ("", "", "fan")]),
        ("turn up the volume on the tv", [("turn", "up", "tv")]),
    ],
)
def test_verbs_particles_and_things_are_told_apart(text: str, read_as: list[tuple[str, str, str]]):
    assert clauses(text) == read_as


@pytest.mark.parametrize(
    ("text", "acts"),
    [
        ("set the lamp to red and the fan to 20%", [("set", None, "red"), ("set", 20, "")]),
        ("turn the lamp and the fan off", [("off", None, "")]),
        ("turn on the lamp then turn off the fan", [("on", None, ""), ("off", None, "")]),
        ("make the lamp brighter", [("change", None, "")]),
        ("raise the blinds to 30 percent", [("raise", 30, "")]),
    ],
)
def test_a_sentence_is_one_or_several_wishes(text: str, acts: list[tuple[str, float | None, str]]):
    reading = read(tokenize(text, LEXICON), INDEX, protect=True)
    assert reading is not None
    assert [(wish.act.kind, wish.act.number, wish.act.color) for wish in reading.wishes] == acts


@pytest.mark.parametrize(
    "text", ["turn on off the lamp", "set the lamp to 20 percent 30 percent", "volume brightness"]
)
def test_what_is_said_twice_or_not_at_all_is_no_wish(text: str):
    assert read(tokenize(text, LEXICON), INDEX, protect=False) is None


def test_a_denied_wish_is_none():
    reading = read(tokenize("do not turn on the lamp", LEXICON), INDEX, protect=True)
    assert reading is not None
    assert reading.negated
    assert reading.wishes == ()
