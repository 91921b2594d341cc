"""Errors of the web are problems for people: what happened, and what to do."""

from __future__ import annotations

from typing import Any

import pytest
from litestar import Litestar, get
from litestar.exceptions import NotAuthorizedException
from litestar.testing import TestClient

from appliance.control import NotRunning
from appliance.errors import ConfigError, ControlError
from appliance.web.problems import HANDLERS, PROBLEM, Refused

FAULTS: dict[str, Exception] = {
    "refused": ControlError("too much waits", "ask again"),
    "gone": NotRunning("no appliance runs", "start it"),
    "settings": ConfigError("tts.speed is 9", "at most 2"),
    "unknown": NotAuthorizedException("who are you?"),
    "not so": Refused(403, "not like this", "like that", {"X-More": "1"}),
    "ours": RuntimeError("the secret inside"),
}


@get("/{name:str}")
async def failing(name: str) -> None:
    raise FAULTS[name]


@get("/number/{number:int}")
async def number(number: int) -> int:
    return number


def problem(path: str) -> tuple[int, dict[str, Any]]:
    app = Litestar([failing, number], exception_handlers=HANDLERS, logging_config=None)
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get(path)
    assert answer.headers["content-type"] == PROBLEM
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("name", "status", "title"),
    [
        ("refused", 409, "Conflict"),
        ("gone", 503, "Service Unavailable"),
        ("settings", 422, "Unprocessable Entity"),
        ("unknown", 401, "Unauthorized"),
    ],
)
def test_each_has_its_status(name: str, status: int, title: str) -> None:
    seen, body = problem(f"/{name}")
    assert (seen, body["status"], body["title"]) == (status, status, title)
    assert body["detail"] in str(FAULTS[name])


def test_a_hint_is_passed_on() -> None:
    assert problem("/not so")[1]["hint"] == "like that"
    assert problem("/refused")[1]["hint"] == "ask again"


def test_a_fault_of_ours_shows_nothing_of_its_insides(caplog: pytest.LogCaptureFixture) -> None:
    status, body = problem("/ours")
    assert status == 500
    assert "secret" not in str(body)
    assert "the secret inside" in caplog.text


def test_no_such_page_and_a_value_that_does_not_fit() -> None:
    assert problem("/number/x")[0] == 404
    assert problem("/a/b/c")[0] == 404
