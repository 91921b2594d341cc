"""Hermes' messages: the same as Rhasspy's own library writes and reads, and nothing that breaks us."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import Malformed
from appliance.satellites import hermes

rhasspy = pytest.importorskip("rhasspyhermes", reason="rhasspy-hermes is not installed")

from rhasspyhermes import asr, audioserver, dialogue, nlu, tts, wake  # noqa: E402


def theirs(message: Any) -> bytes:
    return str(message.payload()).encode()


INCOMING = [
    (
        dialogue.DialogueStartSession(
            dialogue.DialogueAction(True, text="Which one?", intent_filter=["HassTurnOn"]), "hall", "mine"
        ),
        hermes.StartSession(
            site_id="hall",
            init=hermes.Init(text="Which one?", intent_filter=("HassTurnOn",)),
            custom_data="mine",
        ),
    ),
    (
        dialogue.DialogueStartSession(dialogue.DialogueNotification("Ready"), "hall"),
        hermes.StartSession(site_id="hall", init=hermes.Init(type="notification", text="Ready")),
    ),
    (
        dialogue.DialogueContinueSession("s1", text="And?", send_intent_not_recognized=True),
        hermes.ContinueSession(session_id="s1", text="And?", send_intent_not_recognized=True),
    ),
    (dialogue.DialogueEndSession("s1", text="Bye"), hermes.EndSession(session_id="s1", text="Bye")),
    (
        tts.TtsSay("Dinner", "hall", id="7", volume=0.5),
        hermes.Say(site_id="hall", text="Dinner", id="7", volume=0.5),
    ),
    (
        asr.AsrStartListening("hall", "s1", stop_on_silence=False),
        hermes.StartListening(site_id="hall", session_id="s1", stop_on_silence=False),
    ),
    (asr.AsrStopListening("hall", "s1"), hermes.StopListening(site_id="hall", session_id="s1")),
    (
        nlu.NluQuery("lamp on", "hall", id="3", intent_filter=["A"]),
        hermes.Query(site_id="hall", input="lamp on", id="3", intent_filter=("A",)),
    ),
    (
        wake.HotwordToggleOff("hall", wake.HotwordToggleReason.TTS_SAY),
        hermes.Toggle(site_id="hall", reason="ttsSay"),
    ),
    (wake.HotwordToggleOn("hall"), hermes.Toggle(site_id="hall", reason="")),
    (wake.HotwordDetected("alexa", site_id="hall"), hermes.Detected(site_id="hall", model_id="alexa")),
    (audioserver.AudioPlayFinished("5", "s1"), hermes.PlayFinished(id="5", session_id="s1")),
    (audioserver.AudioSetVolume(0.25, "hall"), hermes.SetVolume(site_id="hall", volume=0.25)),
]


@pytest.mark.parametrize(("given", "wanted"), INCOMING, ids=lambda each: type(each).__name__)
def test_what_rhasspy_writes_is_read(given: Any, wanted: msgspec.Struct) -> None:
    assert hermes.decode(type(wanted), theirs(given)) == wanted
    if isinstance(wanted, hermes.Detected):
        assert given.topic(wakeword_id="alexa") == hermes.detected_topic("alexa")
    elif not isinstance(wanted, hermes.PlayFinished):
        assert hermes.INCOMING[given.topic()] is type(wanted)


OUTGOING: list[tuple[Any, msgspec.Struct]] = [
    (dialogue.DialogueSessionQueued, hermes.SessionQueued(site_id="hall", session_id="s1", custom_data="x")),
    (dialogue.DialogueSessionStarted, hermes.SessionStarted(site_id="hall", session_id="s1", lang="en")),
    (
        dialogue.DialogueSessionEnded,
        hermes.SessionEnded(
            site_id="hall", session_id="s1", termination=hermes.Termination("intentNotRecognized")
        ),
    ),
    (dialogue.DialogueIntentNotRecognized, hermes.NotRecognized(site_id="hall", session_id="s1", input="x")),
    (nlu.NluIntentNotRecognized, hermes.NotRecognized(site_id="hall", session_id="s1", input="x", id="4")),
    (
        asr.AsrTextCaptured,
        hermes.TextCaptured(site_id="hall", text="lamp on", likelihood=0.9, seconds=1.0, session_id="s1"),
    ),
    (asr.AsrStartListening, hermes.StartListening(site_id="hall", session_id="s1", wakeword_id="alexa")),
    (asr.AsrStopListening, hermes.StopListening(site_id="hall", session_id="s1")),
    (asr.AsrToggleOn, hermes.Toggle(site_id="hall", reason="dialogueSession")),
    (wake.HotwordToggleOn, hermes.Toggle(site_id="hall", reason="dialogueSession")),
    (wake.HotwordToggleOff, hermes.Toggle(site_id="hall", reason="playAudio")),
    (wake.HotwordDetected, hermes.Detected(site_id="hall", model_id="alexa", current_sensitivity=0.7)),
    (tts.TtsSayFinished, hermes.SayFinished(site_id="hall", id="7", session_id="s1")),
    (audioserver.AudioSetVolume, hermes.SetVolume(site_id="hall", volume=0.5)),
    (asr.AsrError, hermes.Failure(site_id="hall", error="no", session_id="s1")),
    (
        nlu.NluIntent,
        hermes.Intent(
            site_id="hall",
            input="lamp on",
            intent=hermes.IntentName("HassTurnOn", 1.0),
            slots=(hermes.Slot("name", "name", {"kind": "Unknown", "value": "light.a"}, "light.a"),),
            session_id="s1",
            raw_input="lamp on",
        ),
    ),
]


@pytest.mark.parametrize(("reader", "ours"), OUTGOING, ids=lambda each: getattr(each, "__name__", ""))
def test_what_we_write_rhasspy_reads(reader: Any, ours: msgspec.Struct) -> None:
    table = json.loads(hermes.encode(ours))
    read = reader.from_dict(table)
    again = json.loads(read.payload())
    for key, value in again.items():
        if value is not None and key in table:
            assert table[key] == value or isinstance(value, list | dict)
    assert read.site_id == "hall"


def test_topics_are_rhasspys() -> None:
    assert audioserver.AudioFrame.topic(site_id="hall") == hermes.frame_topic("hall")
    assert audioserver.AudioPlayBytes.topic(site_id="hall", request_id="7") == hermes.play_topic("hall", "7")
    assert nlu.NluIntent.topic(intent_name="HassTurnOn") == hermes.intent_topic("HassTurnOn")


@pytest.mark.parametrize("name", ["", "a b", "+", "#", "x" * 65, "ü", "-x"])
def test_strange_sites_are_refused(name: str) -> None:
    with pytest.raises(Malformed):
        hermes.checked_site(name)
    with pytest.raises(Malformed):
        hermes.site_of(f"hermes/audioServer/{name}", 2)


def test_a_site_is_one_level_of_a_topic() -> None:
    with pytest.raises(Malformed):
        hermes.checked_site("a/b")


@given(
    st.sampled_from([*hermes.INCOMING.values(), hermes.Detected, hermes.PlayFinished]),
    st.binary(max_size=300),
)
def test_random_bytes_are_malformed_or_a_message(kind: type[Any], payload: bytes) -> None:
    try:
        message = hermes.decode(kind, payload)
    except Malformed:
        return
    assert isinstance(message, kind)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
KEYS = ["siteId", "text", "init", "sessionId", "input", "reason", "volume", "id", "intentFilter", "modelId"]


@given(
    st.sampled_from([*hermes.INCOMING.values(), hermes.Detected, hermes.PlayFinished]),
    st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6),
)
def test_any_object_is_malformed_or_a_message(kind: type[Any], table: dict[str, Any]) -> None:
    try:
        message = hermes.decode(kind, json.dumps(table).encode())
    except Malformed:
        return
    assert isinstance(message, kind)


@given(st.text(max_size=200))
def test_a_name_becomes_one_level_of_a_topic(name: str) -> None:
    for topic, levels in ((hermes.detected_topic(name), 4), (hermes.intent_topic(name), 3)):
        assert topic.count("/") == levels - 1
        assert "+" not in topic
        assert "#" not in topic
        assert topic.isascii()
