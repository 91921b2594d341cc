"""The intent stage as a real process."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from appliance.home.entities import MAX_HOUSE_BYTES, Area, Entity, House
from appliance.stages.intent import MAX_ROOMS, Memory, without_wake
from appliance.understanding.resolution.outcomes import Turn
from appliance.wire import messages
from tests.stages.child import StageChild

LAMP = Entity("light.lamp", "Lamp", "light", area="hall", state="off")
HOUSE = House(areas=(Area("hall", "Hall"),), entities=(LAMP,))
CONFIGURE = messages.Configure("hassil", {"language": "en", "wake_words": ["hey_jarvis"]})


@pytest.fixture
def intent() -> Iterator[StageChild]:
    child = StageChild("intent")
    child.send(CONFIGURE)
    child.until(messages.Ready)
    yield child
    child.kill()


def give(child: StageChild, data: bytes, part_bytes: int = 60_000) -> None:
    pieces = [data[start : start + part_bytes] for start in range(0, max(1, len(data)), part_bytes)]
    for number, piece in enumerate(pieces, 1):
        child.send(messages.HousePart(piece, number == len(pieces)))


def ask(child: StageChild, turn: int, text: str, area: str = "") -> messages.Understood:
    child.send(messages.Understand(turn, text, area))
    return child.until(messages.Understood, lambda answer: answer.turn == turn)


def test_a_house_gives_a_grammar_and_meaning(intent: StageChild):
    give(intent, msgspec.json.encode(HOUSE), part_bytes=50)
    grammar = intent.until(messages.GrammarReady).grammar
    assert any("lamp" in entries for entries in grammar.lists.values())

    answer = ask(intent, 1, "turn on the lamp")
    assert answer.deeds == (messages.Deed("light", "turn_on", ("light.lamp",)),)
    assert (answer.source, answer.intent) == ("intent", "HassTurnOn")
    assert answer.ms > 0
    assert ask(intent, 2, "Hey Jarvis, turn on the lamp.").deeds == answer.deeds
    assert ask(intent, 3, "turn on the lights", area="hall").deeds == answer.deeds
    assert intent.stop() == 0


def test_a_home_without_devices_has_a_grammar_once(intent: StageChild):
    for _ in range(2):
        give(intent, msgspec.json.encode(House()))
    grammar = intent.until(messages.GrammarReady).grammar
    assert any("what time is it" in pattern or "time" in pattern for pattern in grammar.patterns)
    ask(intent, 1, "what time is it")
    assert len(intent.all(messages.GrammarReady)) == 1


def test_what_was_said_before_in_a_room_is_remembered_there(intent: StageChild):
    give(intent, msgspec.json.encode(HOUSE))
    assert ask(intent, 1, "turn on the lamp", area="hall").deeds
    assert ask(intent, 2, "turn it off", area="").deeds == ()
    assert ask(intent, 3, "turn it off", area="hall").deeds == (
        messages.Deed("light", "turn_off", ("light.lamp",)),
    )


def test_the_memory_of_rooms_is_bounded_in_time_and_number():
    memory = Memory(10)
    for number in range(MAX_ROOMS + 5):
        memory.keep(f"room {number}", Turn(), float(number))
    assert memory.last("room 0", 0.0) is None
    newest = f"room {MAX_ROOMS + 4}"
    assert memory.last(newest, MAX_ROOMS + 10.0) == Turn()
    assert memory.last(newest, MAX_ROOMS + 40.0) is None
    memory.keep(newest, None, 99.0)
    memory.clear()
    assert memory.last(newest, MAX_ROOMS + 4.0) is None


def test_own_sentences_come_with_the_options():
    child = StageChild("intent")
    try:
        own = "intents: {HassTurnOn: {data: [{sentences: ['lumos {name}']}]}}"
        child.send(messages.Configure("hassil", {"sentences": own}))
        child.until(messages.Ready)
        give(child, msgspec.json.encode(HOUSE))
        assert ask(child, 1, "lumos lamp").deeds
    finally:
        child.kill()


def test_a_new_state_changes_answers_but_not_the_grammar(intent: StageChild):
    give(intent, msgspec.json.encode(HOUSE))
    intent.until(messages.GrammarReady)
    assert ask(intent, 1, "is the lamp on").answer == "No, off"
    on = HOUSE.with_entities([msgspec.structs.replace(LAMP, state="on")])
    give(intent, msgspec.json.encode(on))
    assert ask(intent, 2, "is the lamp on").answer == "Yes"
    assert len(intent.all(messages.GrammarReady)) == 1


@pytest.mark.parametrize("data", [b"", b"{", b'{"entities": 3}', b"\xff" * 100, b"[" * 100_000])
def test_an_invalid_house_leaves_the_old_one(intent: StageChild, data: bytes):
    give(intent, msgspec.json.encode(HOUSE))
    intent.until(messages.GrammarReady)
    give(intent, data)
    assert "old house stays" in intent.until(messages.Note).text
    assert ask(intent, 1, "turn on the lamp").deeds


def test_a_house_above_the_limit_is_refused(intent: StageChild):
    give(intent, msgspec.json.encode(HOUSE))
    intent.until(messages.GrammarReady)
    give(intent, b" " * (MAX_HOUSE_BYTES + 1), part_bytes=120_000)
    assert intent.until(messages.Note).level == "error"
    give(intent, msgspec.json.encode(HOUSE))
    assert ask(intent, 1, "turn on the lamp").deeds


def test_a_huge_house_still_gives_a_grammar_that_fits(intent: StageChild):
    entities = [Entity(f"switch.s{n}", f"Very Long Switch Name Number {n}", "switch") for n in range(4_000)]
    give(intent, msgspec.json.encode(HOUSE.with_entities([LAMP, *entities])), part_bytes=64 * 1024)
    assert intent.until(messages.GrammarReady, seconds=60).grammar.patterns
    assert ask(intent, 1, "turn on the very long switch name number 3999").deeds


def test_without_a_house_nothing_is_done(intent: StageChild):
    answer = ask(intent, 1, "turn on the lamp")
    assert (answer.deeds, answer.source) == ((), "none")


@pytest.mark.parametrize(
    ("configure", "words"),
    [
        (messages.Configure("hassil", {"language": "klingon"}), "klingon"),
        (messages.Configure("hassil", {"speed": 3}), "speed"),
        (messages.Configure("rules"), "rules"),
    ],
)
def test_a_wrong_configuration_fails_with_a_hint(configure: messages.Configure, words: str):
    child = StageChild("intent")
    try:
        child.send(configure)
        failed = child.until(messages.Failed)
        assert words in failed.message
        assert failed.hint
        assert not failed.missing
    finally:
        child.kill()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hey jarvis turn on the lamp", "turn on the lamp"),
        ("Hey Jarvis, turn on the Lamp!", "turn on the lamp"),
        ("jarvis turn it off", "turn it off"),
        ("Turn on the Lamp, please", "Turn on the Lamp, please"),
        ("set it to 21.5 degrees", "set it to 21.5 degrees"),
        ("hey jarvis", ""),
        ("", ""),
    ],
)
def test_the_wake_word_in_front_is_cut_off(text: str, expected: str):
    assert without_wake(text, ("hey_jarvis",)) == expected


@pytest.mark.parametrize(
    ("text", "whole", "ending"),
    [
        ("turn on the lamp", True, "closed"),
        ("hey jarvis turn on the lamp", True, "closed"),
        ("turn on the", False, "open"),
        ("flibber", False, "unclear"),
        ("", False, "unclear"),
    ],
)
def test_what_was_heard_so_far_is_considered(intent: StageChild, text: str, whole: bool, ending: str):
    give(intent, msgspec.json.encode(HOUSE))
    intent.until(messages.GrammarReady)
    intent.send(messages.Consider(1, text))
    found = intent.until(messages.Considered)
    assert (found.turn, found.text, found.whole, found.ending) == (1, text, whole, ending)
    assert bool(found.answer) == whole
