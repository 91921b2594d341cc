"""Satellites over HTTP: let in, shown, locked out."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from appliance.web.routes.satellites import qr
from tests.web.routes.served import Served, refused


def test_one_is_let_in_and_locked_out_again(served: Served) -> None:
    made = served.http.post("/api/satellites", json={"name": "bath", "area": "Bathroom"})
    assert made.status_code == 201, made.text
    told = made.json()
    assert told["uri"].startswith("appliance-satellite://bath:")
    assert ET.fromstring(told["qr_svg"]).tag.endswith("svg")
    listed = served.http.get("/api/satellites").json()
    assert listed["allowed"] == [{"name": "bath", "kind": "satellite", "area": "Bathroom"}]
    assert told["password"] not in str(listed)
    assert served.http.delete("/api/satellites/bath").json() == {"revoked": "bath"}
    assert served.http.get("/api/satellites").json()["allowed"] == []


def test_the_picture_is_of_the_line() -> None:
    one, other = qr("appliance-satellite://a"), qr("appliance-satellite://b")
    assert one != other
    assert "<script" not in one


@pytest.mark.parametrize("name", ["", "a b", "a/b", "x" * 65, "a\n", "#"])
def test_a_name_that_is_none(served: Served, name: str) -> None:
    refused(served.http.post("/api/satellites", json={"name": name}), 400)


def test_one_that_is_not_there(served: Served) -> None:
    refused(served.http.post("/api/satellites/moon/mute", json={"muted": True}), 409, "moon")
    refused(served.http.post("/api/satellites/moon/volume", json={"volume": 0.5}), 409, "moon")
    refused(served.http.delete("/api/satellites/moon"), 409, "moon")


def test_who_may(served: Served) -> None:
    with served.client("read", "control") as client:
        refused(client.post("/api/satellites", json={"name": "bath"}), 403, "admin")
        assert client.get("/api/satellites").status_code == 200
