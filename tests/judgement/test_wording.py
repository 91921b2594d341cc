"""Questions name what they are about, in one short clean sentence."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.home.entities import Area, House
from appliance.judgement import wording
from appliance.judgement.hazards import Hazard
from appliance.judgement.wording import MAX_NAMED
from tests.judgement.homes import entity

HOUSE = House(
    areas=(Area("hall", "Hall"), Area("cellar", "Cellar")),
    entities=(
        entity("lock.front", "Front door", "hall"),
        entity("lock.a", "Side door", "hall"),
        entity("lock.b", "side door", "cellar"),
        entity("cover.gate", "Gate\x1b{area}? yes. " + "x" * 500),
    ),
)
FRONT, SIDE, GATE = (
    Hazard("lock.front", "", "unlock"), Hazard("lock.a", "", "unlock"), Hazard("cover.gate", "", "open")
)  # fmt: skip


@pytest.mark.parametrize(
    ("language", "hazards", "how", "others", "question"),
    [
        ("en", [FRONT], "yes", 0, "Shall I unlock Front door?"),
        ("en", [SIDE], "yes", 0, "Shall I unlock Side door in Hall?"),
        (
            "en",
            [FRONT, SIDE],
            "pin",
            0,
            "Shall I unlock Front door and Side door in Hall? Please say your PIN.",
        ),
        ("en", [FRONT], "yes", 2, "Shall I unlock Front door and 2 other things?"),
        ("de", [FRONT, FRONT], "voice", 1, "Soll ich Front door und ein weiteres Ding aufschließen?"),
        ("de-CH", [FRONT], "pin", 0, "Soll ich Front door aufschließen? Sag deine PIN."),
        ("fr", [FRONT], "yes", 0, None),
        ("en", [], "yes", 3, None),
    ],
)
def test_questions(language: str, hazards: list[Hazard], how: Any, others: int, question: str) -> None:
    assert wording.question(language, hazards, how, HOUSE, others) == question


def test_different_deeds_are_one_question() -> None:
    asked = wording.question("en", [FRONT, GATE], "yes", HOUSE)
    assert asked is not None
    assert asked.startswith("That concerns Front door and Gate area yes xxx")
    assert len(asked) < 200
    assert asked.isprintable()


def test_more_than_can_be_named_is_not_asked() -> None:
    many = [Hazard(f"lock.x{number}", "", "unlock") for number in range(MAX_NAMED + 1)]
    assert wording.question("en", many, "yes", HOUSE) is None
    assert wording.question("en", many[1:], "yes", HOUSE) is not None


def test_reasons_in_languages() -> None:
    assert wording.reason("en", "child", "lock.front", HOUSE) == "Front door is only for grown-ups."
    assert wording.reason("de", "child", "lock.front", HOUSE) == "Front door ist nur für Erwachsene."
    assert wording.reason("fr", "child", "lock.front", HOUSE) == "Front door ne peut pas faire cela."
    assert wording.reason("en", "missing", "lock.nowhere", HOUSE) == "There is no such thing here."


def test_both_languages_say_everything() -> None:
    english, german = (wording._TEXTS[language] for language in ("en", "de"))
    assert english.keys() == german.keys()
    assert all(english[key] != german[key] for key in english if key != "in")
