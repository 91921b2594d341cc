"""Lines of the log: bounded, one line each, without secrets and without a person's words."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.observe import logs


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """The log is global: put back what the test runner set up."""
    root = logging.getLogger()
    own = logging.getLogger("appliance")
    before = (root.handlers[:], root.level, own.level)
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:], level, own_level = before
    root.setLevel(level)
    own.setLevel(own_level)


def written(form: str, stream: io.StringIO, level: str = "info") -> logging.Logger:
    logs.configure(level, form, stream)
    return logging.getLogger("appliance.supervision.stage")


def record(message: str, **extra: object) -> dict[str, object]:
    stream = io.StringIO()
    written("json", stream).info(message, extra=extra)
    (line,) = stream.getvalue().splitlines()
    decoded: dict[str, object] = json.loads(line)
    return decoded


def test_json_has_its_fields() -> None:
    line = record("turn done", trace_id="t7", stage="stt", latency_ms=41.5, turn=7, muted=False, none=None)
    assert line.pop("ts", "").endswith("Z")  # type: ignore[attr-defined]
    assert line == {
        "level": "info",
        "component": "supervision.stage",
        "message": "turn done",
        "trace_id": "t7",
        "stage": "stt",
        "latency_ms": 41.5,
        "turn": 7,
        "muted": False,
        "none": None,
    }


def test_a_field_does_not_take_the_place_of_the_line_s_own() -> None:
    assert record("real", level="fake", ts="fake", component="fake")["level"] == "info"


@pytest.mark.parametrize("name", ["words", "text", "transcript", "Utterance", "heard", "said", "reply"])
@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize("level", ["debug", "info"])
def test_the_words_of_a_person_are_never_written(name: str, form: str, level: str) -> None:
    stream = io.StringIO()
    written(form, stream, level).warning("heard something", extra={name: "open the safe", "turn": 3})
    assert "safe" not in stream.getvalue()
    assert "3" in stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "password=hunter2",
        "MQTT_PASSWORD: hunter2",
        '{"token": "hunter2"}',
        "Authorization: Bearer hunter2",
        "api_key='hunter2'",
        "mqtt://user:hunter2@broker:1883",
        "https://:hunter2@host/x",
        "client_secret=hunter2&x=1",
    ],
)
def test_secrets_are_hidden(text: str) -> None:
    line = record(f"connecting with {text} failed", detail=text)
    assert "hunter2" not in json.dumps(line)
    assert "connecting with" in str(line["message"])


def test_a_field_that_is_a_secret_is_hidden() -> None:
    line = record("x", mqtt_password="hunter2")
    assert "hunter2" not in json.dumps(line)


def test_ordinary_sentences_stay_as_they_are() -> None:
    sentence = "the broker refuses the password; stage wake: 3 of 5 restarts → http://127.0.0.1:8123/x"
    assert record(sentence)["message"] == sentence


@given(st.text(max_size=300))
def test_any_message_is_one_printable_line(text: str) -> None:
    cleaned = logs.clean(text)
    assert cleaned.isprintable()
    assert len(cleaned.splitlines()) <= 1


def test_control_characters_are_shown_not_sent() -> None:
    assert record("a\x1b[31mb\r\nc\x9b\u202e")["message"] == "a\\u001b[31mb\\r\\nc\\u009b\\u202e"


def test_lines_are_bounded() -> None:
    line = record("x" * 1_000_000, long="y" * 1_000_000, **{f"f{number}": number for number in range(100)})
    assert len(json.dumps(line)) < 5_000
    assert str(line["message"]).endswith("…")


def test_numbers_that_json_lacks_are_text() -> None:
    line = record("x", nan=float("nan"), inf=float("inf"))
    assert (line["nan"], line["inf"]) == ("nan", "inf")


def test_an_exception_stays_on_one_line_of_json() -> None:
    stream = io.StringIO()
    log = written("json", stream)
    try:
        int("x" * 100_000)
    except ValueError:
        log.exception("failed")
    (line,) = stream.getvalue().splitlines()
    assert "ValueError" in json.loads(line)["exception"]
    assert len(line) < 12_000


def test_text_for_a_terminal_has_colour_and_a_file_has_none() -> None:
    terminal, file = Terminal(), io.StringIO()
    written("auto", terminal).error("bad", extra={"stage": "stt"})
    assert "\x1b[31merror" in terminal.getvalue()
    assert terminal.getvalue().endswith("supervision.stage  bad  stage=stt\n")
    written("text", file).error("bad")
    assert "\x1b" not in file.getvalue()


def test_auto_is_json_away_from_a_terminal() -> None:
    stream = io.StringIO()
    written("auto", stream).info("x")
    assert json.loads(stream.getvalue())["message"] == "x"


def test_the_level_is_ours_and_libraries_speak_from_warning_on() -> None:
    stream = io.StringIO()
    log = written("json", stream, "debug")
    log.debug("ours")
    logging.getLogger("somelibrary").info("chatter")
    logging.getLogger("somelibrary").warning("matters")
    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["ours", "matters"]
    stream = io.StringIO()
    log = written("json", stream, "error")
    log.warning("quiet")
    assert stream.getvalue() == ""


def test_configuring_twice_writes_once() -> None:
    first, second = io.StringIO(), io.StringIO()
    written("text", first)
    written("text", second).info("x")
    assert first.getvalue() == ""
    assert second.getvalue().count("\n") == 1


def test_standard_error_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    logging.getLogger("appliance.x").info("here")
    sys.stderr.flush()
    assert json.loads(capsys.readouterr().err)["component"] == "x"
