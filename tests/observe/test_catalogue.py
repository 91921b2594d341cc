"""What is shipped for Prometheus, Grafana and Alloy asks only for what there is, and they understand it."""

from __future__ import annotations

import json
import logging
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from appliance.__main__ import parser
from appliance.observe.alerts import LATENCY_LIMIT_MS, MEMORY_LIMIT_PERCENT, RULES
from appliance.observe.catalogue import ANSWER, Catalogue
from appliance.observe.exposition import Histogram
from appliance.observe.logs import JsonFormatter
from appliance.observe.served import Served
from appliance.observe.turnlog import TurnLog
from appliance.pipeline.trace import TurnNote
from tests.checkout import ROOT

ETC = ROOT / "etc"
PROMETHEUS = ETC / "prometheus"
DASHBOARD = ETC / "grafana" / "appliance.json"
ALLOY = ETC / "alloy" / "config.alloy"
METRIC = re.compile(r"\b(?:[a-z_]+:)?appliance_[a-z0-9_]+(?::[a-z0-9_]+)?")
COMMAND = re.compile(r"`appliance ([^`]+)`")
NOT_METRICS = frozenset({"appliance_info"})


def rules(name: str) -> list[dict[str, Any]]:
    loaded = yaml.safe_load((PROMETHEUS / name).read_text(encoding="utf-8"))
    return [rule for group in loaded["groups"] for rule in group["rules"]]


ALERTS = {rule["alert"]: rule for rule in rules("alerts.yml")}
RECORDED = {rule["record"]: rule for rule in rules("recording.yml")}


def names() -> dict[str, set[str]]:
    """Every name that can be asked for → its labels."""
    found: dict[str, set[str]] = {}
    for family in (*Catalogue().families(), *Served().families()):
        labels = set(family.labels)
        if isinstance(family, Histogram):
            found |= {f"{family.name}_{end}": labels for end in ("sum", "count")}
            found[f"{family.name}_bucket"] = labels | {"le"}
        else:
            found[family.name] = labels
    return found


def dashboard() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return loaded


def targets() -> Iterator[str]:
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"]


EXPRESSIONS = [*(rule["expr"] for rule in (*ALERTS.values(), *RECORDED.values())), *targets()]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_only_what_there_is_is_asked_for(expression: str) -> None:
    asked = set(METRIC.findall(expression))
    assert asked or "up{" in expression
    assert asked <= set(names()) | set(RECORDED)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_only_labels_that_there_are_are_asked_for(expression: str) -> None:
    known = {label for labels in names().values() for label in labels} | {"instance", "job", "le"}
    for inside in re.findall(r"\{([^}]*)\}", expression):
        assert set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", inside)) <= known
    for inside in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression):
        assert {label.strip() for label in inside.split(",")} <= known


def test_every_recording_is_used_or_named_by_its_metric() -> None:
    for name in RECORDED:
        level, metric, operation = name.split(":")
        assert level.startswith("instance")
        assert any(known.startswith(metric.removesuffix("_failed")) for known in names())
        assert operation


# --- the four that are there without Prometheus too -----------------------------------------------------


@pytest.mark.parametrize(
    ("alert", "rule", "limit"),
    [
        ("ApplianceSlow", "latency", f"> {LATENCY_LIMIT_MS / 1000:g}"),
        ("ApplianceMemory", "memory", f"> {MEMORY_LIMIT_PERCENT / 100:g}"),
        ("ApplianceRecogniserDown", "recogniser", 'stage="stt"} == 0'),
        ("ApplianceStoreUnwritable", "store", "== 0"),
    ],
)
def test_the_four_are_the_same_as_without_prometheus(alert: str, rule: Any, limit: str) -> None:
    found = ALERTS[alert]
    assert duration_seconds(found["for"]) == RULES[rule].raise_seconds
    assert limit in found["expr"]


def duration_seconds(text: str) -> float:
    return float(text[:-1]) * {"s": 1, "m": 60, "h": 3_600}[text[-1]]


def test_the_limit_is_the_end_of_a_bucket() -> None:
    assert LATENCY_LIMIT_MS / 1000 in ANSWER


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_where_and_what_to_do(name: str) -> None:
    rule = ALERTS[name]
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert "{{ $labels.instance }}" in rule["annotations"]["summary"]
    assert rule["annotations"]["description"]
    for command in COMMAND.findall(rule["annotations"]["description"]):
        assert parser().parse_args(command.split())


# --- their own tools --------------------------------------------------------------------------------------


def promtool(*arguments: str | Path) -> None:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAILED" not in done.stdout + done.stderr


def test_promtool_understands_the_configuration_and_its_rules() -> None:
    promtool("check", "config", PROMETHEUS / "prometheus.yml")


def test_promtool_sees_each_alert_when_it_should() -> None:
    promtool("test", "rules", ROOT / "tests" / "observe" / "rules.yml")


def test_promtool_understands_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    found = [
        {
            "record": f"panel:x:{number}",
            "expr": expression.replace("$__rate_interval", "5m").replace("$instance", ".*"),
        }
        for number, expression in enumerate(targets())
    ]
    path = tmp_path / "dashboard.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": found}]}))
    promtool("check", "rules", path)


