"""Typed conversations: answers, deeds, questions back, events."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from appliance.web.conversations import MAX_KEPT
from tests.web.routes.served import Served, refused

LIGHT = "light.hall_light"


def chat(served: Served, text: str, **more: Any) -> dict[str, Any]:
    answer = served.http.post("/chat", json={"text": text, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_deed_is_really_done(served: Served) -> None:
    for state in ("on", "off"):
        told = chat(served, f"turn {state} the hall light")
        assert (told["asks"], told["outcome"], told["source"]) == (False, "answered", "intent")
        assert [(deed["entity_id"], deed["done"], deed["confirmed"]) for deed in told["deeds"]] == [
            (LIGHT, True, True)
        ]
        assert told["answer"]
        assert served.state(LIGHT) == state


def test_the_room_says_which_light(served: Served) -> None:
    told = chat(served, "turn on the light", area="Bedroom")
    assert [deed["entity_id"] for deed in told["deeds"]] == ["light.bedroom_light"]
    chat(served, "turn off the bedroom light")


def test_a_question_is_answered_in_the_same_conversation(served: Served) -> None:
    chat(served, "turn off the kitchen light")
    asked = chat(served, "turn on the light")
    assert (asked["asks"], asked["deeds"]) == (True, [])
    assert asked["answer"].endswith("?")
    told = chat(served, "the kitchen light", conversation=asked["conversation"])
    assert [deed["entity_id"] for deed in told["deeds"]] == ["light.kitchen_light"]
    assert (told["asks"], told["conversation"]) == (False, asked["conversation"])
    assert served.state("light.kitchen_light") == "on"


def test_what_it_refers_to_is_remembered(served: Served) -> None:
    first = chat(served, "turn on the bedroom light")
    chat(served, "turn it off", conversation=first["conversation"])
    assert served.state("light.bedroom_light") == "off"


def events(body: str) -> list[tuple[str, Any]]:
    found = []
    for block in body.strip().split("\n\n"):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), msgspec.json.decode(data.removeprefix("data: "))))
    return found


def test_events_as_they_come(served: Served) -> None:
    with served.http.stream(
        "POST", "/chat", json={"text": "turn on the hall light"}, headers={"accept": "text/event-stream"}
    ) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        told = events(answer.read().decode())
    assert [name for name, _ in told] == ["begun", "intent", "deed", "reply", "done"]
    begun, done = told[0][1], told[-1][1]
    assert begun["conversation"] == done["conversation"]
    assert done["answer"] == told[3][1]["text"]
    assert done["deeds"][0]["entity_id"] == told[2][1]["entity_id"] == LIGHT
    chat(served, "turn off the hall light", conversation=done["conversation"])


def test_a_refusal_comes_before_the_events(served: Served) -> None:
    answer = served.http.post(
        "/chat", json={"text": "hello", "conversation": "gone"}, headers={"accept": "text/event-stream"}
    )
    refused(answer, 404, "no such conversation")


def test_the_oldest_conversation_ends_when_there_are_too_many(served: Served) -> None:
    first = chat(served, "what time is it")["conversation"]
    others = [chat(served, "what time is it")["conversation"] for _ in range(MAX_KEPT)]
    refused(served.http.post("/chat", json={"text": "and now", "conversation": first}), 404)
    chat(served, "what time is it", conversation=others[-1])
    rooms = [room["name"] for room in served.ask("status")["rooms"]]
    assert len([name for name in rooms if name.startswith("chat-")]) == MAX_KEPT


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": " "},
        {"text": "x" * 1_001},
        {"text": 7},
        {"text": "x", "conversation": "y" * 41},
    ],
)
def test_what_is_no_question(served: Served, body: object) -> None:
    refused(served.http.post("/chat", json=body), 400)


def test_a_sentence_is_understood_and_not_done(served: Served) -> None:
    chat(served, "turn off the hall light")
    told = served.http.post("/api/understand", json={"text": "turn on the hall light"}).json()
    assert told["deeds"] == [{"domain": "light", "service": "turn_on", "entity_id": [LIGHT], "data": {}}]
    assert served.state(LIGHT) == "off"


def test_only_with_the_scope(served: Served) -> None:
    with served.client("speak", "read", "control", "admin") as client:
        refused(client.post("/chat", json={"text": "hello"}), 403, "chat")
