"""A voice is learnt from utterances that agree, and from no others."""

from __future__ import annotations

import pytest

from appliance.judgement.identity.enrolment import MAX_TRIED, NEEDED, Enrolment
from appliance.judgement.identity.voices import Heard
from tests.judgement.speakers import utterance


def learnt(*spoken: str) -> Enrolment:
    enrolment = Enrolment("Anna")
    for number, person in enumerate(spoken):
        enrolment = enrolment.add(utterance(person, number))
    return enrolment


@pytest.mark.parametrize(
    ("spoken", "missing"),
    [
        ([], NEEDED),
        (["anna"], NEEDED - 1),
        (["anna"] * 4, 1),
        (["anna"] * 5, 0),
        (["anna", "tv", "anna", "ben", "anna", "anna"], 1),
        (["anna", "tv", "anna", "ben", "anna", "anna", "anna"], 0),
        (["a", "b", "c", "d", "e", "f"], NEEDED - 1),
    ],
)
def test_how_many_are_missing(spoken: list[str], missing: int) -> None:
    enrolment = learnt(*spoken)
    assert (enrolment.missing, enrolment.done) == (missing, missing == 0)


def test_what_another_said_is_left_out() -> None:
    enrolment = learnt("anna", "ben", *["anna"] * 4)
    assert enrolment.done
    assert utterance("ben", 1) not in enrolment.agreeing
    assert len(enrolment.agreeing) == NEEDED


def test_voices_that_never_agree_end_it() -> None:
    enrolment = learnt(*(f"person {number}" for number in range(MAX_TRIED)))
    assert enrolment.failed
    assert not learnt(*["anna"] * MAX_TRIED).failed


def test_another_engine_begins_anew() -> None:
    enrolment = learnt(*["anna"] * 4).add(Heard("other", utterance("anna", 4).vector))
    assert enrolment.missing == NEEDED - 1
