"""Health and figures of a whole appliance, and of one that is not there."""

from __future__ import annotations

import re

import pytest

from appliance.web.routes.health import look
from tests.web.routes.served import Served, refused


def test_all_is_well_and_each_part_is_named(served: Served) -> None:
    answer = served.http.get("/health")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["ready"] is True
    states = {part["name"]: part["state"] for part in body["parts"]}
    assert {states[f"stage {name}"] for name in ("sound", "wake", "vad", "stt", "intent", "tts")} == {"ok"}
    assert (states["broker"], states["store"], states["disk"], states["web"]) == ("ok", "ok", "ok", "ok")
    assert served.http.get("/healthz").json() == {"ready": True}


def test_muted_is_not_ready_but_not_broken(served: Served) -> None:
    try:
        assert served.http.post("/api/mute", json={"muted": True}).json() == {"muted": True}
        assert served.http.get("/healthz").status_code == 503
        assert served.http.get("/health").status_code == 200
    finally:
        served.http.post("/api/mute", json={"muted": False})
    assert served.http.get("/healthz").status_code == 200


def test_figures_for_prometheus(served: Served) -> None:
    answer = served.http.get("/metrics")
    if answer.status_code == 409:
        refused(answer, 409, "no request 'metrics'")
        return
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    assert lines
    assert all(re.fullmatch(r"\w+(\{.*\})? \S+", line) for line in lines)


def test_the_whole_status(served: Served) -> None:
    assert served.http.get("/api/status").json()["home"]["entities"] == 8


@pytest.mark.parametrize("path", ["/health", "/metrics", "/api/status"])
def test_not_for_everybody(served: Served, path: str) -> None:
    with served.client("speak") as client:
        refused(client.get(path), 403, "read")


def test_a_folder_that_is_not_there_is_no_disk(tmp_path) -> None:
    found = look(str(tmp_path))
    assert found is not None
    assert found.free_mb > 0
    assert look(str(tmp_path / "gone")) is None
