from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given

from appliance.conversation import neutral
from tests.conversation.homes import ATTACKS, hostile

MARKUP = set('<>|[]{}"`\\\n\r\t\0_')


@given(hostile)
def test_names_are_one_short_line_without_markup(text: str) -> None:
    for made, most in ((neutral.name(text), 48), (neutral.state(text), 24), (neutral.words(text), 400)):
        assert not set(made) & MARKUP
        assert len(made) <= most
        assert made == " ".join(made.split())
        assert {unicodedata.category(char)[0] for char in made} <= set("LMNPSZ")
        assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} for char in made)
        made.encode()


@pytest.mark.parametrize("text", ATTACKS)
def test_no_model_finds_its_own_marks_in_them(text: str) -> None:
    for mark in ("<|", "|>", "[INST]", "</s>", "<｜", "▁", '":', "{{", "\n"):
        assert mark not in neutral.name(text)
        assert mark not in neutral.words(text)


def test_ordinary_names_stay() -> None:
    for text in ("Küche 2", "Anna's lamp (left)", "Ванная", "客厅", "50 % & more", "A/C No. 1"):
        assert neutral.name(text) == text
    assert neutral.words("What's up? It costs 3€; right!") == "What's up? It costs 3€; right!"


@pytest.mark.parametrize(
    ("entity_id", "plain"),
    [
        ("light.desk_2", True),
        ("light.", False),
        ("light", False),
        ("Light.desk", False),
        ("light.de sk", False),
        ('light.a"b', False),
        ("light.a\n", False),
        ("light.a.b", False),
        (f"light.{'a' * 65}", False),
        ("", False),
        ("light.ä", False),
    ],
)
def test_ids_are_plain_or_not_shown(entity_id: str, plain: bool) -> None:
    assert neutral.is_plain_id(entity_id) == plain