def test_the_check_would_see_a_wrong_expression(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yml"
    path.write_text(
        yaml.safe_dump({"groups": [{"name": "x", "rules": [{"record": "a", "expr": "rate(x)"}]}]})
    )
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    with pytest.raises(AssertionError):
        promtool("check", "rules", path)


def test_amtool_understands_where_alerts_go() -> None:
    program = shutil.which("amtool")
    if program is None:
        pytest.skip("amtool is not installed: apt-get install prometheus-alertmanager")
    path = PROMETHEUS / "alertmanager.yml"
    done = subprocess.run([program, "check-config", path], capture_output=True, text=True, check=False)
    assert (done.returncode, "SUCCESS" in done.stdout) == (0, True), done.stdout + done.stderr
    for severity in ("warning", "critical"):
        words = [program, "config", "routes", "test", f"--config.file={path}", f"severity={severity}"]
        assert subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip() == "home"


def test_alertmanager_is_told_of_alerts_that_there_are() -> None:
    config = yaml.safe_load((PROMETHEUS / "alertmanager.yml").read_text(encoding="utf-8"))
    named = re.findall(r'alertname \S+ "(\w+)"', json.dumps(config).replace('\\"', '"'))
    assert named
    assert set(named) <= set(ALERTS)


# --- Grafana ----------------------------------------------------------------------------------------------


def test_the_dashboard_has_the_shape_that_grafana_wants() -> None:
    board = dashboard()
    assert (board["uid"], board["schemaVersion"] >= 36) == ("appliance", True)
    variables = {each["name"]: each for each in board["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert set(METRIC.findall(variables["instance"]["definition"])) == NOT_METRICS
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 20
    for panel in panels:
        assert panel["title"]
        assert panel["type"] in {"row", "stat", "timeseries"}
        assert (panel["type"] == "row") != bool(panel.get("targets"))
        if panel["type"] != "row":
            assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


def test_no_panel_lies_on_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        assert place["x"] >= 0
        assert place["x"] + place["w"] <= 24
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells


def test_every_variable_of_the_dashboard_is_one() -> None:
    used = set(re.findall(r"\$\{?(\w+)", DASHBOARD.read_text(encoding="utf-8")))
    assert used <= {"datasource", "instance", "__rate_interval", "__all"}


# --- Alloy ------------------------------------------------------------------------------------------------


def alloy() -> str:
    """Without its comments."""
    return re.sub(r"^\s*//.*$", "", ALLOY.read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_alloy_s_brackets_and_quotes_close() -> None:
    bare = re.sub(r'"(?:[^"\\\n]|\\.)*"', "", alloy())
    assert '"' not in bare
    open_ones: list[str] = []
    for sign in bare:
        if sign in "([{":
            open_ones.append({"(": ")", "[": "]", "{": "}"}[sign])
        elif sign in ")]}":
            assert open_ones.pop() == sign
    assert open_ones == []


def test_alloy_sends_everything_to_something_that_is_there() -> None:
    made = {f"{kind}.{label}" for kind, label in re.findall(r'^([a-z_.]+) "(\w+)" \{', alloy(), re.MULTILINE)}
    sent = set(re.findall(r"forward_to\s*=\s*\[([a-z_.]+)\.receiver\]", alloy()))
    assert len(made) == 5
    assert sent == {"loki.process.appliance", "loki.write.home", "prometheus.remote_write.home"}
    assert sent <= made


def test_alloy_reads_fields_that_the_log_writes() -> None:
    written: list[str] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(JsonFormatter().format(record))

    log, handler = logging.getLogger("appliance.observe.turnlog"), Keeping()
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        TurnLog("boot").note(TurnNote(1, "done", 0, {"outcome": "answered"}))
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
    block = re.search(r"expressions = \{(.*?)\n    \}", alloy(), re.DOTALL)
    assert block is not None
    read = dict(re.findall(r'(\w+)\s*=\s*"(\w+)"', block[1]))
    assert set(read.values()) <= set(json.loads(written[0]))
    labels = re.search(r"stage\.labels \{\s*values = \{([^}]*)\}", alloy())
    more = re.search(r"stage\.structured_metadata \{\s*values = \{([^}]*)\}", alloy())
    assert labels is not None
    assert more is not None
    indexed, kept = (set(re.findall(r"(\w+)\s*=", each[1])) for each in (labels, more))
    assert indexed | kept <= set(read)
    assert not indexed & {"trace_id", "session_id", "latency_ms"}, "many values make many streams"


def test_alloy_and_prometheus_look_at_the_same_port() -> None:
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8"))
    (job,) = config["scrape_configs"]
    (target,) = job["static_configs"][0]["targets"]
    assert f'"__address__" = "{target}"' in alloy()
    assert f'"{job["metrics_path"]}"' in alloy()
    assert 'job="appliance"' in ALERTS["ApplianceGone"]["expr"]
    assert job["job_name"] == "appliance"
