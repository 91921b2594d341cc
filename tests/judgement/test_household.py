"""People, PINs and voices together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.config.model import Config, Stt
from appliance.judgement.errors import JudgementError
from appliance.judgement.household import ENROLMENT_SECONDS, Household
from appliance.judgement.identity.enrolment import MAX_TRIED
from appliance.judgement.identity.evidence import Evidence
from appliance.judgement.identity.profiles import Profile
from tests.judgement.court import PIN
from tests.judgement.speakers import vector

CONFIG = Config(stt=Stt(engine="vosk", speaker_model="vosk-model-spk"))


@pytest.fixture
def household(tmp_path: Path) -> Iterator[Household]:
    made = Household(tmp_path, CONFIG)
    assert made.open() == []
    made.add(Profile("Anna", "owner"))
    yield made
    made.close()


def test_who_is_removed_has_no_pin_left(household: Household) -> None:
    household.set_pin("anna", PIN)
    assert (household.whose(PIN), household.has_pins) == ("Anna", True)
    household.remove("anna")
    assert (household.whose(PIN), household.has_pins) == ("", False)
    household.add(Profile("Anna"))
    assert household.people() == [(Profile("Anna"), False)]


def test_a_pin_without_a_person_is_nobodys(household: Household, tmp_path: Path) -> None:
    household.set_pin("Anna", PIN)
    household.close()
    (tmp_path / "people.db").unlink()
    again = Household(tmp_path, CONFIG)
    assert again.open() == []
    assert again.whose(PIN) == ""
    again.close()


def test_an_enrolment_ends_with_time_failure_and_the_person(household: Household) -> None:
    household.begin_enrolment("Anna", "hall", 0.0)
    assert household.learn("hall", (), 1.0) is None
    assert household.learn("hall", vector("anna", 0), ENROLMENT_SECONDS) is None
    assert household.learn("hall", vector("anna", 0), 1.0) is None
    household.begin_enrolment("Anna", "hall", 0.0)
    last = [household.learn("hall", vector(f"p{n}", 0), 1.0) for n in range(MAX_TRIED)][-1]
    assert last is not None
    assert last.failed
    assert household.learn("hall", vector("anna", 0), 1.0) is None
    household.begin_enrolment("Anna", "hall", 0.0)
    household.remove("Anna")
    assert household.learn("hall", vector("anna", 0), 1.0) is None


def test_a_vector_that_is_none_is_no_voice(household: Household, caplog: pytest.LogCaptureFixture) -> None:
    assert household.heard((0.0,) * 128) is None
    assert household.heard((1.0,) * 3) is None
    assert "voice vector" in caplog.text


def test_another_speaker_model_makes_enrolled_voices_worthless(household: Household) -> None:
    household.begin_enrolment("Anna", "hall", 0.0)
    for number in range(5):
        household.learn("hall", vector("anna", number), 1.0)
    assert household.who(Evidence(voice=household.heard(vector("anna", 9)))).recognised(0.9)
    household.reconfigure(Config(stt=Stt(engine="vosk", speaker_model="another")))
    assert household.who(Evidence(voice=household.heard(vector("anna", 9)))).name == ""


def test_nobody_of_that_name(household: Household) -> None:
    for act in (household.named, household.remove, lambda name: household.set_pin(name, PIN)):
        with pytest.raises(JudgementError, match="nobody is called"):
            act("Zoe")
