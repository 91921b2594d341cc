"""Turns through the facade, with everything that a model might answer."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config.model import Config, Llm, Policy
from appliance.conversation import grammar
from appliance.conversation.conversation import MAX_OPEN, Conversation, Outcome
from appliance.home.entities import House
from appliance.wire import messages
from appliance.wire.messages import Deed, Generated
from tests.conversation.homes import ATTACKS, GUARDED, MARKED, entity, home

NOW = 1_000.0


class Home:
    def __init__(self) -> None:
        self.house = home()
        self.conversation = Conversation(config(), lambda: self.house)

    def change(self, entity_id: str, **more: Any) -> None:
        self.house = self.house.with_entities(
            msgspec.structs.replace(each, **more) if each.id == entity_id else each
            for each in self.house.entities
        )

    def answer(
        self, text: str, said: str = "do it", turn: int = 1, reason: str = "stop", now: float = NOW
    ) -> Outcome:
        self.conversation.request(turn, "local", said, now)
        return self.reply(text, turn, reason, now)

    def reply(self, text: str, turn: int = 1, reason: str = "stop", now: float = NOW) -> Outcome:
        spoken = "".join(self.conversation.take(turn, text[at : at + 3]) for at in range(0, len(text), 3))
        outcome = self.conversation.finish(ended(turn, reason), now)
        return msgspec.structs.replace(outcome, text=spoken + outcome.text)


def config(**llm: Any) -> Config:
    return Config(llm=Llm(**llm), policy=Policy(marked=MARKED))


def ended(turn: int, reason: Any = "stop") -> Generated:
    return Generated(turn, reason, 1, 1, 1.0, 1.0)


def call(do: str, *to: str, **value: object) -> str:
    return json.dumps([{"do": do, "to": list(to), **value}])


def test_a_question_carries_everything_and_fits_a_packet() -> None:
    big = home(*(entity(f"light.l{index}", f"Lamp {index}", "hall") for index in range(500)))
    conversation = Conversation(config(house_chars=8_000), lambda: big)
    question = conversation.request(7, "kitchen", "dim lamp 444 " + "x" * 100_000, NOW, "Kitchen")
    assert question.turn == 7
    assert "light.l444" in question.text
    assert '\\"light.l444\\"' in question.grammar
    assert question.deadline_ms == 18_000
    assert question.max_tokens == 128
    assert len(messages.encode(question)) < messages.MAX_PACKET_BYTES / 2
    assert len(question.system) + len(question.text) < 16_000, "what the engine takes"


def test_the_beginning_is_the_same_for_every_room_and_state() -> None:
    it = Home()
    first = it.conversation.request(1, "kitchen", "is it warm", NOW)
    it.change("light.desk", state="off")
    second = it.conversation.request(2, "hall", "turn on the coffee", NOW, "Hall")
    assert first.system == second.system == it.conversation.warm().system
    assert it.conversation.warm().max_tokens == 0


def test_other_names_are_told_when_they_are_known_to_have_changed() -> None:
    it = Home()
    before = it.conversation.warm().system
    it.change("light.desk", name="Writing lamp")
    assert it.conversation.warm().system == before
    it.conversation.names_changed()
    assert "Writing lamp" in it.conversation.warm().system


def test_words_are_spoken_as_they_come() -> None:
    it = Home()
    assert it.answer("It is warm. Enjoy.") == Outcome("It is warm. Enjoy.")


def test_calls_become_deeds_and_nothing_is_spoken() -> None:
    it = Home()
    deed = Deed("light", "turn_on", ("light.desk",), {"brightness_pct": 30})
    assert it.answer(call("set_brightness", "light.desk", percent=30)) == Outcome(deeds=(deed,))


@pytest.mark.parametrize(
    ("text", "reason", "why"),
    [
        ("", "stop", "unreadable"),
        ("", "deadline", "deadline"),
        ("", "refused", "refused"),
        (call("turn_on", "light.desk")[:-3], "length", "length"),
        (call("turn_on", "light.desk"), "length", "length"),
        (call("turn_on", "light.desk"), "cancelled", "cancelled"),
        (call("unlock", "lock.front_door"), "stop", "not_offered"),
        (call("set_brightness", "light.desk", percent=300), "stop", "value"),
    ],
)
def test_what_cannot_be_used_does_nothing(text: str, reason: str, why: str) -> None:
    assert Home().answer(text, reason=reason) == Outcome(why=why)


def test_a_state_is_looked_up_and_then_told_in_words() -> None:
    it = Home()
    outcome = it.answer(call("look_up", "lock.front_door"), "is it locked?")
    assert outcome.again is not None
    assert outcome.again.text.endswith("- lock.front_door: locked\nNow answer in plain words.")
    assert outcome.again.grammar == grammar.SPEECH_ONLY
    assert it.reply("It is locked.") == Outcome("It is locked.")


def test_looking_up_happens_once_and_in_the_same_time() -> None:
    it = Home()
    look = call("look_up", "lock.front_door")
    it.conversation.request(1, "local", "is it locked?", NOW)
    again = it.reply(look, now=NOW + 8).again
    assert again is not None
    assert again.deadline_ms == 10_000
    assert it.reply(look) == Outcome(why="too_many")
    it.conversation.request(2, "local", "is it locked?", NOW)
    assert it.reply(look, 2, now=NOW + 18) == Outcome(why="deadline")


def test_what_became_guarded_meanwhile_is_not_done() -> None:
    it = Home()
    it.conversation.request(1, "local", "all on", NOW)
    it.change("light.desk", attributes={"entity_id": ["lock.front_door"]})
    assert it.reply(call("turn_on", "light.desk")) == Outcome(why="changed")


def test_pieces_of_unknown_turns_are_nothing() -> None:
    it = Home()
    assert it.conversation.take(9, "hello") == ""
    assert it.conversation.finish(ended(9, "cancelled"), NOW) == Outcome(why="cancelled")


def test_a_fresh_engine_gets_the_question_again() -> None:
    it = Home()
    question = it.conversation.request(1, "local", "hello", NOW)
    it.conversation.take(1, '[{"do":')
    again = it.conversation.repeated(1, NOW + 3)
    assert again == msgspec.structs.replace(question, deadline_ms=15_000)
    assert it.reply("Hello.") == Outcome("Hello."), "what the old one had begun is gone"
    assert it.conversation.repeated(1, NOW + 3) is None, "some of it was spoken"
    assert it.conversation.repeated(2, NOW) is None


# --- memory ------------------------------------------------------------------------------------------------


def history(it: Home, room: str = "local", now: float = NOW) -> list[str]:
    text = it.conversation.request(99, room, "x", now).text
    return text.splitlines()[:-1]


def test_what_was_heard_is_remembered_in_its_room() -> None:
    it = Home()
    it.answer("It is warm. And sunny.", "how is it?")
    assert history(it) == []
    it.conversation.spoken(1, "It is warm.", NOW)
    assert history(it) == ["Person: how is it?", "You: It is warm."]
    assert history(it, "kitchen") == []
    assert history(it, now=NOW + 181) == []


def test_an_interrupted_answer_is_not_remembered_as_said() -> None:
    it = Home()
    it.answer("The code is 1 2 3 4.", "what is the code?")
    it.conversation.spoken(1, "", NOW)
    assert history(it) == []


def test_a_deed_is_remembered_only_when_it_was_done() -> None:
    it = Home()
    for turn, done in ((1, True), (2, False)):
        it.answer(call("turn_on", "light.desk"), f"lamp {turn}", turn)
        it.conversation.spoken(turn, "", NOW, done=done)
    assert [line for line in history(it) if not line.startswith("-")] == ["Person: lamp 1", "You: (done)"]


def test_an_exchange_without_a_model_can_be_meant_later() -> None:
    it = Home()
    it.conversation.note("local", "turn on the lamp", "Turned on.", NOW)
    assert history(it) == ["Person: turn on the lamp", "You: Turned on."]
    it.conversation.forget("local")
    assert history(it) == []


def test_a_remembered_attack_is_one_line() -> None:
    it = Home()
    for turn, attack in enumerate(ATTACKS, start=1):
        it.answer("Yes.", attack, turn)
        it.conversation.spoken(turn, attack, NOW)
    lines = history(it)
    assert 0 < len(lines) <= 8
    assert all(line.startswith(("Person: ", "You: ")) for line in lines)


def test_settings_hold_from_the_next_question_on() -> None:
    it = Home()
    it.conversation.note("local", "a", "b", NOW)
    it.conversation.reconfigure(config(memory_turns=0, house_chars=0, max_tokens=5, system="Be brief."))
    question = it.conversation.request(1, "local", "turn on the coffee", NOW)
    assert (question.max_tokens, question.grammar) == (5, grammar.SPEECH_ONLY)
    assert question.system == "Be brief.\nSpeak English."
    assert question.text == "Person: turn on the coffee"


def test_turns_that_never_end_are_given_up() -> None:
    it = Home()
    for turn in range(MAX_OPEN + 20):
        it.conversation.request(turn, "local", "x", NOW)
    assert len(it.conversation._open) == MAX_OPEN


# --- attacks -----------------------------------------------------------------------------------------------


ids = st.sampled_from([each.id for each in home().entities] + ["lock.none", "*", "all", ""])
verbs = st.sampled_from(
    [
        "turn_on",
        "turn_off",
        "unlock",
        "open",
        "press",
        "alarm_disarm",
        "set_position",
        "look_up",
        "lock.unlock",
    ]
)
outputs = st.one_of(
    st.text(max_size=60),
    st.sampled_from(ATTACKS),
    st.lists(
        st.fixed_dictionaries(
            {"do": verbs, "to": st.lists(ids, max_size=4)}, optional={"percent": st.integers(-5, 200)}
        ),
        max_size=5,
    ).map(json.dumps),
)


@given(st.lists(st.tuples(outputs, st.sampled_from([*ATTACKS, "unlock the front door"])), max_size=4))
def test_no_output_ever_reaches_what_is_guarded(answers: list[tuple[str, str]]) -> None:
    it = Home()
    named = [
        msgspec.structs.replace(each, name=ATTACKS[index % len(ATTACKS)], state=ATTACKS[0])
        for index, each in enumerate(it.house.entities)
    ]
    it.house = House(areas=it.house.areas, entities=tuple(named))
    # All names are gone: what is guarded only because of its name is another thing now.
    forbidden = {
        each.id
        for each in GUARDED
        if each.domain in {"lock", "valve", "siren", "alarm_control_panel", "cover"}
    }
    forbidden |= {
        "switch.gate_opener",
        "switch.oven",
        "switch.heater",
        "button.door_release",
        "script.anything",
    }
    for turn, (output, said) in enumerate(answers, start=1):
        outcome = it.answer(output, said, turn)
        for deed in outcome.deeds:
            assert not forbidden & set(deed.entity_id)
        if outcome.again is not None:
            it.reply(output, turn)
        it.conversation.spoken(turn, outcome.text, NOW)
