"""One confidence out of all evidence: by its formula's consequences."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.judgement.identity.evidence import UNKNOWN, Evidence, Identity, fuse
from appliance.judgement.identity.profiles import Profile
from appliance.judgement.identity.voices import CAUTIOUS, Heard
from tests.judgement.speakers import ENGINE, utterance

ANNA = Profile("Anna", "owner", (), ("bedroom",), tuple(utterance("anna", n) for n in range(5)))
BEN = Profile("Ben", "adult", (), (), tuple(utterance("ben", n) for n in range(5)))
KIM = Profile("Kim", "child", ("deny switch.tv",), ("Kids' room", "bedroom"))
ALL = [ANNA, BEN, KIM]
CALIBRATIONS = {ENGINE: CAUTIOUS}


def who(people: list[Profile] = ALL, **evidence: Any) -> Identity:
    return fuse(Evidence(**evidence), people, CALIBRATIONS)


@pytest.mark.parametrize(
    ("evidence", "name", "at_least", "below", "source"),
    [
        ({"voice": utterance("anna", 9)}, "Anna", 0.9, 1, "voice"),
        ({"voice": utterance("ben", 9)}, "Ben", 0.9, 1, "voice"),
        ({"voice": utterance("anna", 9), "room": "Bedroom"}, "Anna", 0.97, 1, "voice+room"),
        ({"area": "kids' room"}, "Kim", 0.2, 0.5, "room"),
        ({"room": "bedroom"}, "Anna", 0.1, 0.4, "room"),
        ({"pin_of": "Kim"}, "Kim", 0.98, 1, "pin"),
        ({"pin_of": "Ben", "voice": utterance("anna", 9)}, "Anna", 0, 1, "voice"),
    ],
)
def test_who_it_is(evidence: dict[str, Any], name: str, at_least: float, below: float, source: str) -> None:
    found = who(**evidence)
    assert (found.name, found.source) == (name, source)
    assert at_least <= found.confidence < below


@pytest.mark.parametrize(
    "evidence",
    [
        {},
        {"room": "kitchen"},
        {"voice": utterance("stranger", 1)},
        {"voice": Heard("another engine", utterance("anna", 9).vector)},
        {"pin_of": "Nobody"},
    ],
)
def test_unknown_is_a_normal_state(evidence: dict[str, Any]) -> None:
    assert who(**evidence) == UNKNOWN
    assert not UNKNOWN.recognised(0.5)
    assert who([], **evidence) == UNKNOWN


def test_two_who_sound_alike_are_nobody() -> None:
    twin = Profile("Twin", voices=ANNA.voices)
    found = who([ANNA, twin], voice=utterance("anna", 9))
    assert found.confidence < 0.5
    assert not found.suspected


def test_a_pin_against_the_voice_is_not_enough_to_be_recognised() -> None:
    assert not who([ANNA, BEN], pin_of="Ben", voice=utterance("anna", 9)).recognised(0.9)


def test_a_room_alone_recognises_nobody() -> None:
    assert not who([KIM], room="bedroom").recognised(0.5)


def test_the_identity_carries_role_and_permissions() -> None:
    found = who(pin_of="Kim")
    assert (found.role, found.permissions) == ("child", ("deny switch.tv",))


@given(
    people=st.lists(st.sampled_from(ALL), unique=True),
    room=st.sampled_from(["", "bedroom", "kids' room"]),
    pin_of=st.sampled_from(["", "Anna", "Kim"]),
    speaker=st.sampled_from(["", "anna", "ben", "nobody"]),
    number=st.integers(0, 50),
)
def test_confidence_is_a_probability_and_rests_on_something(
    people: list[Profile], room: str, pin_of: str, speaker: str, number: int
) -> None:
    voice = utterance(speaker, number) if speaker else None
    found = who(people, room=room, pin_of=pin_of, voice=voice)
    assert 0 <= found.confidence < 1
    assert bool(found.name) == bool(found.source) == (found.confidence > 0)
    without = who(people, room=room, voice=voice)
    if pin_of and found.name == pin_of == without.name:
        assert found.confidence > without.confidence
