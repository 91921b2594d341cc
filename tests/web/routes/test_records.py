"""Audit, history and log over HTTP."""

from __future__ import annotations

import time

from tests.web.routes.served import Served, refused


def test_a_deed_is_in_the_audit(served: Served) -> None:
    served.http.post("/api/devices/light.hall_light/turn_off", json={})
    deadline = time.monotonic() + 20
    while True:
        rows = served.http.get("/api/audit", params={"limit": 1_000}).json()
        found = [row for row in rows if row["entity"] == "light.hall_light" and row["room"] == "web"]
        if found or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    assert (found[-1]["outcome"], found[-1]["what"]) == ("done", "light.turn_off")


def test_what_was_said_is_there_where_it_is_kept(served: Served) -> None:
    served.http.post("/chat", json={"text": "what time is it"})
    told = served.http.get("/api/history").json()
    assert told["kept"] is True
    assert "what time is it" in [row["words"] for row in told["rows"]]
    assert served.http.delete("/api/history").json()["cleared"] >= 1
    assert served.http.get("/api/history").json()["rows"] == []


def test_the_log_filtered_and_without_words(served: Served) -> None:
    served.http.post("/chat", json={"text": "turn on the purple elephant"})
    answer = served.http.get("/api/logs", params={"limit": 2_000})
    if answer.status_code == 409:
        refused(answer, 409, "no request 'logs'")
        return
    assert answer.json()
    assert "elephant" not in answer.text
    errors = served.http.get("/api/logs", params={"errors": "true"}).json()
    assert all(line["level"] in {"error", "critical"} for line in errors)
    slow = served.http.get("/api/logs", params={"slower_than_ms": 1}).json()
    assert all(line["latency_ms"] > 1 for line in slow)
    assert len(served.http.get("/api/logs", params={"limit": 3}).json()) == 3


def test_what_does_not_fit(served: Served) -> None:
    for path in ("logs?trace=zz", "logs?limit=0", "audit?limit=9999", "audit?since=-1", "history?since=x"):
        refused(served.http.get(f"/api/{path}"), 400)


def test_who_may(served: Served) -> None:
    with served.client("read") as client:
        refused(client.get("/api/audit"), 403, "admin")
        refused(client.get("/api/history"), 403, "admin")
