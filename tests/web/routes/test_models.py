"""Models over HTTP: shown, asked for, refused."""

from __future__ import annotations

import json

import pytest

from tests.web.routes.served import Served, refused


def test_all_models_with_their_state(served: Served) -> None:
    told = served.http.get("/api/models").json()
    models = {each["name"]: each for each in told["models"]}
    assert models
    assert {each["state"] for each in models.values()} <= {"package", "verified", "present", "missing"}
    assert all(each["licence"] for each in models.values())


def test_progress_ends_when_nothing_is_on_its_way(served: Served) -> None:
    answer = served.http.get("/api/models/events", params={"once": "true"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    name, data = answer.text.strip().split("\n")
    assert name == "event: fetches"
    assert isinstance(json.loads(data.removeprefix("data: ")), list)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "nonsense/fetch", 409),
        ("DELETE", "nonsense/fetch", 409),
        ("DELETE", "nonsense", 409),
        ("DELETE", "..", 404),
    ],
)
def test_a_model_that_nobody_knows(served: Served, method: str, path: str, status: int) -> None:
    body = {} if method == "POST" else None
    answer = served.http.request(method, f"/api/models/{path}", json=body)
    assert answer.status_code in {status, 405}, answer.text


def test_what_came_with_the_appliance_is_not_removed(served: Served) -> None:
    models = served.http.get("/api/models").json()["models"]
    (mine,) = [each for each in models if each["state"] == "package"][:1]
    refused(served.http.delete(f"/api/models/{mine['name']}"), 409, mine["name"])
    refused(served.http.post(f"/api/models/{mine['name']}/fetch", json={}), 409, mine["name"])


def test_only_for_the_owner(served: Served) -> None:
    with served.client("read", "control", "chat", "speak") as client:
        refused(client.get("/api/models"), 403, "admin")
