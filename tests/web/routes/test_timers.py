"""Timers over HTTP."""

from __future__ import annotations

import pytest

from tests.web.routes.served import Served, refused


@pytest.fixture(autouse=True)
def none(served: Served) -> None:
    if served.http.get("/api/timers").json():
        served.http.delete("/api/timers")


def test_set_by_seconds_and_by_a_sentence_listed_and_cancelled(served: Served) -> None:
    first = served.http.post("/api/timers", json={"seconds": 90, "name": "pasta"})
    assert first.status_code == 201
    assert first.json()["timers"][0]["name"] == "pasta timer"
    second = served.http.post("/api/timers", json={"text": "wake me at 7 tomorrow"}).json()
    assert second["timers"][0]["kind"] == "alarm"
    listed = served.http.get("/api/timers").json()
    assert [timer["kind"] for timer in listed] == ["timer", "alarm"]
    assert 80 < listed[0]["left_s"] <= 90
    assert "cancelled" in served.http.delete(f"/api/timers/{listed[0]['id']}").json()["answer"]
    assert len(served.http.get("/api/timers").json()) == 1
    assert served.http.delete("/api/timers").status_code == 200
    assert served.http.get("/api/timers").json() == []


def test_silence(served: Served) -> None:
    assert served.http.post("/api/timers/stop").json() == {"stopped": False}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 409),
        ({"text": "ten minutes", "seconds": 5}, 409),
        ({"text": "turn on the light"}, 409),
        ({"seconds": 0}, 400),
        ({"seconds": 1e9}, 400),
        ({"text": 7}, 400),
    ],
)
def test_what_sets_none(served: Served, body: object, status: int) -> None:
    refused(served.http.post("/api/timers", json=body), status)
    assert served.http.get("/api/timers").json() == []


def test_one_that_is_not_there(served: Served) -> None:
    refused(served.http.delete("/api/timers/4711"), 409)
    refused(served.http.delete("/api/timers/x"), 404)
