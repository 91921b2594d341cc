"""The house over HTTP, and deeds in it."""

from __future__ import annotations

import pytest

from tests.web.routes.served import Served, refused

LIGHT = "light.bedroom_light"


def test_the_house_with_what_can_be_said(served: Served) -> None:
    house = served.http.get("/api/devices").json()
    assert {area["name"] for area in house["areas"]} == {"Bedroom", "Hall", "Kitchen", "Living room"}
    things = {each["id"]: each for each in house["entities"]}
    assert len(things) == 8
    assert things[LIGHT]["area"] == "bedroom"
    assert "turn on the Bedroom light" in things[LIGHT]["says"]
    assert "turn_on" in things[LIGHT]["services"]
    assert things["binary_sensor.back_door"]["services"] == []


def test_every_example_is_understood(served: Served) -> None:
    for entity in served.http.get("/api/devices").json()["entities"]:
        for sentence in entity["says"]:
            meant = served.http.post("/api/understand", json={"text": sentence}).json()
            assert meant["source"] == "intent", sentence
            assert all(deed["entity_id"] == [entity["id"]] for deed in meant["deeds"]), sentence


@pytest.mark.parametrize("area", ["Kitchen", "kitchen"])
def test_one_room(served: Served, area: str) -> None:
    entities = served.http.get("/api/devices", params={"area": area}).json()["entities"]
    assert {each["area"] for each in entities} == {"kitchen"}
    assert served.http.get("/api/devices", params={"area": "moon"}).json()["entities"] == []


def test_a_deed_is_done_and_confirmed(served: Served) -> None:
    for service, state in (("turn_on", "on"), ("turn_off", "off")):
        answer = served.http.post(f"/api/devices/{LIGHT}/{service}", json={})
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert (told["verdict"], told["results"][0]["confirmed"]) == ("allow", True)
        assert served.state(LIGHT) == state


def test_what_goes_with_it_is_given_on(served: Served) -> None:
    served.http.post(f"/api/devices/{LIGHT}/turn_on", json={"data": {"brightness_pct": 40}})
    house = served.http.get("/api/devices").json()
    (light,) = [each for each in house["entities"] if each["id"] == LIGHT]
    assert light["state"] == "on"
    served.http.post(f"/api/devices/{LIGHT}/turn_off", json={})


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("light.nowhere/turn_on", "nowhere"),
        (f"{LIGHT}/explode", "explode"),
        ("sensor.kitchen_temperature/turn_on", "read"),
    ],
)
def test_what_is_not_possible(served: Served, path: str, word: str) -> None:
    refused(served.http.post(f"/api/devices/{path}", json={}), 409, word)


@pytest.mark.parametrize(
    "body", [{"data": 7}, {"data": {"a": {"b": 1}}}, {"dat": {}}, [], {"area": "x" * 300}]
)
def test_what_is_no_deed(served: Served, body: object) -> None:
    refused(served.http.post(f"/api/devices/{LIGHT}/turn_on", json=body), 400)


def test_nothing_is_asked(served: Served) -> None:
    answer = served.http.post("/api/devices/answer", json={"question": "x", "text": "yes"})
    refused(answer, 409, "not asked")


def test_only_with_the_scope(served: Served) -> None:
    with served.client("read") as client:
        assert client.get("/api/devices").status_code == 200
        refused(client.post(f"/api/devices/{LIGHT}/turn_on", json={}), 403, "control")
