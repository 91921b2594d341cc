"""Each piece says what helps, and is bounded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from appliance.config import load
from appliance.observe.entries import Entry
from appliance.support import collecting
from appliance.support.scrub import Scrubber

SCRUBBER = Scrubber({"stage", "stt", "is", "ready", "none", "embedded", "vosk", "engine", "threads"})


def lines(piece: collecting.Piece) -> list[dict[str, object]]:
    return [json.loads(line) for line in piece.content.decode().splitlines()]


def test_the_log_keeps_the_newest_and_its_order() -> None:
    entries = (Entry(f"stage {number % 100} is ready", at=float(number)) for number in range(20_000))
    piece = collecting.log_piece(entries, SCRUBBER)
    told = lines(piece)
    assert len(told) == collecting.MAX_LINES
    assert told[-1] == {
        "at": "1970-01-01T05:33:19.000+00:00",
        "level": "info",
        "message": "stage 99 is ready",
    }
    assert [each["at"] for each in told] == sorted(str(each["at"]) for each in told)
    assert len(piece.content) <= collecting.MAX_LOG_BYTES


def test_only_these_fields_of_a_line() -> None:
    entry = Entry(
        "stage stt is ready", 1.0, "error", "stage", "stt", "0a1b", "session", 12.5,
        ("stage x",), {"text": "stage", "anything": "ready"},
    )  # fmt: skip
    (told,) = lines(collecting.log_piece([entry], SCRUBBER))
    assert set(told) == {"at", "level", "component", "stage", "trace", "latency_ms", "message", "exception"}
    assert told["exception"] == ["stage …"]


@pytest.mark.parametrize("trace", ["stage", "0" * 33, "0A", "../x"])
def test_what_is_no_trace_id_is_left_out(trace: str) -> None:
    (told,) = lines(collecting.log_piece([Entry("stage", trace_id=trace)], SCRUBBER))
    assert "trace" not in told


def test_no_log_says_why() -> None:
    assert lines(collecting.log_piece((), SCRUBBER, "stage is none")) == [{"absent": "stage is none"}]


def test_settings_by_their_kind(tmp_path: Path) -> None:
    file = tmp_path / "appliance.toml"
    file.write_text(
        '[mqtt]\nhost = "hub"\npassword = "x"\n[stt]\nmodel = "my own"\n'
        'options = { threads = 2, path = "/x" }\n'
        '[wake]\nwords = ["engine", "other"]\n[policy]\nrules = ["deny lock.x"]\n'
    )
    told = json.loads(collecting.configuration_piece(load.load(file, {}), SCRUBBER).content)
    assert told["mqtt.host"] == {"value": "(set)", "from": "file"}
    assert told["mqtt.password"]["value"] == "(set)"
    assert told["mqtt.username"]["value"] == ""
    assert told["stt.model"]["value"] == "… …"
    assert told["stt.engine"] == {"value": "vosk", "from": "default"}
    assert told["stt.options"]["value"] == {"threads": 2, "…": "(set)"}
    assert told["wake.words"]["value"] == ["engine", "…"]
    assert told["policy.rules"]["value"] == ["(set)"]


def test_metrics_keep_their_numbers() -> None:
    text = '# HELP x y\nstage{engine="stt",room="kitchen"} 12345.5\nnonsense\nstage +Inf\n'
    piece = collecting.metrics_piece(text, SCRUBBER)
    assert piece.content.decode().splitlines() == [
        'stage{engine="stt",…="…"} 12345.5', " …", "stage inf",
    ]  # fmt: skip


def test_the_data_are_only_counted(tmp_path: Path) -> None:
    file = tmp_path / "appliance.toml"
    file.write_text(f'[paths]\ndata = "{tmp_path}"\n')
    (tmp_path / "chosen.toml").write_text("# secret")
    (tmp_path / "timers.sqlite").write_bytes(b"nonsense" * 100)
    told = json.loads(collecting.data_piece(load.load(file, {}), 0.0).content)
    assert told["files"]["chosen.toml"]["bytes"] == 8
    assert told["files"]["timers.sqlite"]["whole"] is False
    assert "secret" not in str(told)
