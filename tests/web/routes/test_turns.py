"""Turns and notes of a whole appliance: with words only for who asks."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from appliance.web.routes.turns import MAX_LISTENERS
from tests.web.routes.served import SECONDS, Served


def listen(served: Served, path: str = "/api/notes", token: str = "") -> ClientConnection:
    headers = {"Authorization": f"Bearer {token or served.token}"}
    return connect(f"ws://127.0.0.1:{served.port}{path}", additional_headers=headers)


def until_done(socket: ClientConnection) -> list[dict[str, Any]]:
    notes: list[dict[str, Any]] = []
    while not notes or notes[-1]["kind"] != "done":
        notes.append(json.loads(socket.recv(timeout=SECONDS)))
    return notes


def ask(served: Served, text: str = "what time is it") -> dict[str, Any]:
    return served.http.post("/chat", json={"text": text}).json()


def newest_when_over(served: Served, **params: str) -> list[dict[str, Any]]:
    """The note of its end may come to the store a little after the answer."""
    deadline = time.monotonic() + SECONDS
    while True:
        turns = served.http.get("/api/turns", params={"limit": "2", **params}).json()
        if (turns and turns[0]["outcome"]) or time.monotonic() > deadline:
            return turns
        time.sleep(0.02)


def test_the_newest_turn_comes_first(served: Served) -> None:
    ask(served)
    turns = newest_when_over(served)
    assert len(turns) <= 2
    newest = turns[0]
    assert (newest["outcome"], newest["source"], newest["reply"]) == ("answered", "intent", "")
    assert newest["site"].startswith("chat-")
    assert [step["at_ms"] for step in newest["steps"]] == sorted(step["at_ms"] for step in newest["steps"])


def test_words_only_when_asked_for(served: Served) -> None:
    answer = ask(served)["answer"]
    assert answer not in served.http.get("/api/turns").text
    assert newest_when_over(served, words="true")[0]["reply"] == answer


def test_notes_as_they_come_with_words_only_when_asked_for(served: Served) -> None:
    with listen(served) as silent, listen(served, "/api/notes?words=true") as full:
        answer = ask(served)["answer"]
        without, with_words = until_done(silent), until_done(full)
    assert answer not in json.dumps(without)
    assert [note["data"]["text"] for note in with_words if note["kind"] == "reply"] == [answer]
    assert [note["kind"] for note in without] == [note["kind"] for note in with_words]


def test_what_a_listener_says_is_dropped(served: Served) -> None:
    with listen(served) as socket:
        socket.send("hello" * 100)
        socket.send(b"\0\1")
        ask(served)
        assert until_done(socket)


def test_a_hundred_listeners_hear_the_same(served: Served) -> None:
    with ThreadPoolExecutor(25) as pool:
        sockets = list(pool.map(lambda _: listen(served), range(100)))
        try:
            ask(served)
            heard = list(pool.map(until_done, sockets))
        finally:
            list(pool.map(lambda socket: socket.close(), sockets))
    assert len({json.dumps(notes[-1]) for notes in heard}) == 1
    assert MAX_LISTENERS > 100


def test_only_with_the_scope(served: Served) -> None:
    with pytest.raises(InvalidStatus) as caught:
        listen(served, token="appl_nonsense")
    assert caught.value.response.status_code in {401, 403}
