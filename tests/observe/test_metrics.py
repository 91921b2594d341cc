"""The figures, from what the pipeline, the stages and the status say, as Prometheus reads them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from appliance.control import MAX_LINE_BYTES
from appliance.observe import machine
from appliance.observe.exposition import CONTENT_TYPE, MAX_SERIES, Counter, Family, Gauge, Histogram
from appliance.observe.machine import Machine
from appliance.observe.metrics import Metrics, shown
from appliance.pipeline.trace import TurnNote
from appliance.wire import messages
from tests.appliances import Running, with_models
from tests.broker import free_port
from tests.checkout import ROOT
from tests.controlled import stage, status
from tests.observe.test_steps import notes

HOUSE = ROOT / "appliance" / "home" / "demo.json"
MACHINE = Machine(61.5, 2_048.0, 40.0, 55.0, 1.5)


def read(metrics: Metrics) -> dict[str, dict[tuple[str, ...], float]]:
    """Name → values of the labels → value, by Prometheus' own parser."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(metrics.render()):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def full() -> Metrics:
    """One of everything."""
    metrics = Metrics()
    for note in notes():
        metrics.take(note)
    for message in (
        messages.MicAudio(0, bytes(640)),
        messages.MicAudio(20, bytes(640)),
        messages.Spoken(7, 0, 1.5, 120.0),
        messages.Spoken(7, 1, 0.5, 0.2, cached=True),
        messages.WakeNear("hey_jarvis", 0.4, 100),
        messages.Generated(7, "stop", 100, 12, 450.0, 1_200.0, 30),
        messages.WakeLoad(3, 0.25, 40, 0.08, 5),
        messages.Overrun(2, 1),
    ):
        metrics.message(message, 0.0)
    satellites = {"connected": 1, "satellites": [{"name": "a"}, {"name": "b"}], "faults": {"malformed": 3}}
    stages = [
        stage("stt", restarts=2, load_ms=1_500.0, dropped_audio=4, refused=1, waiting=9),
        stage("tts", state="backoff", memory_mb=None, load_ms=None),
    ]
    hass = {"connected": False}
    mqtt = status()["mqtt"] | {"waiting": 4, "dropped": {"sent_expired": 6, "sent_dropped": 0}}
    metrics.sample(
        status(
            stages=stages,
            satellites=satellites,
            home_assistant=hass,
            mqtt=mqtt,
            timers=2,
            judgement={"troubles": ["x"]},
        ),
        1.0,
        MACHINE,
        store_writable=True,
        pressures={"stt": 2.5},
    )
    metrics.lag(0.003)
    return metrics


EXPECTED: list[tuple[str, tuple[str, ...], float]] = [
    ("appliance_first_audio_seconds_count", ("intent",), 1),
    ("appliance_first_audio_seconds_sum", ("intent",), 0.95),
    ("appliance_endpoint_seconds_sum", (), 0.6),
    ("appliance_stt_seconds_sum", (), 0.095),
    ("appliance_stt_confidence_ratio_sum", (), 0.91),
    ("appliance_intent_seconds_sum", ("intent",), 0.0045),
    ("appliance_deed_seconds_sum", (), 0.088),
    ("appliance_tts_first_audio_seconds_sum", (), 0.149),
    ("appliance_turns_total", ("answered",), 1),
    ("appliance_turns_running", (), 0),
    ("appliance_understood_total", ("intent",), 1),
    ("appliance_deeds_total", ("confirmed",), 1),
    ("appliance_wake_detections_total", ("hey_jarvis",), 1),
    ("appliance_wake_near_misses_total", ("hey_jarvis",), 1),
    ("appliance_wake_score_ratio_sum", ("hey_jarvis",), 0.97),
    ("appliance_stage_up", ("stt",), 1),
    ("appliance_stage_up", ("tts",), 0),
    ("appliance_stage_restarts_total", ("stt",), 2),
    ("appliance_stage_memory_bytes", ("stt",), 33.4 * 1024 * 1024),
    ("appliance_stage_memory_limit_bytes", ("tts",), 160 * 1024 * 1024),
    ("appliance_stage_memory_pressure_ratio", ("stt",), 0.025),
    ("appliance_stage_load_seconds", ("stt",), 1.5),
    ("appliance_stage_dropped_audio_blocks_total", ("stt",), 4),
    ("appliance_stage_refused_messages_total", ("stt",), 1),
    ("appliance_tts_synthesis_seconds_sum", (), 0.12),
    ("appliance_tts_speech_seconds_total", (), 1.5),
    ("appliance_cache_requests_total", ("speech", "hit"), 1),
    ("appliance_cache_requests_total", ("speech", "miss"), 1),
    ("appliance_llm_first_token_seconds_sum", (), 0.45),
    ("appliance_llm_tokens_total", (), 12),
    ("appliance_llm_prompt_tokens_total", ("known",), 70),
    ("appliance_llm_prompt_tokens_total", ("evaluated",), 30),
    ("appliance_llm_generations_total", ("stop",), 1),
    ("appliance_wake_streams", (), 3),
    ("appliance_wake_lag_seconds", (), 0.04),
    ("appliance_wake_busy_ratio", (), 0.25),
    ("appliance_wake_dropped_blocks_total", (), 5),
    ("appliance_frame_jitter_seconds_sum", (), 0.02),
    ("appliance_sound_lost_blocks_total", ("input",), 2),
    ("appliance_info", ("1.2.3", "limits"), 1),
    ("appliance_listening", (), 1),
    ("appliance_muted", (), 0),
    ("appliance_mqtt_connected", (), 1),
    ("appliance_mqtt_dropped_messages_total", ("sent_expired",), 6),
    ("appliance_home_assistant_connected", (), 0),
    ("appliance_satellites_known", (), 2),
    ("appliance_satellites_online", (), 1),
    ("appliance_satellite_faults_total", ("malformed",), 3),
    ("appliance_home_entities", (), 12),
    ("appliance_timers", (), 2),
    ("appliance_judgement_troubles", (), 1),
    ("appliance_memory_used_ratio", (), 0.55),
    ("appliance_memory_pressure_ratio", (), 0.015),
    ("appliance_temperature_celsius", (), 61.5),
    ("appliance_disk_free_bytes", (), 2_048 * 1024 * 1024),
    ("appliance_disk_used_ratio", (), 0.4),
    ("appliance_store_up", (), 1),
    ("appliance_event_loop_lag_seconds_count", (), 1),
    ("appliance_queue_depth", ("mqtt",), 4),
    ("appliance_queue_depth", ("stt",), 9),
]


