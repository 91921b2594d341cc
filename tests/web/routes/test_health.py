"""Health and figures of a whole appliance, and of one that is not there."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from appliance.web.routes.health import look
from tests.broker import free_port
from tests.web.access.keys import token
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
    served.http.get("/healthz")
    served.http.get("/no/such/thing")
    answer = served.http.get("/metrics")
    assert "no/such" not in answer.text
    if answer.status_code == 409:
        refused(answer, 409, "no request 'metrics'")
        return
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'appliance_http_requests_total{route="/healthz",code="200"}' in answer.text
    assert 'appliance_http_requests_total{route="/metrics"' in served.http.get("/metrics").text
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


def test_the_figures_of_the_day(served: Served) -> None:
    day = served.http.get("/api/health/history").json()
    assert day["step_seconds"] == 60
    assert abs(day["from"] - time.time()) < 3600
    for name, unit in (("memory_mb", "MB"), ("load", ""), ("memory_mb.stt", "MB"), ("loop_lag_ms", "ms")):
        series = day["series"][name]
        assert series["unit"] == unit
        assert series["points"][0][0] - day["from"] in range(0, 1500 * 60, 60)
        assert any(value is not None for _, value in series["points"])
    assert served.http.get("/api/health/history", params={"every": 5}).json()["step_seconds"] == 300
    refused(served.http.get("/api/health/history", params={"every": 0}), 400)


@pytest.fixture
def prometheus(served: Served, tmp_path: Path) -> Iterator[httpx.Client]:
    """A real one that scrapes this appliance with a token of its own."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("prometheus is not installed: apt-get install prometheus")
    (tmp_path / "token").write_text(token(served.data, "read"))
    (tmp_path / "prometheus.yml").write_text(
        "scrape_configs:\n  - job_name: appliance\n    scrape_interval: 1s\n    scrape_timeout: 1s\n"
        f"    authorization:\n      credentials_file: {tmp_path}/token\n"
        f"    static_configs:\n      - targets: ['127.0.0.1:{served.port}']\n"
    )
    port = free_port()
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data",
             f"--web.listen-address=127.0.0.1:{port}"],
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=10) as client:
            yield client
    finally:
        process.terminate()
        process.wait(20)


def asked(prometheus: httpx.Client, query: str) -> list[dict[str, Any]]:
    try:
        answer = prometheus.get("/query", params={"query": query})
    except httpx.TransportError:
        return []
    return answer.json()["data"]["result"] if answer.status_code == 200 else []


def test_a_real_prometheus_scrapes_it(served: Served, prometheus: httpx.Client) -> None:
    served.http.post("/chat", json={"text": "turn on the hall light"})
    deadline = time.monotonic() + 60
    while not any(each["value"][1] == "1" for each in asked(prometheus, "up")):
        assert time.monotonic() < deadline, prometheus.get("/targets").text
        time.sleep(0.2)
    stages = {each["metric"]["stage"] for each in asked(prometheus, "appliance_stage_up == 1")}
    assert {"sound", "wake", "vad", "stt", "intent", "tts"} <= stages
    (turns,) = asked(prometheus, 'sum(appliance_turns_total{outcome="answered"})')
    assert float(turns["value"][1]) >= 1
    assert asked(prometheus, "histogram_quantile(0.5, appliance_first_audio_seconds_bucket)")
