"""Tokens that are bound to rooms, against a whole appliance."""

from __future__ import annotations

from tests.web.access.keys import bearer
from tests.web.routes.served import Served, refused


def test_all_that_claims_a_room_is_held_to_it(served: Served) -> None:
    wanted = {"scopes": ["chat", "control"], "areas": ["Kitchen"]}
    made = served.http.post("/api/tokens", json=wanted)
    assert made.status_code == 201, made.text
    (known,) = [each for each in served.http.get("/api/tokens").json() if each["id"] == made.json()["id"]]
    assert known["areas"] == ["Kitchen"]
    client = served.client()
    client.headers = bearer(made.json()["token"])  # type: ignore[assignment]
    with client:
        for path, body in (
            ("/chat", {"text": "turn on the light", "area": "Bedroom"}),
            ("/api/understand", {"text": "turn on the light", "area": "Bedroom"}),
            ("/api/devices/light.hall_light/turn_on", {"area": "Bedroom"}),
        ):
            refused(client.post(path, json=body), 403, "Bedroom", "Kitchen")
        told = client.post("/chat", json={"text": "turn on the light"}).json()
        ids = [deed["entity_id"] for deed in told["deeds"]]
        assert ids
        assert all("kitchen" in each for each in ids)
        client.post("/chat", json={"text": "turn off the light"})