@pytest.mark.parametrize(("name", "labels", "value"), EXPECTED, ids=str)
def test_each_figure(name: str, labels: tuple[str, ...], value: float) -> None:
    assert read(full())[name][labels] == pytest.approx(value)


def test_every_metric_is_in_this_table() -> None:
    tested = {name for name, _, _ in EXPECTED}
    for family in Metrics().catalogue.families():
        assert {family.name, f"{family.name}_sum", f"{family.name}_count"} & tested, family.name


@pytest.mark.parametrize("family", Metrics().catalogue.families(), ids=lambda family: family.name)
def test_names_carry_their_unit(family: Family) -> None:
    assert family.name.startswith("appliance_")
    assert family.name.endswith("_total") == isinstance(family, Counter)
    assert family.about.endswith(".")
    if isinstance(family, Histogram):
        assert family.name.endswith(("_seconds", "_ratio"))
        assert list(family.bounds) == sorted(set(family.bounds))
    if isinstance(family, Gauge):
        assert not family.name.endswith(("_ms", "_mb", "_percent"))


def test_names_are_unique() -> None:
    names = [family.name for family in Metrics().catalogue.families()]
    assert len(names) == len(set(names)) > 40


@pytest.mark.parametrize("metrics", [Metrics(), full()], ids=["empty", "full"])
def test_promtool_finds_nothing_to_complain_about(metrics: Metrics) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    done = subprocess.run(
        [promtool, "check", "metrics"], input=metrics.render(), text=True, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_words_of_a_turn_are_in_no_figure() -> None:
    assert "safe" not in full().render().lower()


def test_a_running_turn_is_in_flight() -> None:
    metrics = Metrics()
    for note in notes()[:4]:
        metrics.take(note)
    assert read(metrics)["appliance_turns_running"][()] == 1


def test_a_closed_microphone_is_no_jitter() -> None:
    metrics = Metrics()
    for now in (0.0, 0.02, 60.0, 60.05):
        metrics.message(messages.MicAudio(0, bytes(640)), now)
    assert metrics.catalogue.jitter.count() == 2
    assert read(metrics)["appliance_frame_jitter_seconds_sum"][()] == pytest.approx(0.03)


def test_an_answer_without_a_token_has_no_first_one() -> None:
    metrics = Metrics()
    metrics.message(messages.Generated(1, "deadline", 10, 0, 0.0, 5_000.0), 0.0)
    assert metrics.catalogue.llm_first_token.count() == 0
    assert metrics.catalogue.llm_generations.value("deadline") == 1


def test_what_went_is_no_longer_told() -> None:
    metrics = full()
    metrics.sample(status(stages=[stage("sound")]), 2.0, Machine())
    found = read(metrics)
    assert found["appliance_stage_up"] == {("sound",): 1}
    gone = {
        "appliance_temperature_celsius",
        "appliance_home_assistant_connected",
        "appliance_disk_free_bytes",
        "appliance_queue_depth",
        "appliance_stage_memory_pressure_ratio",
    }
    assert not gone & set(found)


def test_with_the_last_satellite_its_search_ends() -> None:
    metrics = Metrics()
    metrics.message(messages.WakeLoad(3, 0.25, 40, 0.08, 5), 100.0)
    metrics.sample({}, 104.0)
    assert read(metrics)["appliance_wake_streams"][()] == 3
    metrics.sample({}, 106.0)
    found = read(metrics)
    assert [found[f"appliance_wake_{name}"][()] for name in ("streams", "busy_ratio", "lag_seconds")] == [
        0
    ] * 3
    assert found["appliance_wake_dropped_blocks_total"][()] == 5


def test_a_status_without_anything_is_fine() -> None:
    metrics = Metrics()
    metrics.sample({}, 0.0)
    assert read(metrics)["appliance_listening"][()] == 0
    assert "appliance_store_up" not in read(metrics)


def test_a_flood_of_names_stays_below_a_line_of_the_socket() -> None:
    metrics = full()
    for each in range(5_000):
        metrics.take(TurnNote(1, "wake", each, {"word": f"{each:*<60}", "score": 0.9}, f"site {each}"))
        metrics.message(messages.Generated(1, f"{each:*<60}", 9, 1, 1.0, 1.0), 0.0)  # type: ignore[arg-type]
    metrics.sample({"stages": [stage(f"{each:*<60}", waiting=each) for each in range(5_000)]}, 0.0)
    assert len(metrics.catalogue.wakes._values) <= MAX_SERIES + 1
    assert len(metrics.render()) < MAX_LINE_BYTES / 2
    assert metrics.catalogue.wakes.value("other") == 5_000, "a word with signs is no name"


def test_samples_for_people_s_own_tools() -> None:
    one: Any = next(each for each in shown(full().samples()) if each.name == "appliance_stage_up")
    assert (one.labels, one.value) == ({"stage": "stt"}, 1.0)


class Page(BaseHTTPRequestHandler):
    """Serves the figures as `/metrics` would."""

    def do_GET(self) -> None:
        body = full().render().encode()
        self.send_response(200)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def page() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def asked(port: int, expression: str) -> list[dict[str, Any]]:
    """The answer of a real Prometheus; empty while it starts."""
    address = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            result: list[dict[str, Any]] = json.load(answer)["data"]["result"]
            return result
    except OSError:
        return []


@contextlib.contextmanager
def prometheus(folder: Path, target: int) -> Iterator[int]:
    """A real one with the shipped rules, at a pace for tests; its port."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("prometheus is not installed: apt-get install prometheus")
    config = yaml.safe_load((ROOT / "etc/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    config["global"] = {"scrape_interval": "200ms", "evaluation_interval": "200ms"}
    config["rule_files"] = [str(ROOT / "etc/prometheus" / name) for name in config["rule_files"]]
    config["scrape_configs"][0]["static_configs"][0]["targets"] = [f"127.0.0.1:{target}"]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    child = subprocess.Popen(
        [program, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
         f"--web.listen-address=127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield port
    finally:
        child.terminate()
        child.wait(20)


def test_a_real_prometheus_reads_them(tmp_path: Path, page: int) -> None:
    with prometheus(tmp_path, page) as port:
        deadline = time.monotonic() + 30
        while not (found := asked(port, 'appliance_stage_up{stage="stt"}')) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert found
        assert (found[0]["metric"]["job"], found[0]["value"][1]) == ("appliance", "1")
        series = asked(port, 'count({__name__=~"appliance_.*"})')
        assert float(series[0]["value"][1]) == len(full().samples())
        assert asked(port, 'up{job="appliance"}')[0]["value"][1] == "1"


async def test_a_real_appliance_feeds_them(tmp_path: Path, wake_models: Path) -> None:
    metrics, running = Metrics(), Running(with_models(tmp_path / "data", wake_models), "--house", str(HOUSE))
    try:
        await running.listening()
        async with running.notes() as watched:
            await running.ask("turn on the kitchen light")
            async with asyncio.timeout(30):
                async for raw in watched:
                    note = msgspec.convert(raw, TurnNote)
                    metrics.take(note)
                    if note.kind == "done":
                        break
        metrics.sample(await running.status(), time.monotonic(), machine.look(tmp_path))
    finally:
        running.close()
    found = read(metrics)
    assert found["appliance_first_audio_seconds_count"] == {("intent",): 1}
    assert 0 < found["appliance_first_audio_seconds_sum"][("intent",)] < 30
    assert found["appliance_deeds_total"] == {("confirmed",): 1}
    assert found["appliance_turns_total"] == {("answered",): 1}
    assert found["appliance_turns_running"][()] == 0
    assert found["appliance_stage_up"][("stt",)] == 1
    assert found["appliance_stage_memory_bytes"][("stt",)] > 1_000_000
    assert found["appliance_mqtt_connected"][()] == 1
    assert found["appliance_mqtt_dropped_messages_total"][("sent_dropped",)] == 0
    assert found["appliance_home_entities"][()] > 5
    assert found["appliance_memory_used_ratio"][()] > 0
