"""The passphrase: only its slow hash is kept, and none that anybody would guess first."""

from __future__ import annotations

import msgspec
import pytest

from appliance.errors import ConfigError
from appliance.web.access import passwords

GOOD = "correct horse battery"


def test_it_matches_itself_and_nothing_else() -> None:
    known = passwords.hashed(GOOD)
    assert passwords.matches(GOOD, known)
    assert not passwords.matches(GOOD + "x", known)
    assert not passwords.matches("", known)
    assert GOOD not in msgspec.json.encode(known).decode()


def test_each_has_its_own_salt_and_costs_memory() -> None:
    first, second = passwords.hashed(GOOD), passwords.hashed(GOOD)
    assert first.salt != second.salt
    assert first.hash != second.hash
    assert 128 * first.n * first.r >= 32 * 1024 * 1024


def test_another_keyboard_is_the_same_passphrase() -> None:
    known = passwords.hashed("K\u00f6nigin der Nacht")
    assert passwords.matches("Ko\u0308nigin der Nacht ", known)


def test_a_longer_one_does_not_match_by_its_beginning() -> None:
    known = passwords.hashed("abcde" * 40)
    assert passwords.matches("abcde" * 40, known)
    assert not passwords.matches("abcde" * 39, known)
    assert not passwords.matches("abcde" * 100_000, known)


@pytest.mark.parametrize(
    "weak",
    [
        "",
        "short",
        "aaaaaaaaaaaa",
        "abababababab",
        "password123",
        "Passphrase1",
        "1234567890",
        "          x",
        "x" * 201,
    ],
)
def test_weak_ones_are_refused_with_advice(weak: str) -> None:
    with pytest.raises(ConfigError) as caught:
        passwords.hashed(weak)
    assert "words" in caught.value.hint


@pytest.mark.parametrize(
    "fine", [GOOD, "sapphire-Otter-9", "my password is a hedgehog", "日本語の長い合言葉ですよ"]
)
def test_strong_ones_are_taken(fine: str) -> None:
    assert passwords.checked(fine) == fine
