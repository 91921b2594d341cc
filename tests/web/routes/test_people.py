"""People over HTTP."""

from __future__ import annotations

import pytest

from tests.web.routes.served import Served, refused


def test_a_person_comes_gets_a_pin_and_is_forgotten(served: Served) -> None:
    made = served.http.post("/api/people", json={"name": "Anna", "role": "owner", "rooms": ["local"]})
    assert made.status_code == 201, made.text
    assert served.http.put("/api/people/Anna/pin", json={"pin": "471199"}).json() == {
        "name": "Anna",
        "pin": True,
    }
    (anna,) = served.http.get("/api/people").json()
    assert anna == {
        "name": "Anna", "role": "owner", "permissions": [], "rooms": ["local"], "voices": 0, "pin": True,
    }  # fmt: skip
    assert "471199" not in served.running.log()
    assert served.http.delete("/api/people/Anna").json()["removed"] == "Anna"
    assert served.http.get("/api/people").json() == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"name": ""}, 400),
        ({"name": "B", "role": "king"}, 400),
        ({"name": "B", "permissions": ["allow everything always"]}, 409),
        ({"name": "x" * 201}, 400),
    ],
)
def test_who_is_nobody(served: Served, body: object, status: int) -> None:
    answer = served.http.post("/api/people", json=body)
    assert answer.status_code in {status, 422}, answer.text
    assert served.http.get("/api/people").json() == []


def test_one_that_is_not_there(served: Served) -> None:
    refused(served.http.delete("/api/people/Nobody"), 409, "Nobody")
    refused(served.http.put("/api/people/Nobody/pin", json={"pin": "1234"}), 409, "Nobody")


def test_only_for_the_owner(served: Served) -> None:
    with served.client("read", "control", "chat", "speak") as client:
        refused(client.get("/api/people"), 403, "admin")
