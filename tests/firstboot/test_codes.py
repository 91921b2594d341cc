from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.firstboot import codes
from appliance.firstboot.errors import Fault


def test_a_made_code_is_eight_digits_and_never_the_same() -> None:
    made = {codes.made() for _ in range(50)}
    assert len(made) == 50
    assert all(len(code) == 8 and code.isdecimal() for code in made)


@pytest.mark.parametrize("typed", ["1234 5678", "1234-5678", " 12345678 ", "1234 - 5678"])
def test_it_may_be_typed_as_it_is_shown(typed: str) -> None:
    assert codes.matches(typed, codes.hashed("12345678"))


@pytest.mark.parametrize("typed", ["12345679", "", "1234567", "123456789", "１２３４５６７８", "x" * 5_000])
def test_another_code_does_not_match(typed: str) -> None:
    assert not codes.matches(typed, codes.hashed("12345678"))


def test_the_same_code_is_hashed_differently() -> None:
    assert codes.hashed("12345678") != codes.hashed("12345678")


def test_a_chosen_code_may_have_letters() -> None:
    assert codes.given("\n ab-cd 23 \n") == "ABCD23"


@pytest.mark.parametrize("text", ["", "12345", "aaaaaaa", "one\ntwo", "x" * 40, "äöüäöü"])
def test_a_poor_code_is_refused(text: str) -> None:
    with pytest.raises(Fault, match="6 to 32"):
        codes.given(text)


@given(st.text())
def test_any_text_is_tidied_to_plain_characters(text: str) -> None:
    assert codes.tidy(text) == "" or codes.tidy(text).isascii()


def test_codes_are_shown_in_fours() -> None:
    assert codes.grouped("1234567812") == "1234 5678 12"
