"""Something to say in rooms, and silence."""

from __future__ import annotations

import pytest

from tests.web.routes.served import Served, refused


def test_announced_everywhere_but_not_to_who_only_types(served: Served) -> None:
    served.http.post("/chat", json={"text": "what time is it"})
    assert served.http.post("/api/announce", json={"text": "Dinner is ready."}).json() == {"rooms": ["local"]}
    told = served.http.post("/api/announce", json={"text": "Dinner.", "rooms": ["local"]})
    assert told.json() == {"rooms": ["local"]}
    assert served.http.post("/api/hush", json={}).json() == {"hushed": True}


def test_said_in_one_room(served: Served) -> None:
    assert served.http.post("/api/say", json={"text": "Hello."}).json() == {"rooms": ["local"]}
    assert served.http.post("/api/hush", json={"room": "local"}).json() == {"hushed": True}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("announce", {"text": "x", "rooms": ["moon"]}),
        ("say", {"text": "x", "room": "moon"}),
        ("hush", {"room": "moon"}),
    ],
)
def test_a_room_that_is_not_there(served: Served, path: str, body: object) -> None:
    refused(served.http.post(f"/api/{path}", json=body), 409, "moon")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("announce", {"text": " "}),
        ("say", {"text": ""}),
        ("mute", {"muted": "yes"}),
        ("mute", {}),
        ("hush", {"room": 7}),
    ],
)
def test_what_does_not_fit(served: Served, path: str, body: object) -> None:
    refused(served.http.post(f"/api/{path}", json=body), 400)


def test_only_with_the_scope(served: Served) -> None:
    with served.client("read", "chat", "admin") as client:
        for path in ("announce", "say", "hush", "mute"):
            refused(client.post(f"/api/{path}", json={}), 403, "control")
