"""The rows of a self test, from what was seen."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.pipeline.summary import Summary
from appliance.selftest import steps
from appliance.selftest.sentences import Utterance
from appliance.selftest.steps import Outcome, Step
from tests.controlled import stage, status

OWN = Utterance("hey_jarvis", "own", "own")
DEED = {"name": "Lamp", "done": True, "confirmed": True, "reason": ""}
READY = [stage(name) for name in steps.VOICE_STAGES]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
)


def summary(**changes: Any) -> Summary:
    """A turn in which all went well."""
    usual = {
        "word": "hey_jarvis", "heard": "turn on the light", "intent": "HassTurnOn", "deeds": [DEED],
        "reply": ["Turned on."], "outcome": "answered", "audio_rms": 0.05, "audio_seconds": 1.0,
        "started_ms": 1_900, "speech_end_ms": 3_000, "endpoint_ms": 3_300, "transcript_ms": 3_400,
        "intent_ms": 3_450, "deed_ms": 3_500, "first_audio_ms": 3_600,
    }  # fmt: skip
    return Summary(1, **(usual | changes))


def outcome(*, light_on: bool = True, **changes: Any) -> Outcome:
    return Outcome(OWN, summary(**changes), light_on, injected_ms=1_000, word_ms=800)


def failed(rows: Any) -> list[str]:
    return [row.what for row in rows if not row.ok]


def test_a_command_that_went_well() -> None:
    rows = list(steps.chain(outcome(), "turn on the light"))
    assert failed(rows) == []
    assert [row.ms for row in rows] == [100, 100, 50, 50, 600]
    assert all(not row.hint for row in rows)
    assert len(rows) == steps.WHOLE == outcome().progress


@pytest.mark.parametrize(
    ("changes", "first_failed"),
    [
        ({"word": ""}, "wake word"),
        ({"heard": ""}, "recogniser"),
        ({"intent": "", "deeds": []}, "intent"),
        ({"deeds": []}, "intent"),
        ({"deeds": [{**DEED, "confirmed": False, "reason": "silent"}]}, "deed on the broker"),
        ({"light_on": False}, "deed on the broker"),
        ({"reply": []}, "spoken answer"),
        ({"audio_rms": 0.0001}, "spoken answer"),
        ({"outcome": ""}, "spoken answer"),
    ],
)
def test_what_went_wrong_is_named_with_a_remedy(changes: dict[str, Any], first_failed: str) -> None:
    rows = list(steps.chain(outcome(**changes), "turn on the light"))
    assert failed(rows)[0] == first_failed
    assert all(row.hint for row in rows if not row.ok)


def test_the_furthest_attempt_counts() -> None:
    deaf, heard, whole = outcome(word=""), outcome(deeds=[]), outcome()
    assert steps.best([deaf, heard, whole]) is whole
    assert steps.best([heard, deaf]) is heard
    assert steps.best([]) is None


def test_a_running_appliance_that_is_well() -> None:
    rows = list(steps.running_steps(status(stages=READY)))
    assert failed(rows) == []
    assert [row.what for row in rows] == ["running stages", "running broker", "running sound"]


def test_a_stage_that_failed_and_one_that_is_not_planned() -> None:
    broken = stage("stt", state="failed", last_error="no model", hint="appliance models fetch")
    rows = list(
        steps.running_steps(
            status(stages=[broken, *(each for each in READY if each["name"] not in {"stt", "tts"})])
        )
    )
    assert failed(rows) == ["running stages"]
    assert "stt, tts: no model" in rows[0].found
    assert rows[0].hint == "appliance models fetch"


@pytest.mark.parametrize(
    ("host", "outside_counts", "good"),
    [("10.0.0.2", True, False), ("10.0.0.2", False, True), ("127.0.0.1", False, False)],
)
def test_a_broker_that_is_away(host: str, outside_counts: bool, good: bool) -> None:
    mqtt = {"host": host, "port": 1883, "connected": False, "problem": "refused", "hint": "is it on?"}
    rows = list(steps.running_steps(status(stages=READY, mqtt=mqtt), outside_counts=outside_counts))
    assert (failed(rows) == []) == good
    assert rows[1].found == f"{host} refused"
    assert rows[1].hint == "is it on?"


def test_a_sound_card_that_is_gone() -> None:
    gone = stage("sound", state="starting", last_error="no such device", hint="plug it in")
    rows = list(steps.running_steps(status(stages=[gone, *READY[1:]])))
    assert failed(rows) == ["running stages", "running sound"]
    assert rows[2].hint == "plug it in"


@pytest.mark.parametrize(("available", "good"), [(None, True), (200.0, False), (1_000.0, True), (0.0, False)])
def test_memory_for_a_second_one(available: float | None, good: bool) -> None:
    wanted = steps.needed_mb(status(stages=READY))
    assert wanted == 6 * 33.4 + steps.MEMORY_MARGIN_MB
    assert steps.memory_step(available, wanted).ok == good


def test_the_language_model_is_not_needed_twice() -> None:
    large = stage("llm", memory_mb=3_000.0)
    assert steps.needed_mb(status(stages=[*READY, large])) == steps.needed_mb(status(stages=READY))
    assert steps.needed_mb({}) == steps.USUAL_MB + steps.MEMORY_MARGIN_MB


def test_what_is_left_running_is_named() -> None:
    assert steps.left_step([]).ok
    row = steps.left_step([7, 3])
    assert (row.ok, row.found) == (False, "still running: 3, 7")


def test_an_untested_language_fails_nobody() -> None:
    row = steps.no_sentence("pl")
    assert row.ok
    assert "not tested" in row.found


@given(st.dictionaries(st.sampled_from(["stages", "mqtt", "audio", "muted"]), JSON | st.lists(JSON)))
def test_a_strange_status_makes_rows_all_the_same(strange: dict[str, Any]) -> None:
    rows = [*steps.running_steps(strange), steps.memory_step(100.0, steps.needed_mb(strange))]
    assert all(isinstance(row, Step) and len(row.found) <= steps.MAX_FOUND for row in rows)
    assert not rows[0].ok
