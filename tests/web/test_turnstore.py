"""The last turns from their notes; words only for who asks."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from appliance.web.turnstore import MAX_DEEDS, MAX_STEPS, TurnStore, without_words

SECRET = "the surprise party"
TURN: list[tuple[str, int, dict[str, Any]]] = [
    ("wake", 1_000, {"word": "hey_jarvis", "score": 0.9}),
    ("listening", 1_010, {}),
    ("partial", 1_500, {"text": SECRET}),
    ("endpoint", 2_300, {"speech_end_ms": 1_900}),
    ("transcript", 2_400, {"text": SECRET, "confidence": 1.0, "ms": 80.0}),
    (
        "intent",
        2_420,
        {"intent": "HassTurnOn", "source": "intent", "ms": 9.0, "deeds": [{"data": {"x": SECRET}}]},
    ),
    (
        "deed",
        2_450,
        {"entity_id": "light.a", "name": "A", "done": True, "confirmed": True, "reason": SECRET, "ms": 20.0},
    ),
    ("reply", 2_460, {"text": SECRET}),
    ("first_audio", 2_500, {"speech_end_ms": 1_900}),
    ("played", 3_000, {"seconds": 0.5, "rms": 0.1}),
    ("done", 3_001, {"outcome": "answered"}),
]


def note(kind: str, at_ms: int, data: dict[str, Any], turn: int = 1, site: str = "local") -> dict[str, Any]:
    return {"turn": turn, "kind": kind, "at_ms": at_ms, "data": data, "site": site}


def filled() -> TurnStore:
    store = TurnStore()
    for kind, at_ms, data in TURN:
        store.take(note(kind, at_ms, data), 50.0)
    return store


def test_a_turn_is_put_together() -> None:
    (turn,) = filled().last(10, words=True)
    assert (turn.turn, turn.site, turn.at, turn.word) == (1, "local", 50.0, "hey_jarvis")
    assert (turn.intent, turn.source, turn.outcome, turn.latency_ms) == (
        "HassTurnOn",
        "intent",
        "answered",
        600,
    )
    assert (turn.heard, turn.reply) == (SECRET, SECRET)
    assert [(step.kind, step.at_ms) for step in turn.steps][:3] == [
        ("wake", 0),
        ("listening", 10),
        ("endpoint", 1300),
    ]
    assert turn.deeds[0].entity_id == "light.a"


def test_without_asking_there_are_no_words() -> None:
    assert SECRET not in msgspec.json.encode(filled().last(10, words=False)).decode()
    for kind, at_ms, data in TURN:
        assert SECRET not in str(without_words(note(kind, at_ms, data)))


def test_of_a_kind_that_nobody_knows_nothing_is_told() -> None:
    assert without_words(note("gossip", 1, {"word": SECRET}))["data"] == {}
    assert without_words({"turn": 1, "kind": "done"})["data"] == {}


def test_what_is_told_apart() -> None:
    store = TurnStore()
    store.take(note("wake", 5, {}, site="local"), 1.0)
    store.take(note("wake", 5, {}, site="bath"), 2.0)
    assert [(turn.site, turn.turn) for turn in store.last(10, words=True)] == [("bath", 1), ("local", 1)]


def test_only_the_last_are_kept() -> None:
    store = TurnStore(max_turns=3)
    for turn in range(1, 10):
        store.take(note("wake", turn, {}, turn=turn), 0.0)
    assert [each.turn for each in store.last(10, words=True)] == [9, 8, 7]
    assert [each.turn for each in store.last(1, words=True)] == [9]
    assert len(store._began) == 3


def test_one_turn_is_bounded() -> None:
    store = TurnStore()
    for _ in range(500):
        store.take(note("deed", 1, {"entity_id": "x" * 5_000}), 0.0)
        store.take(note("reply", 1, {"text": "y" * 5_000}), 0.0)
    (turn,) = store.last(1, words=True)
    assert (len(turn.steps), len(turn.deeds)) == (MAX_STEPS, MAX_DEEDS)
    assert len(msgspec.json.encode(turn)) < 60_000


_ANY = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["turn", "kind", "at_ms", "data", "site"]),
            _ANY
            | st.sampled_from([kind for kind, _, _ in TURN])
            | st.dictionaries(st.sampled_from(["text", "ms", "speech_end_ms", "outcome", "word"]), _ANY),
        )
    )
)
def test_what_is_no_note_is_ignored(notes: list[dict[str, Any]]) -> None:
    store = TurnStore()
    for each in notes:
        store.take(each, 0.0)
        without_words(each)
    msgspec.json.encode(store.last(100, words=True))
