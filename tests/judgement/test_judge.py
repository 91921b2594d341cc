"""From deeds to a verdict, a question, an answer, and a row of the audit: real files, virtual time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from appliance.config.model import Policy
from appliance.errors import ConfigError
from appliance.judgement.confirmation import FORGOTTEN_SECONDS
from appliance.judgement.identity.enrolment import NEEDED
from appliance.judgement.policy import Room
from appliance.wire.messages import Deed
from tests.judgement.court import ANNA, ANNAS, HERE, KIM, KIMS, LIGHT, NOBODYS, PIN, UNLOCK, Court
from tests.judgement.homes import HOUSE
from tests.judgement.speakers import vector

EVERYTHING = Deed("homeassistant", "turn_on", ("light.kitchen", "light.kids", "cover.garage_door"))


class Done(msgspec.Struct):
    entity_id: str
    done: bool


@pytest.fixture
async def court(tmp_path: Path) -> AsyncIterator[Court]:
    async with Court(tmp_path) as made:
        await made.people(ANNA, KIM)
        yield made


async def test_the_harmless_is_allowed_and_its_outcome_noted_without_data(court: Court) -> None:
    verdict = court.ask(LIGHT, by=NOBODYS)
    assert (verdict.kind, verdict.deeds, verdict.words, verdict.granted) == ("allow", (LIGHT,), "", ())
    court.judge.record(verdict, [Done("light.kitchen", True)])
    row = (await court.rows())[0]
    assert (row.outcome, row.what, row.entity, row.room) == (
        "done",
        "light.turn_on",
        "light.kitchen",
        "local",
    )
    assert (row.who, row.at) == ("", court.wall.timestamp())
    assert "42" not in str(row)


async def test_a_door_is_opened_after_a_yes(court: Court) -> None:
    verdict = court.ask()
    assert (verdict.kind, verdict.deeds, verdict.granted) == ("ask", (), ())
    assert verdict.words == "Shall I unlock front door?"
    assert court.judge.pending("local") is not None
    verdict = await court.say("Yes, please.")
    assert verdict is not None
    assert (verdict.kind, verdict.deeds, verdict.granted) == ("allow", (UNLOCK,), ("lock.front_door",))
    assert verdict.identity.name == "Anna"
    assert await court.say("yes") is None
    assert await court.story() == ["asked lock.front_door", "confirmed lock.front_door"]
    assert {row.who for row in await court.rows()} == {"Anna"}


@pytest.mark.parametrize(
    ("text", "by", "turn", "expected"),
    [
        ("no", NOBODYS, 7, "All right, I leave it."),
        ("yes", KIMS, 7, "Somebody else asked for that."),
        ("what time is it", NOBODYS, 7, None),
        ("yes", NOBODYS, 8, None),
    ],
)
async def test_what_is_no_yes_opens_nothing(
    court: Court, text: str, by: Any, turn: int, expected: str | None
) -> None:
    court.ask()
    verdict = await court.say(text, by, turn=turn)
    assert (verdict.words if verdict else None) == expected
    assert verdict is None or not verdict.deeds
    assert await court.say("yes") is None


async def test_a_late_yes_opens_nothing(court: Court) -> None:
    court.ask()
    court.wait(20.0)
    verdict = await court.say("yes")
    assert verdict is not None
    assert (verdict.kind, verdict.words) == ("deny", "Nobody answered, so I leave it.")
    assert (await court.story())[-1] == "expired lock.front_door late"


async def test_another_room_cannot_answer(court: Court) -> None:
    court.ask()
    assert await court.say("yes", room=Room("hall", "hall")) is None
    assert court.judge.pending("local") is not None


async def test_neither_the_model_nor_our_own_voice_answers(court: Court) -> None:
    court.ask()
    verdict = await court.say("yes", source="model")
    assert verdict is not None
    assert verdict.kind == "ignore"
    court.judge.own_voice.says("kitchen", "Yes.", court.now - 0.5)
    court.judge.own_voice.said("kitchen", court.now)
    verdict = await court.say("yes")
    assert verdict is not None
    assert (verdict.kind, verdict.deeds) == ("ignore", ())
    court.wait(5)
    verdict = await court.say("yes")
    assert verdict is not None
    assert verdict.kind == "allow"


async def test_children_and_strangers_are_told_why(court: Court) -> None:
    assert court.ask(by=KIMS).words == "Front door is only for grown-ups."
    assert court.ask(by=NOBODYS).words == "I don't know who you are, so front door stays as it is."
    assert court.ask(Deed("lock", "unlock", ("lock.nowhere",))).words == "There is no such thing here."
    assert court.ask(Deed("lock", "explode", ("lock.front_door",))).words == "Front door can't do that."
    assert court.ask(Deed("lock", "unlock", ())).kind == "deny"
    assert await court.story() == [
        "denied lock.front_door child", "denied lock.front_door unknown", "denied lock.nowhere missing",
        "denied lock.front_door service",
    ]  # fmt: skip


async def test_a_stranger_with_a_pin(court: Court) -> None:
    await court.people(pin_of="Anna")
    assert court.ask(by=NOBODYS).words == "Shall I unlock front door? Please say your PIN."
    verdict = await court.say("yes")
    assert verdict is not None
    assert (verdict.kind, verdict.words) == ("again", "I need your PIN for that.")
    verdict = await court.say("one two three five")
    assert verdict is not None
    assert (verdict.kind, verdict.words) == ("again", "That is not the PIN. Please try again.")
    verdict = await court.say("four seven double one double nine")
    assert verdict is not None
    assert (verdict.kind, verdict.deeds) == ("allow", (UNLOCK,))
    assert (verdict.identity.name, verdict.identity.source) == ("Anna", "pin")
    assert await court.story() == ["asked lock.front_door", "wrong_pin ", "confirmed lock.front_door"]


async def test_wrong_pins_lock_all_rooms_also_over_a_restart(court: Court) -> None:
    await court.people(pin_of="Anna")
    kitchen = Room("kitchen", "kitchen")
    door = Deed("lock", "unlock", ("lock.back_door",))
    for attempt in range(3):
        room = kitchen if attempt % 2 else HERE
        assert court.ask(door, by=NOBODYS, room=room).kind == "ask"
        verdict = await court.say("1 2 3 5", room=room)
    assert verdict is not None
    assert (verdict.kind, verdict.words) == ("deny", "Too many wrong PINs. Please wait a while.")
    assert court.ask(door, by=NOBODYS, room=kitchen).words == "Too many wrong PINs. Please wait a while."
    await court.judge.stop()
    async with Court(court.data) as again:
        again.wait(10)
        assert again.ask(by=NOBODYS).words == "Too many wrong PINs. Please wait a while."
        again.wait(FORGOTTEN_SECONDS)
        assert again.ask(by=NOBODYS).kind == "ask"
    await court.judge.start()


async def test_a_childs_pin_opens_nothing_for_a_stranger(court: Court) -> None:
    await court.people(pin_of="Kim")
    assert court.ask(by=NOBODYS).kind == "ask"
    verdict = await court.say(PIN)
    assert verdict is not None
    assert (verdict.kind, verdict.deeds, verdict.words) == ("deny", (), "Front door is only for grown-ups.")


async def test_everything_with_a_guarded_thing_waits_for_one_answer(court: Court) -> None:
    verdict = court.ask(EVERYTHING)
    assert verdict.words == "Shall I open garage door and 2 other things?"
    verdict = await court.say("go ahead")  # type: ignore[assignment]
    assert verdict.deeds == (EVERYTHING,)
    assert verdict.granted == ("cover.garage_door",)


async def test_what_is_denied_is_left_out_and_said(court: Court) -> None:
    verdict = court.ask(EVERYTHING, by=KIMS)
    assert verdict.kind == "allow"
    assert verdict.deeds[0].entity_id == ("light.kitchen", "light.kids")
    assert verdict.words == "Garage door is only for grown-ups."
    assert verdict.granted == ()


async def test_too_many_guarded_things_are_not_asked_about(court: Court) -> None:
    names = ("lock.front_door", "lock.back_door", "cover.garage_door", "siren.attic", "valve.gas")
    verdict = court.ask(Deed("homeassistant", "toggle", names))
    assert (verdict.kind, verdict.words) == (
        "deny", "Those are too many things at once. Please name them one by one.",
    )  # fmt: skip
    assert court.judge.pending("local") is None


async def test_what_changed_in_between_counts(court: Court) -> None:
    court.ask()
    court.judge.reconfigure(
        msgspec.structs.replace(court.config, policy=Policy(rules=("deny lock.* between 11:00 and 13:00",)))
    )
    verdict = await court.say("yes")
    assert verdict is not None
    assert (verdict.kind, verdict.words) == ("deny", "You are not allowed to do that with front door.")
    court.wait(3_600)
    court.ask()
    court.house = HOUSE.with_entities(each for each in HOUSE.entities if each.domain != "lock")
    verdict = await court.say("yes")
    assert verdict is not None
    assert verdict.kind == "deny"


async def test_the_end_of_the_turn_ends_the_question(court: Court) -> None:
    court.ask()
    court.judge.end_turn("local", 6)
    court.judge.end_turn("local", 7)
    assert await court.say("yes") is None
    assert (await court.story())[-1] == "expired lock.front_door other"


async def test_nothing_pending_survives_a_restart(court: Court) -> None:
    court.ask()
    await court.judge.stop()
    async with Court(court.data) as again:
        assert again.judge.pending("local") is None
        assert await again.say("yes") is None
    await court.judge.start()


async def test_a_wrong_rule_is_refused_and_the_old_ones_hold(court: Court, tmp_path: Path) -> None:
    wrong = msgspec.structs.replace(court.config, policy=Policy(rules=("permit *",)))
    with pytest.raises(ConfigError):
        court.judge.reconfigure(wrong)
    assert court.ask().kind == "ask"
    with pytest.raises(ConfigError):
        Court(tmp_path, rules=("permit *",))


async def test_a_yes_is_no_pin_when_a_pin_is_wanted_by_now(court: Court) -> None:
    await court.people(pin_of="Anna")
    court.ask()
    court.judge.reconfigure(msgspec.structs.replace(court.config, policy=Policy(guarded="pin")))
    verdict = await court.say("yes")
    assert verdict is not None
    assert (verdict.kind, verdict.deeds) == ("deny", ())
    assert (await court.story())[-1] == "denied lock.front_door changed"


@pytest.mark.parametrize(
    ("language", "question"),
    [("de", "Soll ich front door aufschließen?"), ("fr", None)],
)
async def test_other_languages(tmp_path: Path, language: str, question: str | None) -> None:
    async with Court(tmp_path / "x", language) as court:
        await court.people(ANNA)
        verdict = court.ask()
        if question is None:
            assert (verdict.kind, verdict.words) == ("deny", "Front door ne peut pas faire cela.")
        else:
            assert (verdict.kind, verdict.words) == ("ask", question)
            answer = await court.say("ja bitte")
            assert answer is not None
            assert answer.deeds == (UNLOCK,)


async def test_a_voice_is_learnt_in_its_room_and_known_then(court: Court) -> None:
    from appliance.judgement.identity.profiles import Profile

    await court.people(Profile("Ben"))
    court.judge.enrol("ben", "kitchen")
    assert await court.judge.learn("hall", vector("ben", 0)) is None
    for number in range(NEEDED):
        enrolment = await court.judge.learn("kitchen", vector("ben", number))
        assert enrolment is not None
        assert enrolment.missing == NEEDED - 1 - number
    assert await court.judge.learn("kitchen", vector("ben", 9)) is None
    heard = court.judge.household.heard(vector("ben", 20))
    by = msgspec.structs.replace(NOBODYS, voice=heard)
    assert court.ask(by=by).identity.name == "Ben"


async def test_without_a_speaker_model_no_voice_is_learnt_or_believed(court: Court) -> None:
    from appliance.config.model import Config
    from appliance.judgement.errors import JudgementError

    court.judge.reconfigure(Config())
    with pytest.raises(JudgementError, match="no speaker model"):
        court.judge.enrol("Anna", "local")
    assert court.judge.household.heard(vector("anna", 1)) is None
    assert court.ask(by=ANNAS).kind == "deny"


async def test_forgetting_a_person_forgets_everything_of_them(court: Court) -> None:
    await court.people(pin_of="Anna")
    court.judge.reconfigure(
        msgspec.structs.replace(court.config, policy=Policy(rules=("allow lock.* for Anna", "deny siren.*")))
    )
    court.judge.record(court.ask(LIGHT), [Done("light.kitchen", True)])
    court.ask(Deed("siren", "turn_on", ("siren.attic",)))
    assert any(b"Anna" in path.read_bytes() for path in (court.data / "judgement").iterdir())
    allowed = court.ask(LIGHT)
    await court.judge.forget("anna")
    court.judge.record(allowed, [Done("light.kitchen", True)])
    await court.rows()
    assert not any(b"Anna" in path.read_bytes() for path in (court.data / "judgement").iterdir())
    assert court.judge.rules_about("Anna") == ["allow lock.* for Anna"]
    assert court.ask(by=ANNAS).identity.name == ""


async def test_damaged_files_make_it_stricter_not_looser(
    court: Court, caplog: pytest.LogCaptureFixture
) -> None:
    await court.people(pin_of="Anna")
    await court.judge.stop()
    for name in ("people.db", "pins.json"):
        (court.data / "judgement" / name).write_bytes(b"rubbish" * 1_000)
    async with Court(court.data) as again:
        assert again.ask(by=ANNAS).kind == "deny"
        assert any("pins.json" in trouble for trouble in again.judge.troubles)
    assert "is damaged" in caplog.text
    await court.judge.start()


async def test_evidence_from_outside_cannot_claim_a_pin(court: Court) -> None:
    await court.people(pin_of="Anna")
    verdict = court.ask(by=msgspec.structs.replace(NOBODYS, pin_of="Anna"))
    assert verdict.identity.name == ""
    assert verdict.words.endswith("Please say your PIN.")
